import { valueClassOf } from '../clif/type.ts';
import { addSlot, typeOf, type BodyState, type Cell } from './body-state.ts';
import { checksumOf, fold } from './checksum.ts';
import { loadFrom, storeTo } from './memory.ts';

/**
 * Some of the time, just before a call: folds the integers in scope, forgets them, and puts the checksum into a slot, so that
 * none is live across the call. Gives the slot, or null. Only outside of branches and loops, whose scopes have to be unwound.
 */
export function putAway(state: BodyState): Cell | null {
  const { callsWithoutIntegers } = state.config;
  if (callsWithoutIntegers === 0 || state.depth > 0 || !state.draw.chance(callsWithoutIntegers)) return null;
  const isInteger = (value: number): boolean => valueClassOf(typeOf(state, value)) === 'int';
  for (const value of state.scope) if (isInteger(value) && state.useCounts[value] === 0) fold(state, value);
  const others = state.scope.filter((value) => !isInteger(value));
  state.scope.splice(0, state.scope.length, ...others);
  for (const type of state.pool.keys()) if (valueClassOf(type) === 'int') state.pool.delete(type);
  state.functionPointers.length = 0;
  const cell: Cell = { base: { kind: 'slot', slot: addSlot(state, 8, 8) }, offset: 0 };
  storeTo(state, cell, checksumOf(state));
  return cell;
}

/** Loads the checksum that `putAway` left in `cell`. */
export function fetchBack(state: BodyState, cell: Cell | null): void {
  if (cell !== null) state.checksum = loadFrom(state, cell, 'i64');
}
