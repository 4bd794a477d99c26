import type { Value } from '../clif/module.ts';
import type { Type } from '../clif/type.ts';
import { typeInfo } from '../clif/type.ts';
import { constant, emit, newValue, plain, type BodyState } from './body-state.ts';
import { checksumOf, fold, foldCells, foldUnused } from './checksum.ts';
import { drawBits } from './constants.ts';
import { storeTo } from './memory.ts';
import { tailCall, tailCallTargets } from './tail-calls.ts';
import { trapOut } from './trap-out.ts';
import { anyValue, bitcast, laneOf, splat } from './values.ts';

/** Of 100 ways out of a function with vectors, how many end in a vector operation of any length. */
const LAST_VECTOR = 25;

/** The checksum as a value of `type`, or null where it does not fit a conversion. */
function checksumAs(state: BodyState, type: Type): Value | null {
  const checksum = checksumOf(state);
  switch (type) {
    case 'i64':
      return checksum;
    case 'i8':
    case 'i16':
    case 'i32':
      return plain(state, 'ireduce', type, [checksum]);
    case 'i128':
      return plain(state, 'iconcat', 'i64', [anyValue(state, 'i64'), checksum], 'i128');
    case 'f64':
      return bitcast(state, 'f64', checksum);
    default:
      return null;
  }
}

/** Sets another vector length and type than whoever comes next expects. */
function lastVectorOperation(state: BodyState): void {
  const vectors = state.shape.types.filter(({ item }) => typeInfo(item).isVector);
  if (vectors.length === 0) return;
  const type = state.draw.pick(vectors).item;
  const lane = newValue(state, laneOf(type));
  const vector = splat(state, type, anyValue(state, laneOf(type)));
  emit(state, { kind: 'lane', op: 'extractlane', type, results: [lane], args: [vector], lane: 1 });
  fold(state, lane);
}

/** Where to leave to. */
function drawTarget(state: BodyState, targets: readonly number[]): number {
  const { draw, config } = state;
  const others = targets.filter((target) => !state.leftTo.has(target));
  const isOther = others.length > 0 && draw.sometimes(config.otherTargets);
  const target = draw.pick(isOther ? others : targets);
  state.leftTo.add(target);
  return target;
}

/** Ends the block by a return or, where there is a function to leave to, a tail call; by a trap in a function that only traps. */
export function leaveFunction(state: BodyState): void {
  const targets = tailCallTargets(state);
  foldUnused(state, 0);
  foldCells(state);
  if (state.shape.hasVectors && state.draw.chance(LAST_VECTOR)) lastVectorOperation(state);
  if (state.plan.endsInTrap) {
    trapOut(state);
    return;
  }
  if (targets.length > 0 && state.draw.chance(state.config.tailCalls)) {
    tailCall(state, drawTarget(state, targets));
    return;
  }
  const { returns } = state.plan.signature;
  const carriers = returns.flatMap((r, i) =>
    ['i64', 'i128', 'f64', 'i32', 'i16', 'i8'].includes(r.type) ? [i] : [],
  );
  const words = carriers.filter((i) => returns[i]?.type === 'i64');
  const carrier = words.length > 0 ? state.draw.pick(words) : (carriers[0] ?? null);
  const region = state.cells.find((c) => c.base.kind === 'pointer');
  if (region !== undefined) storeTo(state, region, checksumOf(state));
  const results = returns.map(
    (r, i) => (i === carrier ? checksumAs(state, r.type) : null) ?? anyValue(state, r.type),
  );
  emit(state, { kind: 'plain', op: 'return', type: null, results: [], args: results });
}

/** Ends the block by a return of constants: the function reads nothing of what it was given. */
export function returnConstants(state: BodyState): void {
  const { draw, plan } = state;
  const results = plan.signature.returns.map(({ type }) => constant(state, type, drawBits(draw, type)));
  emit(state, { kind: 'plain', op: 'return', type: null, results: [], args: results });
}
