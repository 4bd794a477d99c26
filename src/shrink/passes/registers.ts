import type { Case } from '../../clif/case.ts';
import type { Function, Inst, Value } from '../../clif/module.ts';
import { functionNameText } from '../../clif/module.ts';
import { abiParam } from '../../clif/signature.ts';
import type { Type } from '../../clif/type.ts';
import { typeInfo } from '../../clif/type.ts';
import { callGroup } from '../call-group.ts';
import type { ParamChange } from '../change-signature.ts';
import { changeGroup, UNCHANGED } from '../change-signature.ts';
import { constantInsts } from '../constant-inst.ts';
import type { Pass } from '../pass.ts';
import { replaceFunction } from '../pass.ts';

/** A new body of one block being written. */
interface Draft {
  readonly insts: Inst[];
  readonly types: (Type | undefined)[];
  readonly zero: (type: Type) => Value;
}

function startDraft(fn: Function): Draft {
  const insts: Inst[] = [];
  const types: (Type | undefined)[] = [...fn.valueTypes];
  const zeros = new Map<Type, Value>();
  return {
    insts,
    types,
    zero: (type) => {
      const known = zeros.get(type);
      if (known !== undefined) return known;
      const made = constantInsts(type, 0n, (t) => types.push(t) - 1);
      insts.push(...made);
      const value = made.at(-1)?.results[0] ?? 0;
      zeros.set(type, value);
      return value;
    },
  };
}

/** Parameters of the results' types in turn, zeros where there are none. */
function returnParams(fn: Function, draft: Draft): Inst {
  const params = fn.blocks[0]?.params ?? [];
  const taken = new Map<Type, number>();
  const args = fn.signature.returns.map(({ type }) => {
    const same = params.filter((p) => p.type === type);
    const turn = taken.get(type) ?? 0;
    taken.set(type, turn + 1);
    return same[turn % Math.max(same.length, 1)]?.value ?? draft.zero(type);
  });
  return { kind: 'plain', op: 'return', type: null, results: [], args };
}

function withBody(fn: Function, draft: Draft, slots: Function['stackSlots']): Function {
  const entry = fn.blocks[0];
  if (entry === undefined) return fn;
  return { ...fn, blocks: [{ ...entry, insts: draft.insts }], valueTypes: draft.types, stackSlots: slots };
}

const STACK_SLOT_BYTES = 16;

/** Stores of every parameter, over each other. */
function storeParams(fn: Function, draft: Draft): Function['stackSlots'] {
  const params = fn.blocks[0]?.params ?? [];
  const address = draft.types.push('i64') - 1;
  draft.insts.push({
    kind: 'stack',
    op: 'stack_addr',
    type: 'i64',
    results: [address],
    args: [],
    slot: 0,
    offset: 0,
  });
  for (const { value, type } of params) {
    draft.insts.push({
      kind: 'memory',
      op: 'store',
      type,
      results: [],
      args: [value, address],
      flags: [],
      offset: 0,
    });
  }
  const sizeBytes = Math.max(STACK_SLOT_BYTES, ...params.map((p) => typeInfo(p.type).bytes));
  return new Map([[0, { kind: 'explicit_slot', sizeBytes, alignBytes: 8 }]]);
}

/** A body that is as small as what `spanCalls` makes. */
const SPAN_INSTRUCTIONS = 3;

/**
 * Parameters that take more registers of a class than arguments come in, up to nearly all. Which of the others get used is a
 * matter of chance (regalloc2 starts its search anywhere), so there are many.
 */
const FLOODS: readonly { readonly type: Type; readonly counts: readonly number[] }[] = [
  { type: 'i128', counts: [5, 6, 7, 8, 9, 10, 12] },
  { type: 'f64', counts: [9, 10, 11, 12, 13, 14, 16, 20, 24] },
];

function isFlooded(fn: Function): boolean {
  const insts = fn.blocks.flatMap((block) => block.insts);
  return insts.filter((inst) => inst.op === 'store').length >= insts.length / 2;
}

function flooded(kase: Case, fn: Function, type: Type, count: number): Case | null {
  const name = functionNameText(fn.name);
  const group = callGroup(kase.module, name, false);
  if (group.functions.has(functionNameText(kase.entry))) return null;
  const params = new Map(fn.signature.params.map((_, i): [number, ParamChange] => [i, { kind: 'drop' }]));
  const added = Array.from({ length: count }, () => type);
  const changed = changeGroup(kase, group, { ...UNCHANGED, params, added });
  const target = changed?.module.functions.find((other) => functionNameText(other.name) === name);
  if (changed === null || target === undefined) return null;
  const draft = startDraft(target);
  const slots = storeParams(target, draft);
  draft.insts.push(returnParams(target, draft));
  return replaceFunction(changed, target, withBody(target, draft, slots));
}

/**
 * A function made to take many parameters of one register class and to hold all of them at once. A register that a call
 * loses is written there for sure, while in a larger body that hangs on every instruction.
 */
export const floodRegisters: Pass = {
  name: 'flood registers',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      if (isFlooded(fn)) continue;
      for (const { type, counts } of FLOODS)
        for (const count of counts) yield () => flooded(kase, fn, type, count);
    }
  },
};

/** How a body ends after its call, with the parameters live across the call. */
type Ending = 'return' | 'store and return' | Inst;

/** Parameters by type in turn for the arguments of a tail call, zeros where there are none. */
function passOn(fn: Function, call: Inst, draft: Draft): Inst {
  const params = fn.blocks[0]?.params ?? [];
  const args = call.args.map((arg, index) => {
    const type = fn.valueTypes[arg] ?? 'i64';
    const same = params.filter((p) => p.type === type);
    return same[index % Math.max(same.length, 1)]?.value ?? draft.zero(type);
  });
  return { ...call, args };
}

/** A body of one call and what follows it. */
function spanningBody(fn: Function, call: Inst, ending: Ending): Function {
  const draft = startDraft(fn);
  const args = call.args.map((arg) => draft.zero(fn.valueTypes[arg] ?? 'i64'));
  draft.insts.push({ ...call, args });
  if (typeof ending !== 'string') {
    draft.insts.push(passOn(fn, ending, draft));
    return withBody(fn, draft, new Map());
  }
  const slots = ending === 'return' ? new Map() : storeParams(fn, draft);
  draft.insts.push(returnParams(fn, draft));
  return withBody(fn, draft, slots);
}

/** Tells its bytes apart; a normal number as an f64. */
const KEPT_BITS = 0x0102_0304_0506_0708n;

/** The case with an entry that hands its parameters back and makes one call before. */
function spanningEntry(kase: Case, fn: Function, call: Inst, type: Type, count: number): Case {
  const types = Array.from({ length: count }, () => type);
  const list = types.map((t) => abiParam(t));
  const bare: Function = {
    ...fn,
    signature: { ...fn.signature, params: list, returns: list },
    blocks: [{ id: 0, params: types.map((t, value) => ({ value, type: t })), insts: [], cold: false }],
    valueTypes: types,
  };
  const draft = startDraft(bare);
  const args = call.args.map((arg) => draft.zero(fn.valueTypes[arg] ?? 'i64'));
  const results = call.results.map((result) => draft.types.push(fn.valueTypes[result]) - 1);
  draft.insts.push({ ...call, args, results });
  draft.insts.push(returnParams(bare, draft));
  const changed = replaceFunction(kase, fn, withBody(bare, draft, new Map()));
  const input = types.map((_, index) => KEPT_BITS * BigInt(index + 1));
  return { ...changed, inputs: kase.inputs.map(() => input) };
}

/** Bodies that keep one direct call and the parameters across it, and nothing else. */
export const spanCalls: Pass = {
  name: 'span calls',
  *candidates(kase) {
    const entry = functionNameText(kase.entry);
    for (const fn of kase.module.functions) {
      const insts = fn.blocks.flatMap((block) => block.insts);
      if (insts.length <= SPAN_INSTRUCTIONS) continue;
      const direct = insts.filter((inst) => inst.kind === 'call');
      const calls = new Map(
        direct.flatMap((inst) => (inst.op === 'call' ? [[inst.func, inst] as const] : [])),
      );
      const tail = direct.find((inst) => inst.op === 'return_call');
      if (functionNameText(fn.name) === entry) {
        for (const call of calls.values()) {
          for (const type of ['i64', 'f64'] as const) {
            for (const count of [1, 2]) yield () => spanningEntry(kase, fn, call, type, count);
          }
        }
      }
      const endings: readonly Ending[] = [
        'return',
        ...(tail === undefined ? [] : [tail]),
        'store and return',
      ];
      for (const ending of endings) {
        for (const call of calls.values())
          yield () => replaceFunction(kase, fn, spanningBody(fn, call, ending));
      }
    }
  },
};
