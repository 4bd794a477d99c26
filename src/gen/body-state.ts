import type {
  BlockArg,
  BlockCall,
  BlockId,
  BlockParam,
  FuncRef,
  Function,
  Inst,
  StackSlot,
  Value,
} from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { bitMask, typeInfo, type Type } from '../clif/type.ts';
import type { Config } from './config.ts';
import type { Draw } from './draw.ts';
import type { CaseShape, FunctionPlan } from './plan.ts';

export interface DraftBlock {
  readonly id: BlockId;
  readonly params: BlockParam[];
  readonly insts: Inst[];
  cold: boolean;
}

/** `shape.cellBytes` initialised bytes: a pointer value (or a stack slot) and an offset from it. */
export interface Cell {
  readonly base:
    { readonly kind: 'pointer'; readonly value: Value } | { readonly kind: 'slot'; readonly slot: number };
  readonly offset: number;
}

/** The function under construction. Scopes are stacks: what a nested block adds is taken off when it ends. */
export interface BodyState {
  readonly draw: Draw;
  readonly config: Config;
  readonly shape: CaseShape;
  readonly plans: readonly FunctionPlan[];
  readonly index: number;
  readonly plan: FunctionPlan;
  /** Instructions one run of each later function executes at most. */
  readonly costs: readonly number[];
  /** Functions that some function made so far calls. */
  readonly called: Set<number>;
  /** Functions that this one leaves to. */
  readonly leftTo: Set<number>;
  readonly blocks: DraftBlock[];
  readonly valueTypes: Type[];
  readonly useCounts: number[];
  readonly stackSlots: Map<number, StackSlot>;
  readonly sigRefs: Map<number, Signature>;
  readonly funcRefs: Map<number, FuncRef>;
  readonly funcRefNumbers: Map<string, number>;
  /** Data values that dominate the current point, by type. */
  readonly pool: Map<Type, Value[]>;
  /** The same in order of definition, to unwind scopes and to fold what nothing has used. */
  readonly scope: Value[];
  readonly cells: Cell[];
  /** Pointers to `memoryBytes` of initialised bytes. */
  readonly regions: Cell[];
  readonly functionPointers: { readonly target: number; readonly value: Value }[];
  /** The function's own parameters. */
  incoming: readonly Value[];
  block: DraftBlock;
  /** Running i64 checksum of everything seen; null until the first fold. */
  checksum: Value | null;
  checksumFactor: Value | null;
  /** Instructions executed at most so far, loops multiplied. */
  cost: number;
  multiplier: number;
  depth: number;
}

export function newValue(state: BodyState, type: Type): Value {
  const value = state.valueTypes.length;
  state.valueTypes.push(type);
  state.useCounts.push(0);
  return value;
}

export function typeOf(state: BodyState, value: Value): Type {
  const type = state.valueTypes[value];
  if (type === undefined) throw new RangeError(`v${value} has no type yet`);
  return type;
}

/** Offers a value to later statements. */
export function publish(state: BodyState, value: Value): void {
  const type = typeOf(state, value);
  let values = state.pool.get(type);
  if (values === undefined) {
    values = [];
    state.pool.set(type, values);
  }
  values.push(value);
  state.scope.push(value);
}

/** Something reads `value`. */
export function countUse(state: BodyState, value: Value): void {
  state.useCounts[value] = (state.useCounts[value] ?? 0) + 1;
}

export function emit(state: BodyState, inst: Inst): void {
  for (const arg of inst.args) countUse(state, arg);
  state.block.insts.push(inst);
  state.cost += state.multiplier;
}

/** Emits an instruction of the plain format with one result of type `result`; `type` is the controlling type. */
export function plain(
  state: BodyState,
  op: string,
  type: Type,
  args: readonly Value[],
  result: Type = type,
): Value {
  const value = newValue(state, result);
  emit(state, { kind: 'plain', op, type, results: [value], args });
  return value;
}

/** Compares two integers of `type`: 0 or 1, an i8. */
export function icmp(state: BodyState, cond: string, type: Type, a: Value, b: Value): Value {
  const result = newValue(state, 'i8');
  emit(state, { kind: 'compare', op: 'icmp', type, results: [result], args: [a, b], cond });
  return result;
}

const CONST_OP: Readonly<Record<string, string>> = {
  f16: 'f16const',
  f32: 'f32const',
  f64: 'f64const',
  f128: 'f128const',
};

/** Emits `bits` as a constant of `type`; CLIF has no 128-bit `iconst`, so i128 is joined from halves. */
export function constant(state: BodyState, type: Type, bits: bigint): Value {
  if (type === 'i128') {
    const low = constant(state, 'i64', bits & bitMask(64));
    const high = constant(state, 'i64', bits >> 64n);
    return plain(state, 'iconcat', 'i64', [low, high], 'i128');
  }
  const floatOp = CONST_OP[type];
  const op = floatOp ?? (typeInfo(type).isVector ? 'vconst' : 'iconst');
  const value = newValue(state, type);
  // `f64const` and its kin say their type in the opcode.
  emit(state, {
    kind: 'const',
    op,
    type: floatOp === undefined ? type : null,
    results: [value],
    args: [],
    bits,
  });
  return value;
}

export function newBlock(state: BodyState, params: readonly Type[] = []): DraftBlock {
  const block: DraftBlock = {
    id: state.blocks.length,
    params: params.map((type) => ({ value: newValue(state, type), type })),
    insts: [],
    cold: false,
  };
  state.blocks.push(block);
  return block;
}

export function blockCall(state: BodyState, block: DraftBlock, args: readonly Value[] = []): BlockCall {
  const passed: BlockArg[] = args.map((value) => ({ kind: 'value', value }));
  for (const arg of args) countUse(state, arg);
  return { block: block.id, args: passed };
}

export function jump(state: BodyState, target: DraftBlock, args: readonly Value[] = []): void {
  emit(state, {
    kind: 'jump',
    op: 'jump',
    type: null,
    results: [],
    args: [],
    target: blockCall(state, target, args),
  });
}

export function branch(state: BodyState, condition: Value, then: BlockCall, otherwise: BlockCall): void {
  const type = typeOf(state, condition);
  emit(state, { kind: 'brif', op: 'brif', type, results: [], args: [condition], then, else: otherwise });
}

export interface ScopeMark {
  readonly values: number;
  readonly cells: number;
  readonly regions: number;
  readonly functionPointers: number;
}

export function openScope(state: BodyState): ScopeMark {
  return {
    values: state.scope.length,
    cells: state.cells.length,
    regions: state.regions.length,
    functionPointers: state.functionPointers.length,
  };
}

export function closeScope(state: BodyState, mark: ScopeMark): void {
  while (state.scope.length > mark.values) {
    const value = state.scope.pop();
    if (value !== undefined) state.pool.get(typeOf(state, value))?.pop();
  }
  state.cells.length = mark.cells;
  state.regions.length = mark.regions;
  state.functionPointers.length = mark.functionPointers;
}

export function addSlot(state: BodyState, sizeBytes: number, alignBytes: number): number {
  const slot = state.stackSlots.size;
  state.stackSlots.set(slot, { kind: 'explicit_slot', sizeBytes, alignBytes });
  return slot;
}

/** A reference to the function planned at `target`; made once per way to reach it. */
export function funcRefFor(
  state: BodyState,
  target: number,
  sig: number,
  colocated: boolean,
  patchable: boolean,
): number {
  const key = `${target} ${sig} ${colocated} ${patchable}`;
  const known = state.funcRefNumbers.get(key);
  if (known !== undefined) return known;
  const { name } = planAt(state, target);
  const number = state.funcRefs.size;
  state.funcRefs.set(number, { name, sig, colocated, patchable });
  state.funcRefNumbers.set(key, number);
  return number;
}

/** The reference through which this function names the one planned at `target` to take its address. */
export function funcRefTo(state: BodyState, target: number, colocated: boolean): number {
  return funcRefFor(state, target, sigRefTo(state, target), colocated, false);
}

export function addSigRef(state: BodyState, signature: Signature): number {
  const number = state.sigRefs.size;
  state.sigRefs.set(number, signature);
  return number;
}

export function sigRefTo(state: BodyState, target: number): number {
  const { signature } = planAt(state, target);
  for (const [number, known] of state.sigRefs) if (known === signature) return number;
  return addSigRef(state, signature);
}

export function planAt(state: BodyState, target: number): FunctionPlan {
  const plan = state.plans[target];
  if (plan === undefined) throw new RangeError(`no function is planned at ${target}`);
  return plan;
}

export function finishFunction(
  state: BodyState,
  limit: Pick<Function, 'globalValues' | 'stackLimit'>,
): Function {
  return {
    name: state.plan.name,
    signature: state.plan.signature,
    stackSlots: state.stackSlots,
    globalValues: limit.globalValues,
    sigRefs: state.sigRefs,
    funcRefs: state.funcRefs,
    constants: new Map(),
    stackLimit: limit.stackLimit,
    blocks: state.blocks,
    valueTypes: state.valueTypes,
  };
}
