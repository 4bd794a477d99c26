import type { Function, Inst, StackSlot, Value } from '../clif/module.ts';
import type { AbiParam, Signature } from '../clif/signature.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import type { Outlining, Tables } from './outline.ts';
import { freshValue, type Rewriting } from './try-returns.ts';

/** Longer vectors lose what is beyond when they are spilled. */
export const SAFE_BITS = 128;
/** Of the pieces in which wide values cross calls and blocks. */
export const PART_BYTES = 16;

/** Whether a spill loses a part of such a value. */
export function isWide(type: Type | undefined): type is Type {
  return type !== undefined && typeInfo(type).isVector && typeInfo(type).bits > SAFE_BITS;
}

/** What carries a value of `type`: itself, or as many pieces as it takes. */
export function partsOf(type: Type): readonly Type[] {
  return isWide(type) ? Array<Type>(typeInfo(type).bytes / PART_BYTES).fill('i64x2') : [type];
}

function splitParams(params: readonly AbiParam[]): readonly AbiParam[] {
  return params.flatMap((param) => partsOf(param.type).map((type) => ({ ...param, type })));
}

/** The signature with pieces in place of wide values. */
export function splitSignature(signature: Signature): Signature {
  return { ...signature, params: splitParams(signature.params), returns: splitParams(signature.returns) };
}

/** The function under way: every wide value lives in a stack slot of its own. */
export interface Spilling extends Rewriting {
  readonly fn: Function;
  /** The rewritten function's. */
  readonly tables: Tables;
  /** Null where instructions on wide values stay where they are. */
  readonly outlining: Outlining | null;
  readonly slots: Map<number, StackSlot>;
  readonly slotOf: Map<Value, number>;
}

/** Number of a new slot. */
export function addSlot(state: Spilling, bytes: number): number {
  const slot = state.slots.size === 0 ? 0 : Math.max(...state.slots.keys()) + 1;
  state.slots.set(slot, { kind: 'explicit_slot', sizeBytes: bytes, alignBytes: 16 });
  return slot;
}

/** Number of the value's own slot, made on first use. */
export function slotFor(state: Spilling, value: Value): number {
  const known = state.slotOf.get(value);
  if (known !== undefined) return known;
  const slot = addSlot(state, typeInfo(state.types[value] ?? 'i64x2').bytes);
  state.slotOf.set(value, slot);
  return slot;
}

/** The slot's address, computed by a new instruction at the end of `insts`. */
export function addressIn(state: Spilling, slot: number, insts: Inst[]): Value {
  const address = freshValue(state, 'i64');
  insts.push({ kind: 'stack', op: 'stack_addr', type: 'i64', results: [address], args: [], slot, offset: 0 });
  return address;
}

/** Keeps the optimiser from carrying what is in memory in a register. */
export const FENCE: Inst = { kind: 'plain', op: 'fence', type: null, results: [], args: [] };

/** What every load from a slot has in common. */
export const LOAD = { kind: 'memory', op: 'load', flags: [], offset: 0 } as const;

/** Behind a fence: else the optimiser takes what was stored or loaded before, which then lives until here. */
export function load(state: Spilling, slot: number, type: Type, offset: number, insts: Inst[]): Value {
  if (isWide(type)) insts.push(FENCE);
  const address = addressIn(state, slot, insts);
  const result = freshValue(state, type);
  insts.push({ kind: 'memory', op: 'load', type, results: [result], args: [address], flags: [], offset });
  return result;
}

/** Counterpart of `load`. */
export function store(state: Spilling, slot: number, value: Value, offset: number, insts: Inst[]): void {
  const address = addressIn(state, slot, insts);
  const type = state.types[value] ?? 'i64';
  insts.push({ kind: 'memory', op: 'store', type, results: [], args: [value, address], flags: [], offset });
}

/** The pieces of a wide value, from its slot. */
export function loadParts(state: Spilling, value: Value, insts: Inst[]): readonly Value[] {
  const slot = slotFor(state, value);
  return partsOf(state.types[value] ?? 'i64').map((part, i) =>
    load(state, slot, part, i * PART_BYTES, insts),
  );
}

/** Counterpart of `loadParts`. */
export function storeParts(state: Spilling, value: Value, parts: readonly Value[], insts: Inst[]): void {
  const slot = slotFor(state, value);
  parts.forEach((part, i) => store(state, slot, part, i * PART_BYTES, insts));
}

/** Arguments with pieces in place of wide values. */
export function argsInParts(state: Spilling, args: readonly Value[]): readonly Value[] {
  return args.flatMap((arg) => (isWide(state.types[arg]) ? loadParts(state, arg, state.insts) : [arg]));
}
