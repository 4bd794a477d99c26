import type { Value } from '../clif/module.ts';
import type { Type } from '../clif/type.ts';
import { emit, funcRefFor, newValue, planAt, publish, type BodyState, type Cell } from './body-state.ts';
import { addressThrough, argumentsFor, charge } from './call-parts.ts';
import { tryOdds } from './exceptions.ts';
import { loadFrom, storeTo } from './memory.ts';
import { fetchBack, putAway } from './put-away.ts';
import { canTry, tryCall } from './try-calls.ts';
import { anyValue } from './values.ts';
import { viewOf, type View } from './views.ts';

/** Releases with `patchable` functions. */
const PATCHABLE_RELEASE = 128;

/** A patchable function is colocated and gives nothing back (verifier, `verify_call`). */
function drawPatchable(state: BodyState, view: View, colocated: boolean): boolean {
  const { shape, config, draw } = state;
  const isPossible = colocated && view.signature.returns.length === 0 && shape.release >= PATCHABLE_RELEASE;
  return isPossible && draw.chance(config.patchableCalls);
}

/** Emits a call with arguments that are ready, in one of the ways CLIF has; its results join the scope. */
export function emitCall(state: BodyState, target: number, view: View, args: readonly Value[]): void {
  const { draw, config } = state;
  const isIndirect = draw.chance(config.indirectCalls);
  const isTry = canTry(state, view.signature.callConv) && draw.chance(tryOdds(state));
  if (isIndirect) {
    const address = addressThrough(state, target);
    if (isTry) {
      tryCall(state, { kind: 'indirect', address }, view, args);
      return;
    }
    const stored = putAway(state);
    const results = view.signature.returns.map((r) => newValue(state, r.type));
    emit(state, {
      kind: 'call_indirect',
      op: 'call_indirect',
      type: 'i64',
      results,
      args: [address, ...args],
      sig: view.sig,
    });
    for (const result of results) publish(state, result);
    fetchBack(state, stored);
    return;
  }
  const colocated = draw.chance(config.colocatedCalls);
  const func = funcRefFor(state, target, view.sig, colocated, drawPatchable(state, view, colocated));
  if (isTry) {
    tryCall(state, { kind: 'direct', func }, view, args);
    return;
  }
  const stored = putAway(state);
  const results = view.signature.returns.map((r) => newValue(state, r.type));
  emit(state, { kind: 'call', op: 'call', type: null, results, args, func });
  for (const result of results) publish(state, result);
  fetchBack(state, stored);
}

/** The memory that goes along with a call, for some calls. */
function fencedCell(state: BodyState, target: number, args: readonly Value[]): Cell | null {
  const { draw, config } = state;
  if (!draw.sometimes(config.fencedCalls)) return null;
  const pointer = args[planAt(state, target).roles.findIndex(({ kind }) => kind === 'memory')];
  return pointer === undefined ? null : { base: { kind: 'pointer', value: pointer }, offset: 0 };
}

/** Gives the type of the load behind the call. */
function beginFence(state: BodyState, cell: Cell): Type {
  const { draw, config } = state;
  const hasLoads = draw.sometimes(config.fencedLoads);
  if (!hasLoads) {
    storeTo(state, cell, anyValue(state, 'i64'));
    return 'i64';
  }
  const type = draw.pick(['i64', 'i64', 'i32', 'i16', 'i8'] as const);
  publish(state, loadFrom(state, cell, type));
  return type;
}

/**
 * Calls the function planned at `target`. Some calls stand between a store or load and a load of memory that the callee writes, which an optimiser
 * must not take for the same.
 */
export function call(state: BodyState, target: number): void {
  const view = viewOf(state, target);
  const args = argumentsFor(state, target, view);
  const cell = fencedCell(state, target, args);
  const after = cell === null ? null : beginFence(state, cell);
  emitCall(state, target, view, args);
  if (cell !== null && after !== null) publish(state, loadFrom(state, cell, after));
  charge(state, target);
}
