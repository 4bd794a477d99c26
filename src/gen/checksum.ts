import type { Value } from '../clif/module.ts';
import { typeInfo, vectorOf, type Type } from '../clif/type.ts';
import { constant, emit, newValue, plain, typeOf, type BodyState } from './body-state.ts';
import { loadFrom } from './memory.ts';
import { bitcast } from './values.ts';

/** Odd, so that multiplying by it loses nothing (the 64-bit golden ratio). */
const FACTOR = 0x9e3779b97f4a7c15n;

function mix(state: BodyState, word: Value): void {
  if (state.checksum === null || state.checksumFactor === null) {
    state.checksum = word;
    return;
  }
  // Multiplying tells orders apart; doing it every time would double the code for little.
  const scaled = state.draw.chance(35)
    ? plain(state, 'imul', 'i64', [state.checksum, factorOf(state, state.checksumFactor)])
    : state.checksum;
  state.checksum = plain(state, state.draw.pick(['bxor', 'iadd', 'isub']), 'i64', [scaled, word]);
}

/** Made again where it must not be live across calls. */
function factorOf(state: BodyState, made: Value): Value {
  return state.config.callsWithoutIntegers > 0 ? constant(state, 'i64', FACTOR) : made;
}

function extractWord(state: BodyState, type: Type, vector: Value, lane: number): Value {
  const result = newValue(state, 'i64');
  emit(state, { kind: 'lane', op: 'extractlane', type, results: [result], args: [vector], lane });
  return result;
}

function foldVector(state: BodyState, vector: Value, bits: number): void {
  switch (bits) {
    case 16:
      mix(state, plain(state, 'uextend', 'i64', [bitcast(state, 'i16', vector)]));
      return;
    case 32:
      mix(state, plain(state, 'uextend', 'i64', [bitcast(state, 'i32', vector)]));
      return;
    case 64:
      mix(state, bitcast(state, 'i64', vector));
      return;
    default: {
      const lanes = bits / 64;
      const type = vectorOf('i64', lanes);
      const words = typeOf(state, vector) === type ? vector : bitcast(state, type, vector);
      for (let lane = 0; lane < lanes; lane += 1) mix(state, extractWord(state, type, words, lane));
    }
  }
}

/**
 * Some of the time the negation instead: moves do not look at the ones above a narrow float, arithmetic takes a value
 * without them for NaN (RISC-V unprivileged specification, "NaN Boxing of Narrower Values"), and this one keeps all bits.
 */
function checkBox(state: BodyState, value: Value): Value {
  const type = typeOf(state, value);
  const canNegate = type !== 'f16' || state.shape.hasHalfArithmetic;
  return canNegate && state.draw.chance(30) ? plain(state, 'fneg', type, [value]) : value;
}

/** Mixes every bit of `value` into the running checksum. */
export function fold(state: BodyState, value: Value): void {
  const type = typeOf(state, value);
  const info = typeInfo(type);
  if (info.isVector) {
    foldVector(state, value, info.bits);
    return;
  }
  switch (type) {
    case 'i64':
      mix(state, value);
      return;
    case 'i8':
    case 'i16':
    case 'i32':
      mix(state, plain(state, 'uextend', 'i64', [value]));
      return;
    case 'f16':
      mix(state, plain(state, 'uextend', 'i64', [bitcast(state, 'i16', checkBox(state, value))]));
      return;
    case 'f32':
      mix(state, plain(state, 'uextend', 'i64', [bitcast(state, 'i32', checkBox(state, value))]));
      return;
    case 'f64':
      mix(state, bitcast(state, 'i64', value));
      return;
    case 'i128':
    case 'f128': {
      const joined = type === 'i128' ? value : bitcast(state, 'i128', value);
      const low = newValue(state, 'i64');
      const high = newValue(state, 'i64');
      emit(state, { kind: 'plain', op: 'isplit', type: 'i128', results: [low, high], args: [joined] });
      mix(state, low);
      mix(state, high);
      return;
    }
    default:
      throw new RangeError(`no way to fold ${type}`);
  }
}

/** Folds what was defined since `from` and nothing has read, so that a wrong value cannot go unseen. */
export function foldUnused(state: BodyState, from: number): void {
  for (let i = from; i < state.scope.length; i += 1) {
    const value = state.scope[i];
    if (value === undefined || (state.useCounts[value] ?? 0) > 0) continue;
    if (state.draw.chance(92)) fold(state, value);
  }
}

/** Folds what memory holds in the end. */
export function foldCells(state: BodyState): void {
  for (const cell of state.cells) {
    if (!state.draw.chance(60)) continue;
    for (let at = 0; at < state.shape.cellBytes; at += 8) mix(state, loadFrom(state, cell, 'i64', at));
  }
}

/** The checksum, made on demand; the factor must dominate every use, so this runs in the entry block first. */
export function startChecksum(state: BodyState): void {
  state.checksumFactor = constant(state, 'i64', FACTOR);
  state.checksum = state.checksumFactor;
}

export function checksumOf(state: BodyState): Value {
  if (state.checksum === null) throw new RangeError('the checksum is not started');
  return state.checksum;
}
