import type { Case } from '../clif/case.ts';
import type { Function, Inst, StackSlot, Value } from '../clif/module.ts';
import { poisonSeeds } from '../clif/poison-seeds.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { isRunLonger, SHORTEST_VLEN, vlenOf } from '../clif/vlen.ts';

/** A function under way. */
interface Rewriting {
  readonly types: (Type | undefined)[];
  readonly slots: Map<number, StackSlot>;
  readonly definitions: ReadonlyMap<Value, Inst>;
}

/** What stands for an instruction; null leaves it. */
type InPlaceOf = (state: Rewriting, inst: Inst) => readonly Inst[] | null;

function freshValue({ types }: Rewriting, type: Type): Value {
  return types.push(type) - 1;
}

function plain(state: Rewriting, insts: Inst[], op: string, type: Type, args: readonly Value[]): Value {
  const result = freshValue(state, type);
  insts.push({ kind: 'plain', op, type, results: [result], args });
  return result;
}

function constant(state: Rewriting, insts: Inst[], type: Type, bits: bigint): Value {
  const result = freshValue(state, type);
  const op = typeInfo(type).isVector ? 'vconst' : 'iconst';
  insts.push({ kind: 'const', op, type, results: [result], args: [], bits });
  return result;
}

/** `(x | y) - ((x ^ y) >> 1)` (Warren, Hacker's Delight, 2-5): the mean, rounded up, and no sum that overflows. */
function meanByHand(state: Rewriting, inst: Inst, type: Type): readonly Inst[] {
  const insts: Inst[] = [];
  const either = plain(state, insts, 'bor', type, inst.args);
  const differing = plain(state, insts, 'bxor', type, inst.args);
  const half = plain(state, insts, 'ushr', type, [differing, constant(state, insts, 'i32', 1n)]);
  insts.push({ kind: 'plain', op: 'isub', type, results: inst.results, args: [either, half] });
  return insts;
}

/** Each lane as an i64: the product of 16 or 32 bits, half a unit added, shifted, and held within the lane. */
function productByHand(state: Rewriting, inst: Inst, type: Type): readonly Inst[] {
  const insts: Inst[] = [];
  const { lane: laneType, lanes, laneBits } = typeInfo(type);
  const bits = BigInt(laneBits);
  const most = (1n << (bits - 1n)) - 1n;
  const laneOf = (vector: Value, lane: number): Value => {
    const result = freshValue(state, laneType);
    insts.push({ kind: 'lane', op: 'extractlane', type, results: [result], args: [vector], lane });
    return plain(state, insts, 'sextend', 'i64', [result]);
  };
  let vector: Value | undefined;
  for (let lane = 0; lane < lanes; lane += 1) {
    const product = plain(
      state,
      insts,
      'imul',
      'i64',
      inst.args.map((arg) => laneOf(arg, lane)),
    );
    const half = constant(state, insts, 'i64', 1n << (bits - 2n));
    const sum = plain(state, insts, 'iadd', 'i64', [product, half]);
    const shifted = plain(state, insts, 'sshr', 'i64', [sum, constant(state, insts, 'i32', bits - 1n)]);
    // Of products of this width only the square of the least number is too great.
    const held = plain(state, insts, 'smin', 'i64', [shifted, constant(state, insts, 'i64', most)]);
    const cut = plain(state, insts, 'ireduce', laneType, [held]);
    if (vector === undefined) {
      vector = plain(state, insts, 'scalar_to_vector', type, [cut]);
      continue;
    }
    const results = lane === lanes - 1 ? inst.results : [freshValue(state, type)];
    insts.push({ kind: 'lane', op: 'insertlane', type, results, args: [vector, cut], lane });
    vector = results[0];
  }
  return insts;
}

const withoutRoundingMode: InPlaceOf = (state, inst) => {
  if (inst.type === null) return null;
  if (inst.op === 'avg_round') return meanByHand(state, inst, inst.type);
  return inst.op === 'sqmul_round_sat' ? productByHand(state, inst, inst.type) : null;
};

const FENCE: Inst = { kind: 'plain', op: 'fence', type: null, results: [], args: [] };

/** The index of a `swizzle` by a splat goes through memory, behind a fence so that the optimiser does not see the splat. */
const withoutSplatIndex: InPlaceOf = (state, inst) => {
  const [table, index] = inst.args;
  if (inst.op !== 'swizzle' || table === undefined || index === undefined) return null;
  if (state.definitions.get(index)?.op !== 'splat') return null;
  const type = state.types[index] ?? 'i8x16';
  const slot = Math.max(-1, ...state.slots.keys()) + 1;
  state.slots.set(slot, { kind: 'explicit_slot', sizeBytes: typeInfo(type).bytes, alignBytes: 16 });
  const address = freshValue(state, 'i64');
  const loaded = freshValue(state, type);
  const at = { kind: 'memory', flags: [], offset: 0 } as const;
  return [
    { kind: 'stack', op: 'stack_addr', type: 'i64', results: [address], args: [], slot, offset: 0 },
    { ...at, op: 'store', type, results: [], args: [index, address] },
    FENCE,
    { ...at, op: 'load', type, results: [loaded], args: [address] },
    { ...inst, args: [table, loaded] },
  ];
};

/** An index that no vector has a lane for, whatever the length of its register. */
const NO_LANE = 0xff;
const LANES = 16;

function everyLane(lane: (at: number) => number): bigint {
  let bits = 0n;
  for (let at = LANES - 1; at >= 0; at -= 1) bits = (bits << 8n) | BigInt(lane(at));
  return bits;
}

/** Of each operand the lanes that the mask asks it for, and zeros elsewhere; then both. */
function shuffleByHand(state: Rewriting, inst: Extract<Inst, { readonly kind: 'shuffle' }>): readonly Inst[] {
  const insts: Inst[] = [];
  const halves = inst.args.map((table, i) => {
    const first = i * LANES;
    const own = (at: number): number => (inst.mask[at] ?? NO_LANE) - first;
    const index = everyLane((at) => (own(at) >= 0 && own(at) < LANES ? own(at) : NO_LANE));
    const result = freshValue(state, 'i8x16');
    const args = [table, constant(state, insts, 'i8x16', index)];
    insts.push({ kind: 'plain', op: 'swizzle', type: null, results: [result], args });
    return result;
  });
  insts.push({ kind: 'plain', op: 'bor', type: 'i8x16', results: inst.results, args: halves });
  return insts;
}

/** A swizzle whose indices past the last lane are past that of every register; one by a splat is another matter (`withoutSplatIndex`). */
const withinLanes: InPlaceOf = (state, inst) => {
  if (inst.kind === 'shuffle') return shuffleByHand(state, inst);
  const [table, index] = inst.args;
  if (inst.op !== 'swizzle' || table === undefined || index === undefined) return null;
  if (state.definitions.get(index)?.op === 'splat') return null;
  const insts: Inst[] = [];
  const last = constant(
    state,
    insts,
    'i8x16',
    everyLane(() => LANES - 1),
  );
  const isPast = freshValue(state, 'i8x16');
  insts.push({
    kind: 'compare',
    op: 'icmp',
    type: 'i8x16',
    results: [isPast],
    args: [index, last],
    cond: 'ugt',
  });
  const bounded = plain(state, insts, 'bor', 'i8x16', [index, isPast]);
  return [...insts, { ...inst, args: [table, bounded] }];
};

function rewrittenFunction(fn: Function, inPlaceOf: InPlaceOf): Function {
  const all = fn.blocks.flatMap((block) => block.insts);
  const definitions = new Map(all.flatMap((inst) => inst.results.map((value) => [value, inst] as const)));
  const state: Rewriting = { types: [...fn.valueTypes], slots: new Map(fn.stackSlots), definitions };
  const blocks = fn.blocks.map((block) => ({
    ...block,
    insts: block.insts.flatMap((inst) => inPlaceOf(state, inst) ?? [inst]),
  }));
  if (state.types.length === fn.valueTypes.length) return fn;
  return { ...fn, blocks, stackSlots: state.slots, valueTypes: state.types };
}

function rewritten(kase: Case, inPlaceOf: InPlaceOf): Case {
  const functions = kase.module.functions.map((fn) => rewrittenFunction(fn, inPlaceOf));
  return { ...kase, module: { ...kase.module, functions } };
}

/** The case with `avg_round` and `sqmul_round_sat` made of instructions that do not round. */
export function roundByHand(kase: Case): Case {
  return rewritten(kase, withoutRoundingMode);
}

/** The case without a `swizzle` by a splat. */
export function keepSplatsFromSwizzles(kase: Case): Case {
  return rewritten(kase, withoutSplatIndex);
}

/**
 * The case with no lane asked for that a vector has not but its register may have, if it runs on such registers: keeps clear of docs/findings.md,
 * F30.
 */
export function keepSwizzlesWithinLanes(kase: Case): Case {
  const { seed, configurations } = kase;
  const isLonger =
    isRunLonger(poisonSeeds(seed)[0]) || configurations.some((one) => vlenOf(one) > SHORTEST_VLEN);
  return isLonger ? rewritten(kase, withinLanes) : kase;
}
