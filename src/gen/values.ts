import { asInteger, typeInfo, type ScalarType, type Type } from '../clif/type.ts';
import type { Inst, Value } from '../clif/module.ts';
import { constant, emit, newValue, plain, publish, typeOf, type BodyState } from './body-state.ts';
import { canonicalNan, drawBits } from './constants.ts';
import { loadFrom, loadWithin, nearbyPlace } from './memory.ts';
import { conversionsTo, type Conversion } from './conversions.ts';
import { bitcastSources } from './vector-types.ts';

const FLOAT_CONDITIONS = [
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'ord',
  'uno',
  'ueq',
  'one',
  'ult',
  'ule',
  'ugt',
  'uge',
] as const;

/** Of 100 conditions that are no comparison of integers, how many compare floats. */
const FLOAT_COMPARISONS = 25;
/** Of the same, how many compare i128. */
const PAIR_COMPARISONS = 20;
/** Of 100 i8 that are made of something, how many are what a comparison gives. */
const COMPARED = 35;

function anyConstant(state: BodyState, type: Type): Value {
  return constant(state, type, drawBits(state.draw, type, state.config.patternedConstants));
}

/** Reinterprets bits; CLIF wants a byte order where lane counts differ (cranelift-codegen verifier, `bitcast`). */
export function bitcast(state: BodyState, type: Type, value: Value): Value {
  const result = newValue(state, type);
  const flags = typeInfo(type).isVector || typeInfo(typeOf(state, value)).isVector ? ['little'] : [];
  const inst: Inst = {
    kind: 'memory',
    op: 'bitcast',
    type,
    results: [result],
    args: [value],
    flags,
    offset: 0,
  };
  emit(state, inst);
  return result;
}

function pickFrom(state: BodyState, values: readonly Value[]): Value {
  const { draw } = state;
  // Looking for a value that nothing has read yet keeps most of the dataflow alive up to the results.
  for (let tries = 0; tries < 3; tries += 1) {
    const value = draw.pick(values);
    if ((state.useCounts[value] ?? 0) === 0) return value;
  }
  return draw.pick(values);
}

/** A value of `type`: one in scope, a conversion of one, or a constant. */
export function anyValue(state: BodyState, type: Type): Value {
  const values = state.pool.get(type);
  const roll = state.draw.int(0, 99);
  if (values !== undefined && values.length > 0 && roll < 82) return pickFrom(state, values);
  const value =
    roll < 40 || (roll > 90 && values === undefined) ? convertTo(state, type) : anyConstant(state, type);
  publish(state, value);
  return value;
}

/** A value of `type` that an instruction takes as its own: where conversions are drawn at all, one made for it as often as not. */
export function operand(state: BodyState, type: Type): Value {
  if (state.config.otherConversions === 0 || state.draw.chance(50)) return anyValue(state, type);
  return convertTo(state, type);
}

function existing(state: BodyState, type: Type): Value {
  const values = state.pool.get(type);
  return values !== undefined && values.length > 0 ? pickFrom(state, values) : anyConstant(state, type);
}

function loadOrConstant(state: BodyState, type: Type): Value {
  return state.cells.length > 0
    ? loadWithin(state, state.draw.pick(state.cells), type)
    : anyConstant(state, type);
}

function loadNearby(state: BodyState, type: Type): Value {
  const { cell, at } = nearbyPlace(state, typeInfo(type).bytes);
  return loadFrom(state, cell, type, at);
}

/** Of 100 integers of 32 bits that are converted, how many are sums of two: what adds words extends them as well. */
const SUMS = 30;

function extensible(state: BodyState, type: Type): Value {
  if (type !== 'i32' || !state.draw.chance(SUMS)) return existing(state, type);
  return plain(state, 'iadd', type, [existing(state, type), existing(state, type)]);
}

function convert(state: BodyState, type: Type, { op, source }: Conversion): Value {
  const isLoaded = op !== 'bitcast' && state.cells.length > 0 && state.draw.chance(40);
  const value = isLoaded ? loadNearby(state, source) : extensible(state, source);
  return op === 'bitcast' ? bitcast(state, type, value) : plain(state, op, type, [value]);
}

/** Of 100 conversions to an i64, how many are a half of an i128 of which nobody asks the other. */
const HALVES = 15;

function oneHalf(state: BodyState): Value {
  const [low, high] = [newValue(state, 'i64'), newValue(state, 'i64')];
  const args = [existing(state, 'i128')];
  emit(state, { kind: 'plain', op: 'isplit', type: 'i128', results: [low, high], args });
  return state.draw.chance(50) ? low : high;
}

/** Makes a `type` out of a value of another type, through the conversions every riscv64 lowers. */
function convertTo(state: BodyState, type: Type): Value {
  const { draw, config } = state;
  const info = typeInfo(type);
  if (draw.sometimes(config.otherConversions)) {
    if (type === 'i64' && draw.chance(HALVES)) return oneHalf(state);
    if (type === 'i8' && draw.chance(COMPARED)) return compared(state);
    const conversions = conversionsTo(type, state.shape);
    if (conversions.length > 0) return convert(state, type, draw.pick(conversions));
  }
  if (info.isVector) {
    if (draw.chance(30)) return loadOrConstant(state, type);
    if (draw.chance(50)) return splat(state, type, existing(state, info.lane));
    const source = draw.pick(bitcastSources(type));
    return source === type ? existing(state, type) : bitcast(state, type, existing(state, source));
  }
  switch (type) {
    case 'i8':
    case 'i16':
    case 'i32':
      return plain(state, 'ireduce', type, [existing(state, 'i64')]);
    case 'i64':
      return plain(state, draw.pick(['uextend', 'sextend']), 'i64', [
        existing(state, draw.pick(['i8', 'i16', 'i32'])),
      ]);
    case 'i128':
      return plain(state, 'iconcat', 'i64', [existing(state, 'i64'), existing(state, 'i64')], 'i128');
    case 'f128':
      return loadOrConstant(state, type);
    default:
      return bitcast(state, type, existing(state, asInteger(type)));
  }
}

export function splat(state: BodyState, type: Type, lane: Value): Value {
  return plain(state, 'splat', type, [lane]);
}

export function laneOf(type: Type): ScalarType {
  return typeInfo(type).lane;
}

/**
 * Replaces NaNs by the canonical one. Which NaN an operation makes is not specified (CLIF's `fadd` and the like),
 * so nothing may see its bits before this.
 */
export function canonicalise(state: BodyState, value: Value): Value {
  const type = typeOf(state, value);
  const info = typeInfo(type);
  const integer = asInteger(type);
  const unordered = newValue(state, info.isVector ? integer : 'i8');
  emit(state, { kind: 'compare', op: 'fcmp', type, results: [unordered], args: [value, value], cond: 'uno' });
  if (!info.isVector) {
    const nan = constant(state, type, canonicalNan(info.bits));
    return plain(state, 'select', type, [unordered, nan, value]);
  }
  const lane = constant(state, info.lane, canonicalNan(info.laneBits));
  const nan = splat(state, type, lane);
  const mask = bitcast(state, type, unordered);
  return plain(state, 'bitselect', type, [mask, nan, value]);
}

/** A comparison of integers: 0 or 1, never a constant. */
export function comparison(state: BodyState): Value {
  return compareIntegers(state, state.draw.pick(['i8', 'i16', 'i32', 'i64'] as const));
}

function compareIntegers(state: BodyState, type: Type): Value {
  const { draw } = state;
  const result = newValue(state, 'i8');
  const cond = draw.pick(['eq', 'ne', 'slt', 'sge', 'sgt', 'sle', 'ult', 'uge', 'ugt', 'ule']);
  const args = [anyValue(state, type), anyValue(state, type)];
  emit(state, { kind: 'compare', op: 'icmp', type, results: [result], args, cond });
  return result;
}

/** What a branch, a select or a trap asks: a comparison of integers, or for some cases one of floats or of i128, or whether an integer is zero. */
export function condition(state: BodyState): Value {
  const { draw, config } = state;
  if (!draw.sometimes(config.otherConditions)) return comparison(state);
  const other = otherComparison(state);
  if (other !== null) return other;
  const type = draw.pick(['i8', 'i8', 'i16', 'i32', 'i64', 'i128'] as const);
  const value = operand(state, type);
  if (draw.chance(50)) return value;
  // Zero as often as not, whatever lies above it in its register.
  const last = constant(state, 'i8', BigInt(typeInfo(type).bits - 1));
  return plain(state, 'ishl', type, [value, last]);
}

/** A comparison of floats or of i128, for some conditions; else null. */
function otherComparison(state: BodyState): Value | null {
  const { draw } = state;
  if (!draw.chance(FLOAT_COMPARISONS))
    return draw.chance(PAIR_COMPARISONS) ? compareIntegers(state, 'i128') : null;
  const type = draw.pick(['f32', 'f64'] as const);
  const result = newValue(state, 'i8');
  const args = [anyValue(state, type), anyValue(state, type)];
  const cond = draw.pick(FLOAT_CONDITIONS);
  emit(state, { kind: 'compare', op: 'fcmp', type, results: [result], args, cond });
  return result;
}

/** What any comparison gives, as a value. */
function compared(state: BodyState): Value {
  return otherComparison(state) ?? comparison(state);
}
