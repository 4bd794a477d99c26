import { NO_TABLES, type FuncRef, type Function, type Inst } from '../clif/module.ts';
import { abiParam, type Signature } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';

/** Functions of one instruction each, made for a module under rewriting; equal instructions share one. */
export interface Outlining {
  readonly byKey: Map<string, Function>;
  nextIndex: number;
}

/**
 * Opcodes that become instructions under a mask on vectors (`isa/riscv64/lower.isle`). The mask has to be in v0, and `single_pass` spills
 * what it has put there before: an operand or the result (regalloc2 `fastalloc`, `evict_vreg_in_preg`).
 */
const MASKED: ReadonlySet<string> = new Set([
  'ceil',
  'fcmp',
  'fcvt_to_sint_sat',
  'fcvt_to_uint_sat',
  'floor',
  'fmax',
  'fmin',
  'fvdemote',
  'iadd_pairwise',
  'icmp',
  'insertlane',
  'nearest',
  'popcnt',
  'scalar_to_vector',
  'trunc',
]);

export function isMasked(inst: Inst): boolean {
  return MASKED.has(inst.op);
}

const POINTER = abiParam('i64');
const NAMESPACE = 0;

export function startOutlining(functions: readonly Function[]): Outlining {
  const taken = functions.map(({ name }) =>
    name.kind === 'user' && name.namespace === NAMESPACE ? name.index : -1,
  );
  return { byKey: new Map(), nextIndex: Math.max(-1, ...taken) + 1 };
}

function keyOf(inst: Inst, types: readonly Type[]): string {
  const plain = { ...inst, results: [], args: [] };
  return JSON.stringify([plain, types], (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

function memoryInst(op: 'load' | 'store', type: Type, results: number[], args: number[]): Inst {
  return { kind: 'memory', op, type, results, args, flags: [], offset: 0 };
}

/** `types`: of the result, then of the operands. */
function functionOf(inst: Inst, types: readonly Type[], index: number): Function {
  const [result = 'i64', ...operands] = types;
  const count = types.length;
  const loaded = operands.map((_, i) => count + i);
  const made = count + operands.length;
  const params = types.map((_, value) => ({ value, type: 'i64' as const }));
  const insts: readonly Inst[] = [
    ...operands.map((type, i) => memoryInst('load', type, [count + i], [1 + i])),
    { ...inst, results: [made], args: loaded },
    memoryInst('store', result, [], [made, 0]),
    { kind: 'plain', op: 'return', type: null, results: [], args: [] },
  ];
  const signature: Signature = { params: types.map(() => POINTER), returns: [], callConv: 'system_v' };
  return {
    name: { kind: 'user', namespace: NAMESPACE, index },
    signature,
    ...NO_TABLES,
    blocks: [{ id: 0, params, insts, cold: false }],
    valueTypes: [...params.map(({ type }) => type), ...operands, result],
  };
}

/** A function's tables while it is rewritten. */
export interface Tables {
  readonly sigRefs: Map<number, Signature>;
  readonly funcRefs: Map<number, FuncRef>;
}

function nextKey(map: ReadonlyMap<number, unknown>): number {
  return Math.max(-1, ...map.keys()) + 1;
}

/**
 * The number, in `tables`, of a function that does `inst` on memory: its first parameter is where the result goes, the
 * others are where the operands lie. `types` are of the result and of the operands. For instructions of one result that know nothing of
 * the function they are in.
 */
export function outline(state: Outlining, tables: Tables, inst: Inst, types: readonly Type[]): number {
  const key = keyOf(inst, types);
  let own = state.byKey.get(key);
  if (own === undefined) {
    own = functionOf(inst, types, state.nextIndex);
    state.nextIndex += 1;
    state.byKey.set(key, own);
  }
  const { name, signature } = own;
  for (const [number, ref] of tables.funcRefs) if (ref.name === name) return number;
  const sig = nextKey(tables.sigRefs);
  tables.sigRefs.set(sig, signature);
  const number = nextKey(tables.funcRefs);
  tables.funcRefs.set(number, { name, sig, colocated: true, patchable: false });
  return number;
}
