import type { Value } from '../clif/module.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { constant, emit, newValue, plain, type BodyState, type Cell } from './body-state.ts';

interface Address {
  readonly pointer: Value;
  readonly offset: number;
}

/** Of 100 sums, how many leave an offset near the ends of 32 bits: beyond what `lui` and `addi` reach (cranelift-codegen `isa/riscv64/inst/mod.rs`, `load_constant_u64`). */
const FAR_SUMS = 25;
const FAR_BYTES: readonly bigint[] = [0x7fff_fe00n, 0x7fff_f800n, 0x7fff_f700n, -0x8000_0000n, -0x7fff_f800n];
/** Of the far ones, how many go out and back by constants alone, which do not fit 32 bits, and how many come back half by a constant, half by the offset. */
const BY_CONSTANTS = 30;
const BY_HALVES = 30;
const BEYOND: readonly bigint[] = [0x1_0000_0008n, 0x8000_0000n, -0x8000_0001n, 0x7_0000_0000n];
const HALF = 0x7000_0000n;

function away(state: BodyState, pointer: Value, op: 'iadd' | 'isub', bytes: bigint): Value {
  const distance = constant(state, 'i64', BigInt.asUintN(64, bytes));
  const isFirst = op === 'iadd' && state.draw.chance(30);
  return plain(state, op, 'i64', isFirst ? [distance, pointer] : [pointer, distance]);
}

/** The same address by a constant or an offset near what 32 bits hold, or beyond. */
function farSum(state: BodyState, { pointer, offset }: Address): Address {
  const { draw } = state;
  const way = draw.int(0, 99);
  if (way < BY_CONSTANTS) {
    const bytes = draw.pick(BEYOND);
    return { pointer: away(state, away(state, pointer, 'isub', bytes), 'iadd', bytes), offset };
  }
  if (way < BY_CONSTANTS + BY_HALVES) {
    const back = away(state, away(state, pointer, 'isub', 2n * HALF), 'iadd', HALF);
    return { pointer: back, offset: offset + Number(HALF) };
  }
  const bytes = draw.pick(FAR_BYTES);
  return { pointer: away(state, pointer, 'isub', bytes), offset: offset + Number(bytes) };
}

/** The same address from a pointer that is further on, or further back. */
function addedTo(state: BodyState, { pointer, offset }: Address): Address {
  const { draw, config } = state;
  if (!draw.sometimes(config.addressSums)) return { pointer, offset };
  if (draw.chance(FAR_SUMS)) return farSum(state, { pointer, offset });
  const bytes = draw.pick([8, 16, -8, 2040, 2048, -4096, 0x1_0000]);
  const added = constant(state, 'i64', BigInt.asUintN(64, BigInt(bytes)));
  const args = draw.chance(70) ? [pointer, added] : [added, pointer];
  return { pointer: plain(state, 'iadd', 'i64', args), offset: offset - bytes };
}

/** The cell's address and what is left to add to it. */
function addressOf(state: BodyState, cell: Cell): Address {
  if (cell.base.kind === 'pointer') return addedTo(state, { pointer: cell.base.value, offset: cell.offset });
  const folded = state.draw.chance(50);
  const pointer = newValue(state, 'i64');
  emit(state, {
    kind: 'stack',
    op: 'stack_addr',
    type: 'i64',
    results: [pointer],
    args: [],
    slot: cell.base.slot,
    offset: folded ? 0 : cell.offset,
  });
  return { pointer, offset: folded ? cell.offset : 0 };
}

/** The address of `cell` as one value. */
export function pointerTo(state: BodyState, cell: Cell): Value {
  if (cell.base.kind === 'pointer') {
    if (cell.offset !== 0) throw new RangeError('a region starts at its pointer');
    return cell.base.value;
  }
  const pointer = newValue(state, 'i64');
  const { slot } = cell.base;
  const { offset } = cell;
  emit(state, { kind: 'stack', op: 'stack_addr', type: 'i64', results: [pointer], args: [], slot, offset });
  return pointer;
}

/** Stores `value`, or by an `op` that cuts it off its low bits. */
export function storeTo(state: BodyState, cell: Cell, value: Value, extraBytes = 0, op = 'store'): void {
  const type = state.valueTypes[value];
  if (type === undefined) throw new RangeError(`v${value} has no type yet`);
  const { pointer, offset } = addressOf(state, cell);
  emit(state, {
    kind: 'memory',
    op,
    type,
    results: [],
    args: [value, pointer],
    flags: storeFlags(state),
    offset: offset + extraBytes,
  });
}

/** The first release known to read `can_move`. */
const MOVABLE_LOAD_RELEASE = 121;

/** Of 100 accesses with flags, how many say that they are little-endian, which they are anyway. */
const LITTLE = 25;

function storeFlags({ draw, config }: BodyState): readonly string[] {
  return draw.sometimes(config.flaggedLoads) && draw.chance(LITTLE) ? ['little'] : [];
}

function loadFlags({ draw, config, shape }: BodyState): readonly string[] {
  if (!draw.sometimes(config.flaggedLoads)) return [];
  if (draw.chance(LITTLE)) return ['little'];
  if (shape.release < MOVABLE_LOAD_RELEASE) return ['notrap'];
  return draw.pick([['notrap'], ['notrap', 'can_move'], ['notrap', 'can_move'], ['can_move']]);
}

/** A load of a `result`; `type` is the controlling type. */
function emitLoad(
  state: BodyState,
  op: string,
  type: Type,
  result: Type,
  { pointer, offset }: Address,
  extraBytes: number,
): Value {
  const value = newValue(state, result);
  emit(state, {
    kind: 'memory',
    op,
    type,
    results: [value],
    args: [pointer],
    flags: loadFlags(state),
    offset: offset + extraBytes,
  });
  return value;
}

export function loadFrom(state: BodyState, cell: Cell, type: Type, extraBytes = 0): Value {
  return emitLoad(state, 'load', type, type, addressOf(state, cell), extraBytes);
}

/** A load of `type` from `cell`, at any offset that stays inside it. */
export function loadWithin(state: BodyState, cell: Cell, type: Type): Value {
  const slack = state.shape.cellBytes - typeInfo(type).bytes;
  return loadFrom(state, cell, type, slack > 0 ? state.draw.int(0, slack) : 0);
}

const NARROW_BYTES = [1, 2, 4] as const;

/** What compressed accesses of bytes and halfwords reach, in units (RISC-V Zcb, `c.lbu`, `c.lh`), and a little more. */
const LAST_NEARBY = 4;

/** A place of `bytes` near the start of some memory, behind a pointer where there is one. */
export function nearbyPlace(state: BodyState, bytes: number): { readonly cell: Cell; readonly at: number } {
  const { draw, cells, shape } = state;
  const pointed = cells.filter(({ base }) => base.kind === 'pointer');
  const cell = draw.pick(pointed.length > 0 ? pointed : cells);
  const last = Math.min(LAST_NEARBY, Math.floor(shape.cellBytes / bytes) - 1);
  return { cell, at: draw.chance(80) ? bytes * draw.int(0, last) : 0 };
}

/** A load of `bytes` that extends by itself what is there, with its sign or zeros. */
function loadExtending(state: BodyState, op: string, result: Type, bytes: number, type: Type = 'i64'): Value {
  const { cell, at } = nearbyPlace(state, bytes);
  const address = addressOf(state, cell);
  return emitLoad(state, `${state.draw.pick(['u', 's'])}${op}`, type, result, address, at);
}

/** An integer that the load itself extends, most often an i64; its offset is one of those with compressed forms more often than not (RISC-V Zcb, `c.lh`). */
export function loadNarrow(state: BodyState): Value {
  const { draw } = state;
  const bytes = draw.pick(NARROW_BYTES);
  const longer = (['i16', 'i32'] as const).filter((type) => typeInfo(type).bytes > bytes);
  const result = longer.length > 0 && draw.chance(30) ? draw.pick(longer) : 'i64';
  return loadExtending(state, `load${8 * bytes}`, result, bytes, result);
}

const WIDENING: readonly (readonly [string, Type])[] = [
  ['load8x8', 'i16x8'],
  ['load16x4', 'i32x4'],
  ['load32x2', 'i64x2'],
];

/** A vector of which each lane is extended from half of it in memory. */
export function loadWidening(state: BodyState): Value {
  const [op, type] = state.draw.pick(WIDENING);
  return loadExtending(state, op, type, 8);
}

/** Stores the low bits of an i64. */
export function storeNarrow(state: BodyState, value: Value): void {
  const bytes = state.draw.pick(NARROW_BYTES);
  const { cell, at } = nearbyPlace(state, bytes);
  storeTo(state, cell, value, at, `istore${8 * bytes}`);
}
