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

/** Vector registers that may be taken at once without a spill, with room for what is computed meanwhile. */
const ROOM = 20;
/** The same for what a function returns: all of it is taken at once, and what it was made of may still be. */
const RESULT_ROOM = 14;
/** Pieces that come in, whatever becomes of them: of long lists something is spilled at any place. */
const TAKEN_ROOM = 60;

/** What carries a result: pieces, or, with `isWhole`, the value itself, of which only the first piece is sure to arrive, and the other pieces. */
export function resultParts(type: Type, isWhole: boolean): readonly Type[] {
  return isWhole && isWide(type) ? [type, ...partsOf(type).slice(1)] : partsOf(type);
}

function vectorsIn(types: readonly Type[]): number {
  return types.filter((type) => typeInfo(type).isVector).length;
}

/**
 * Whether a function's wide parameters stay whole. They are in registers from their slots to the call, and from the entry to their slots: if they
 * are few, nothing need be spilled.
 */
function takesWhole({ params }: Signature): boolean {
  return 3 * vectorsIn(params.map(({ type }) => type)) <= ROOM;
}

/** Whether its wide results may stay whole as well. They come through spill slots in any case, where they keep their first piece. */
function mayGiveWhole({ params, returns }: Signature): boolean {
  const taken = vectorsIn(params.flatMap(({ type }) => partsOf(type)));
  return (
    taken <= TAKEN_ROOM && vectorsIn(returns.flatMap(({ type }) => resultParts(type, true))) <= RESULT_ROOM
  );
}

function split(params: readonly AbiParam[], parts: (type: Type) => readonly Type[]): readonly AbiParam[] {
  return params.flatMap((param) => parts(param.type).map((type) => ({ ...param, type })));
}

/** Which wide values cross calls whole. */
export interface Places {
  readonly takesWhole: (signature: Signature) => boolean;
  readonly givesWhole: (signature: Signature) => boolean;
}

/** None of them do. */
export const IN_PARTS: Places = { takesWhole: () => false, givesWhole: () => false };

function wideResults({ returns }: Signature): string {
  return returns.flatMap(({ type }) => (isWide(type) ? [type] : [])).join();
}

/** Few of them do. Functions of the same wide results, which may leave to one another, give all of them alike. */
export function keptPlaces(functions: readonly Function[]): Places {
  const inParts = new Set<string>();
  for (const { signature, sigRefs } of functions) {
    for (const one of [signature, ...sigRefs.values()]) if (!mayGiveWhole(one)) inParts.add(wideResults(one));
  }
  return { takesWhole, givesWhole: (signature) => !inParts.has(wideResults(signature)) };
}

/** The signature with pieces for wide values that do not stay whole. */
export function splitSignature(signature: Signature, places: Places): Signature {
  const { params, returns } = signature;
  const isGiven = places.givesWhole(signature);
  return {
    ...signature,
    params: places.takesWhole(signature) ? params : split(params, partsOf),
    returns: split(returns, (type) => resultParts(type, isGiven)),
  };
}

/** The function under way: every wide value lives in a stack slot of its own. */
export interface Spilling extends Rewriting {
  readonly fn: Function;
  /** The rewritten function's. */
  readonly tables: Tables;
  /** Null where instructions on wide values stay where they are. */
  readonly outlining: Outlining | null;
  readonly places: Places;
  readonly slots: Map<number, StackSlot>;
  readonly slotOf: Map<Value, number>;
  /** Number of the function's next slot. */
  readonly nextSlot: { number: number };
  /** A wide value, what was last loaded of it and where its lanes go, while nothing but integers has been computed since. */
  loaded: { readonly value: Value; readonly whole: Value; readonly scratch: Value | null } | null;
}

/** Number of a new slot. */
export function addSlot(state: Spilling, bytes: number): number {
  const slot = state.nextSlot.number;
  state.nextSlot.number += 1;
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

function loadFrom(state: Spilling, address: Value, type: Type, offset: number, insts: Inst[]): Value {
  if (isWide(type)) insts.push(FENCE);
  const result = freshValue(state, type);
  insts.push({ ...LOAD, type, results: [result], args: [address], offset });
  return result;
}

/** Behind a fence: else the optimiser takes what was stored or loaded before, which then lives until here. */
export function load(state: Spilling, slot: number, type: Type, insts: Inst[]): Value {
  return loadFrom(state, addressIn(state, slot, insts), type, 0, insts);
}

/** At an address that is known already. */
export function storeTo(state: Spilling, address: Value, value: Value, offset: number, insts: Inst[]): void {
  const type = state.types[value] ?? 'i64';
  insts.push({ kind: 'memory', op: 'store', type, results: [], args: [value, address], flags: [], offset });
}

/** Counterpart of `load`. */
export function store(state: Spilling, slot: number, value: Value, insts: Inst[]): void {
  storeTo(state, addressIn(state, slot, insts), value, 0, insts);
}

/** What `parts` says of a wide value, from its slot. */
export function loadParts(
  state: Spilling,
  value: Value,
  insts: Inst[],
  parts: readonly Type[] = partsOf(state.types[value] ?? 'i64'),
): readonly Value[] {
  const address = addressIn(state, slotFor(state, value), insts);
  return parts.map((part, i) => loadFrom(state, address, part, i * PART_BYTES, insts));
}

/** Counterpart of `loadParts`. A whole value among them comes first, so that the others write over what it has lost. */
export function storeParts(state: Spilling, value: Value, parts: readonly Value[], insts: Inst[]): void {
  const address = addressIn(state, slotFor(state, value), insts);
  parts.forEach((part, i) => storeTo(state, address, part, i * PART_BYTES, insts));
}

/** Arguments with wide values whole, from their slots. */
export function argsWhole(state: Spilling, args: readonly Value[]): readonly Value[] {
  return args.map((arg) => {
    const type = state.types[arg];
    return isWide(type) ? load(state, slotFor(state, arg), type, state.insts) : arg;
  });
}

/** Arguments with pieces in place of wide values. */
export function argsInParts(state: Spilling, args: readonly Value[]): readonly Value[] {
  return args.flatMap((arg) => (isWide(state.types[arg]) ? loadParts(state, arg, state.insts) : [arg]));
}
