import type { SignatureLayout, ValueLayout } from '../abi/layout.ts';
import { convention } from '../abi/convention.ts';
import { A0, fName, SP, xName } from '../abi/registers.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import { sameExtensions, sameTypes } from '../clif/check-signature.ts';
import type { Function, Value } from '../clif/module.ts';
import type { CallConv } from '../clif/signature.ts';
import { bitMask, typeInfo } from '../clif/type.ts';
import type { TracedState } from '../emulator/call-trace.ts';
import type { CheckVerdict, ExplainedCheck } from '../report/explain-model.ts';
import type { CallInst } from './explain-calls.ts';
import { TELLS_FRAME } from './explain-frame.ts';
import { placeText, rangeAcross, survives } from './explain-live.ts';
import type { CallJump } from './explain-sites.ts';
import type { CallEvent } from './explain-trace.ts';

/** All that is known of one call. */
export interface CallFacts {
  readonly call: CallInst;
  readonly compiled: CompiledFunction | undefined;
  readonly jump: CallJump | null;
  readonly live: readonly Value[];
  /** Null for a signature that Cranelift refuses. */
  readonly layout: SignatureLayout | null;
  readonly calleeLayout: SignatureLayout | null;
  readonly events: readonly CallEvent[];
  /** Why nothing was run; null where something was. */
  readonly notRun: string | null;
  /** Minor version of Cranelift. */
  readonly release: number;
}

const FP = 8;
const STACK_ALIGN = 16n;

export function hex(bits: bigint): string {
  return `0x${bits.toString(16)}`;
}

function check(name: string, verdict: CheckVerdict, detail: string): ExplainedCheck {
  return { name, verdict, detail };
}

const xOf = (state: TracedState, register: number): bigint => state.x[register] ?? 0n;
const fOf = (state: TracedState, register: number): bigint => state.f[register] ?? 0n;

/** What one execution shows: `ok`, the fault, or null where it shows nothing. */
type Look = (event: CallEvent) => string | 'ok' | null;

/** A check over all executions: the first fault, else how many of them were seen to be right. */
function dynamic(facts: CallFacts, name: string, nothing: string, look: Look): ExplainedCheck {
  if (facts.notRun !== null) return check(name, 'not applicable', facts.notRun);
  if (facts.events.length === 0) return check(name, 'not applicable', 'the inputs do not come to this call');
  let good = 0;
  for (const event of facts.events) {
    const seen = look(event);
    if (seen === 'ok') good += 1;
    else if (seen !== null) return check(name, 'broken', seen);
  }
  if (good === 0) return check(name, 'not applicable', nothing);
  return check(name, 'ok', `in ${good} execution${good === 1 ? '' : 's'}`);
}

function signatureCheck({ call }: CallFacts): ExplainedCheck {
  const name = 'the call declares what the callee is';
  const { callee, signature, target } = call;
  if (callee === null) {
    const why =
      target === null ? 'which function is called shows only when it runs' : `${target} is not here`;
    return check(name, 'not applicable', why);
  }
  const own = callee.signature;
  if (own.callConv !== signature.callConv) {
    return check(
      name,
      'broken',
      `the call says ${signature.callConv}, ${target} is ${own.callConv}: undefined by CLIF, no fault of the backend`,
    );
  }
  if (!sameTypes(own, signature))
    return check(name, 'broken', `types or purposes differ from ${target}'s: undefined by CLIF`);
  if (!sameExtensions(own, signature))
    return check(name, 'ok', 'convention and types are the same, extensions are not');
  return check(name, 'ok', 'convention, types and extensions are the same');
}

function placesText(layout: SignatureLayout): string {
  const list = (values: readonly ValueLayout[]): string =>
    values
      .flatMap((value) =>
        value.parts.map(({ place }) =>
          place.kind === 'memory' ? `${place.offset}` : `${place.kind}${place.register}`,
        ),
      )
      .join(' ');
  return `${list(layout.params)} -> ${list(layout.returns)}`;
}

/** Offsets of memory parts: aligned to their slots, and none over another. */
function offsetFault(values: readonly ValueLayout[]): string | null {
  let end = 0;
  for (const value of values) {
    for (const { place, slotBytes } of value.parts) {
      if (place.kind !== 'memory') continue;
      if (place.offset % slotBytes !== 0) return `offset ${place.offset} of a slot of ${slotBytes} bytes`;
      if (place.offset < end) return `offset ${place.offset} lies in the slot before it`;
      end = place.offset + slotBytes;
    }
  }
  return null;
}

function stackCheck({ layout, calleeLayout, call }: CallFacts): ExplainedCheck {
  const name = 'caller and callee agree on the stack';
  if (layout === null) return check(name, 'not applicable', 'Cranelift refuses the signature');
  const fault = offsetFault(layout.params) ?? offsetFault(layout.returns);
  if (fault !== null) return check(name, 'broken', fault);
  if (calleeLayout === null)
    return check(
      name,
      'not applicable',
      call.callee === null ? 'the callee is not known' : 'the callee has no places',
    );
  if (placesText(layout) !== placesText(calleeLayout))
    return check(
      name,
      'broken',
      `the call uses ${placesText(layout)}, the callee ${placesText(calleeLayout)}`,
    );
  if (layout.poppedBytes !== calleeLayout.poppedBytes) {
    const detail = `places are the same, but the call counts on ${layout.poppedBytes} bytes popped and the callee pops ${calleeLayout.poppedBytes}: sp is off after the call`;
    return check(name, 'broken', detail);
  }
  const bytes = layout.argumentAreaBytes + layout.returnAreaBytes;
  return check(name, 'ok', bytes === 0 ? 'nothing is in memory' : 'same offsets, each aligned to its slot');
}

function spCheck(facts: CallFacts): ExplainedCheck {
  return dynamic(facts, 'sp is a multiple of 16', '', ({ before, entry }) => {
    for (const state of [before, entry]) {
      if (state !== null && xOf(state, SP) % STACK_ALIGN !== 0n)
        return `sp is ${hex(xOf(state, SP))} ${state === before ? 'at the call' : "at the callee's start"}`;
    }
    return 'ok';
  });
}

function spAfterCheck(facts: CallFacts): ExplainedCheck {
  const popped = BigInt(facts.layout?.poppedBytes ?? 0);
  return dynamic(facts, 'sp after the call', 'it does not come back here', ({ before, after }) => {
    if (after === null) return null;
    const wanted = xOf(before, SP) + popped;
    return xOf(after, SP) === wanted ? 'ok' : `sp is ${hex(xOf(after, SP))} instead of ${hex(wanted)}`;
  });
}

/** Registers of a convention that are not as they were. */
function lostRegisters(callConv: CallConv, before: TracedState, after: TracedState): readonly string[] {
  const { savedX, savedF } = convention(callConv);
  const x = savedX.filter((n) => xOf(before, n) !== xOf(after, n));
  const f = savedF.filter((n) => fOf(before, n) !== fOf(after, n));
  return [
    ...x.map((n) => `${xName(n)} is ${hex(xOf(after, n))} instead of ${hex(xOf(before, n))}`),
    ...f.map((n) => `${fName(n)} is ${hex(fOf(after, n))} instead of ${hex(fOf(before, n))}`),
  ];
}

function savedCheck(facts: CallFacts): ExplainedCheck {
  const name = 'callee-saved registers, gp and tp come back';
  return dynamic(facts, name, 'it does not come back here', ({ before, after }) => {
    if (after === null) return null;
    const lost = lostRegisters(facts.call.signature.callConv, before, after);
    return lost.length === 0 ? 'ok' : lost.join('; ');
  });
}

function pointerCheck(facts: CallFacts): ExplainedCheck {
  const name = 'the hidden return pointer is in a0';
  const { layout, call } = facts;
  if (layout?.hasReturnAreaPointer !== true) return check(name, 'not applicable', 'no return area');
  const argumentBytes = BigInt(layout.argumentAreaBytes);
  return dynamic(facts, name, "the callee's start was not seen", ({ before, entry }) => {
    if (entry === null) return null;
    const pointer = xOf(entry, A0);
    if (pointer % STACK_ALIGN !== 0n) return `a0 is ${hex(pointer)}, no multiple of 16`;
    // A tail call hands its own pointer on.
    if (call.isTail) return 'ok';
    const low = xOf(before, SP) + argumentBytes;
    const high = xOf(before, FP);
    const isInFrame = pointer >= low && pointer + BigInt(layout.returnAreaBytes) <= high;
    return isInFrame ? 'ok' : `a0 is ${hex(pointer)}, not in the caller's frame ${hex(low)} to ${hex(high)}`;
  });
}

function frameCheck(facts: CallFacts): ExplainedCheck {
  const name = 'the frame is as large as Cranelift says';
  const size = facts.compiled?.frameSizeBytes;
  if (size === undefined) return check(name, 'not applicable', 'no code');
  if (facts.release < TELLS_FRAME)
    return check(name, 'not applicable', 'versions before 0.125 tell another size');
  if (facts.call.isTail) return check(name, 'not applicable', 'the frame is gone at a tail call');
  return dynamic(facts, name, '', ({ before }) => {
    const found = xOf(before, FP) - xOf(before, SP);
    return found === BigInt(size) ? 'ok' : `fp - sp is ${found}, the metadata say ${size}`;
  });
}

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

function argumentCheck(facts: CallFacts): ExplainedCheck {
  const { layout, call } = facts;
  return dynamic(facts, 'arguments arrive', 'no argument was seen on both sides', (event) => {
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
    return compared === 0 ? null : 'ok';
  });
}

/** The only `return` of a function that does not tail-call, or null. */
function onlyReturn(fn: Function): readonly Value[] | null {
  const insts = fn.blocks.flatMap((block) => block.insts);
  if (insts.some((inst) => inst.op.startsWith('return_call'))) return null;
  const returns = insts.filter((inst) => inst.op === 'return');
  return returns.length === 1 ? (returns[0]?.args ?? null) : null;
}

function resultCheck(facts: CallFacts): ExplainedCheck {
  return dynamic(facts, 'results arrive', 'no result was seen on both sides', (event) => {
    const returned = event.callee === null ? null : onlyReturn(event.callee.fn);
    if (event.after === null || returned === null) return null;
    let compared = 0;
    for (const [i, result] of facts.call.results.entries()) {
      const made = event.calleeLast.get(returned[i] ?? -1);
      const found = event.seenAfter.get(result);
      if (made === undefined || found === undefined) continue;
      if (made !== found) return `the callee returns ${hex(made)}, v${result} is ${hex(found)}`;
      compared += 1;
    }
    return compared === 0 ? null : 'ok';
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
  return dynamic(facts, name, 'what is promised lies in memory, or the call did not get there', (event) => {
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
    return more(event) ?? (seen + event.copied === 0 ? null : 'ok');
  });
}

function argumentBitsCheck(facts: CallFacts): ExplainedCheck {
  const params = facts.layout?.params ?? [];
  return upperBitsCheck(
    facts,
    'extension and NaN-boxing of arguments',
    params,
    (event) => event.entry,
    () => null,
  );
}

function resultBitsCheck(facts: CallFacts): ExplainedCheck {
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

function keptCheck(facts: CallFacts): ExplainedCheck {
  const name = 'live values are kept where the call does not reach';
  const { call, compiled, jump, live } = facts;
  if (call.isTail) return check(name, 'not applicable', 'nothing is live after a tail call');
  if (live.length === 0) return check(name, 'not applicable', 'nothing is live across the call');
  const labels = compiled?.values;
  if (labels === undefined || jump === null)
    return check(name, 'not applicable', 'no code, or labels that change it');
  let told = 0;
  for (const value of live) {
    const range = rangeAcross(labels, value, jump);
    if (range === null) continue;
    told += 1;
    if (!survives(call, range.place))
      return check(
        name,
        'broken',
        `v${value} is in ${placeText(range.place, null)}, which the call may overwrite`,
      );
  }
  if (told === 0) return check(name, 'not applicable', 'Cranelift tells a place of none of them');
  return check(name, 'ok', `${told} of ${live.length} have a place`);
}

function unchangedCheck(facts: CallFacts): ExplainedCheck {
  const name = 'live values are the same after the call';
  if (facts.live.length === 0) return check(name, 'not applicable', 'nothing is live across the call');
  return dynamic(facts, name, 'none was seen in a register before and after', (event) => {
    if (event.after === null) return null;
    let compared = 0;
    for (const value of facts.live) {
      const before = event.known.get(value);
      const after = event.seenAfter.get(value);
      if (before === undefined || after === undefined || event.redefined.has(value)) continue;
      if (before !== after) return `v${value} was ${hex(before)} and is ${hex(after)}`;
      compared += 1;
    }
    return compared === 0 ? null : 'ok';
  });
}

/** Every invariant of one call with its verdict. */
export function checkCallFacts(facts: CallFacts): readonly ExplainedCheck[] {
  return [
    signatureCheck(facts),
    stackCheck(facts),
    spCheck(facts),
    argumentCheck(facts),
    argumentBitsCheck(facts),
    pointerCheck(facts),
    frameCheck(facts),
    keptCheck(facts),
    spAfterCheck(facts),
    savedCheck(facts),
    unchangedCheck(facts),
    resultCheck(facts),
    resultBitsCheck(facts),
  ];
}
