import type { Value } from '../clif/module.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { addSlot, constant, plain, type BodyState, type Cell } from './body-state.ts';
import { loadWithin, pointerTo, storeTo } from './memory.ts';
import { HALF_AND_QUAD_RELEASE, memoryBytes, SLOT_ALIGNMENT_RELEASE } from './plan.ts';
import { pickWeighted } from './weighted.ts';
import { anyValue } from './values.ts';

/** Fills a cell whole, so that any load from it afterwards reads defined bytes. */
function initialise(state: BodyState, cell: Cell): void {
  const { draw, shape } = state;
  const { cellBytes } = shape;
  if (cellBytes > 16 && draw.chance(60)) {
    storeTo(state, cell, anyValue(state, cellBytes === 32 ? 'i32x8' : 'i64x8'));
    return;
  }
  const scalars: readonly Type[] = shape.release >= HALF_AND_QUAD_RELEASE ? ['i128', 'f128'] : ['i128'];
  const wide: readonly Type[] = shape.hasVectors ? [...scalars, 'i8x16', 'i64x2'] : scalars;
  for (let at = 0; at < cellBytes; at += 16) {
    if (draw.chance(40)) {
      storeTo(state, cell, anyValue(state, draw.pick(wide)), at);
    } else {
      storeTo(state, cell, anyValue(state, draw.pick(['i64', 'f64'] as const)), at);
      storeTo(state, cell, anyValue(state, 'i64'), at + 8);
    }
  }
}

/** sp is aligned to this (RISC-V psABI, "Integer Calling Convention"), and a slot to no more: its frame begins at sp. */
const STACK_ALIGN_BYTES = 16;
/** Percent of slots that tell. */
const ALIGNMENT_SHOWN = 15;

/** Puts into `cell` the low bits of the slot's address that its alignment makes zero. */
function showAlignment(state: BodyState, slot: number, alignBytes: number, cell: Cell): void {
  const mask = Math.min(alignBytes, STACK_ALIGN_BYTES) - 1;
  const address = pointerTo(state, { base: { kind: 'slot', slot }, offset: 0 });
  storeTo(state, cell, plain(state, 'band', 'i64', [address, constant(state, 'i64', BigInt(mask))]));
}

/** A new stack slot with one or two initialised cells; two that touch make a region other functions can be given. */
export function addMemory(state: BodyState): Cell {
  const { draw } = state;
  const { cellBytes } = state.shape;
  const range = pickWeighted(draw, state.config.slotSizes);
  const size = Math.max(draw.int(range.min, range.max), cellBytes);
  const isAligned = state.shape.release >= SLOT_ALIGNMENT_RELEASE;
  const isFar = isAligned && draw.sometimes(state.config.farAlignments);
  const alignBytes = isFar
    ? draw.pick([128, 256, 4096])
    : draw.pick(isAligned ? [1, 1, 8, 16, 16, 32, 64] : [1, 8]);
  const slot = addSlot(state, size, alignBytes);
  const last = size - cellBytes;
  const offset = draw.pick([0, 0, last, draw.int(0, last), draw.int(0, last) & ~7]);
  const first: Cell = { base: { kind: 'slot', slot }, offset };
  initialise(state, first);
  if (isFar || (alignBytes > 1 && draw.chance(ALIGNMENT_SHOWN)))
    showAlignment(state, slot, alignBytes, first);
  state.cells.push(first);
  if (offset + memoryBytes(state.shape) <= size) {
    const second: Cell = { base: first.base, offset: offset + cellBytes };
    initialise(state, second);
    state.cells.push(second);
    state.regions.push(first);
  }
  return first;
}

/** A pointer to `memoryBytes` initialised bytes, to pass on. */
export function anyRegion(state: BodyState): Value {
  for (let tries = 0; tries < 3; tries += 1) {
    if (state.regions.length > 0 && state.draw.chance(80))
      return pointerTo(state, state.draw.pick(state.regions));
    addMemory(state);
  }
  const slot = addSlot(state, memoryBytes(state.shape), 16);
  const region: Cell = { base: { kind: 'slot', slot }, offset: 0 };
  const second: Cell = { base: region.base, offset: state.shape.cellBytes };
  initialise(state, region);
  initialise(state, second);
  state.cells.push(region, second);
  state.regions.push(region);
  return pointerTo(state, region);
}

function anyCell(state: BodyState): Cell {
  if (state.cells.length === 0 || state.draw.chance(12)) return addMemory(state);
  return state.draw.pick(state.cells);
}

/** A load of `type` from any initialised place. */
export function loadAny(state: BodyState, type: Type): Value {
  return loadWithin(state, anyCell(state), type);
}

export function storeAny(state: BodyState, value: Value): void {
  const type = state.valueTypes[value];
  if (type === undefined) throw new RangeError(`v${value} has no type yet`);
  const slack = state.shape.cellBytes - typeInfo(type).bytes;
  storeTo(state, anyCell(state), value, slack > 0 ? state.draw.int(0, slack) : 0);
}

/** Loads a value of `type` and stores it elsewhere at once. */
export function copyAny(state: BodyState, type: Type): void {
  storeAny(state, loadAny(state, type));
}
