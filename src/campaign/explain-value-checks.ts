import type { ValueLayout } from '../abi/layout.ts';
import { fName, xName } from '../abi/registers.ts';
import { isReturnCall, type Function, type Value } from '../clif/module.ts';
import { bitMask, typeInfo } from '../clif/type.ts';
import type { TracedState } from '../emulator/call-trace.ts';
import type { ExplainedCheck } from '../report/explain-model.ts';
import { check, checkRuns, fOf, hex, RIGHT, xOf, type CallFacts } from './explain-facts.ts';
import type { CallEvent } from './explain-follow.ts';

/** The n-th parameter of a function as a value. */
function paramValue(fn: Function, index: number): Value | undefined {
  return fn.blocks[0]?.params[index]?.value;
}

/** Bits of each part that is in a register, with where. */
function registerParts(
  layout: ValueLayout,
  state: TracedState,
): readonly { readonly place: string; readonly part: ValueLayout['parts'][number]; readonly bits: bigint }[] {
  return layout.parts.flatMap((part) => {
    const { place } = part;
    if (place.kind === 'memory') return [];
    const isX = place.kind === 'x';
    const bits = isX ? xOf(state, place.register) : fOf(state, place.register);
    return [{ place: isX ? xName(place.register) : fName(place.register), part, bits }];
  });
}

export function argumentCheck(facts: CallFacts): ExplainedCheck {
  const { layout, call } = facts;
  return checkRuns(facts, 'arguments arrive', 'no argument was seen on both sides', (event) => {
    let compared = 0;
    for (const [i, arg] of call.args.entries()) {
      const known = event.known.get(arg);
      const own = layout?.params[i];
      if (known === undefined || own === undefined) continue;
      for (const { place, part, bits } of event.entry === null ? [] : registerParts(own, event.entry)) {
        const found = bits & bitMask(part.bits);
        const wanted = (known >> BigInt(part.valueBit)) & bitMask(part.bits);
        if (found !== wanted) return `v${arg} is ${hex(known)}, in ${place} the callee gets ${hex(found)}`;
        compared += 1;
      }
      const param = event.callee === null ? undefined : paramValue(event.callee.fn, i);
      const found = param === undefined ? undefined : event.calleeFirst.get(param);
      const isSameType = param !== undefined && event.callee?.fn.valueTypes[param] === own.type;
      if (found === undefined || !isSameType) continue;
      if (found !== known)
        return `v${arg} is ${hex(known)}, the callee reads ${hex(found)} as its v${param} (${own.type})`;
      compared += 1;
    }
    return compared === 0 ? null : RIGHT;
  });
}

/** The only `return` of a function that does not tail-call, or null. */
function onlyReturn(fn: Function): readonly Value[] | null {
  const insts = fn.blocks.flatMap((block) => block.insts);
  if (insts.some(isReturnCall)) return null;
  const returns = insts.filter((inst) => inst.op === 'return');
  return returns.length === 1 ? (returns[0]?.args ?? null) : null;
}

export function resultCheck(facts: CallFacts): ExplainedCheck {
  return checkRuns(facts, 'results arrive', 'no result was seen on both sides', (event) => {
    const returned = event.callee === null ? null : onlyReturn(event.callee.fn);
    if (event.after === null || returned === null) return null;
    let compared = 0;
    for (const [i, result] of facts.call.results.entries()) {
      const made = event.calleeLast.get(returned[i] ?? -1);
      const found = event.seenAfter.get(result);
      const type = event.callee?.fn.valueTypes[returned[i] ?? -1];
      const isSameType = type === facts.call.fn.valueTypes[result];
      if (made === undefined || found === undefined || !isSameType) continue;
      if (made !== found) return `the callee returns ${hex(made)}, v${result} is ${hex(found)}`;
      compared += 1;
    }
    return compared === 0 ? null : RIGHT;
  });
}

function extended(bits: bigint, width: number, kind: 'uext' | 'sext'): bigint {
  const low = bits & bitMask(width);
  return kind === 'uext' ? low : BigInt.asUintN(64, BigInt.asIntN(width, low));
}

/** sext, uext and NaN-boxing of values that travel in registers. */
function upperBitsCheck(
  facts: CallFacts,
  name: string,
  values: readonly ValueLayout[],
  stateOf: (event: CallEvent) => TracedState | null,
  more: (event: CallEvent) => string | null,
): ExplainedCheck {
  const parts = values.flatMap((value) => value.parts);
  const hasUpper = parts.some((part) => part.extension !== 'none' || part.isNanBoxed);
  const hasFloats = values.some(({ type }) => typeInfo(type).isFloat && typeInfo(type).bits < 64);
  if (!hasUpper && !hasFloats) return check(name, 'not applicable', 'nothing narrow is promised');
  return checkRuns(facts, name, 'what is promised lies in memory, or the call did not get there', (event) => {
    const state = stateOf(event);
    let seen = 0;
    for (const value of state === null ? [] : values) {
      if (state === null) break;
      for (const { place, part, bits } of registerParts(value, state)) {
        if (part.isNanBoxed) {
          seen += 1;
          if (bits >> BigInt(part.bits) !== bitMask(64 - part.bits))
            return `${place} is ${hex(bits)}: the ${value.type} in it is not NaN-boxed`;
        } else if (part.extension !== 'none') {
          seen += 1;
          const wanted = extended(bits, part.bits, part.extension);
          if (bits !== wanted) return `${place} is ${hex(bits)}, ${part.extension} makes it ${hex(wanted)}`;
        }
      }
    }
    return more(event) ?? (seen + event.copied === 0 ? null : RIGHT);
  });
}

export function argumentBitsCheck(facts: CallFacts): ExplainedCheck {
  const params = facts.layout?.params ?? [];
  return upperBitsCheck(
    facts,
    'extension and NaN-boxing of arguments',
    params,
    (event) => event.entry,
    () => null,
  );
}

export function resultBitsCheck(facts: CallFacts): ExplainedCheck {
  const returns = facts.layout?.returns ?? [];
  return upperBitsCheck(
    facts,
    'extension and NaN-boxing of results',
    returns,
    (event) => event.after,
    (event) => {
      const [first] = event.unboxed;
      if (first === undefined) return null;
      const type = facts.call.fn.valueTypes[first.value] ?? 'float';
      const end = first.place === 'its spill slot' ? ', from where it is read as a whole f register' : '';
      return `v${first.value} (${type}) goes to ${first.place} as ${hex(first.bits)}, not NaN-boxed${end}`;
    },
  );
}
