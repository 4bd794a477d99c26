import type { Value } from '../clif/module.ts';
import { reshapeType, typeInfo, valueClassOf, type Type } from '../clif/type.ts';
import { constant, emit, icmp, newValue, plain, publish, type BodyState } from './body-state.ts';
import type { Weighted } from './config.ts';
import { loadWithin } from './memory.ts';
import { pickWeighted } from './weighted.ts';
import { anyValue, canonicalise, condition, laneOf, operand, splat } from './values.ts';

const INTEGER_BINARY = ['iadd', 'isub', 'imul', 'band', 'bor', 'bxor'] as const;
const INTEGER_SHIFT = ['ishl', 'ushr', 'sshr', 'rotl', 'rotr'] as const;
const INTEGER_UNARY = ['bnot', 'ineg'] as const;
const VECTOR_BINARY = ['iadd', 'isub', 'band', 'bor', 'bxor', 'umin', 'smax'] as const;
const FLOAT_BINARY = ['fadd', 'fsub', 'fmul', 'fdiv'] as const;

function choice(state: BodyState, type: Type): Value {
  return plain(state, 'select', type, [condition(state), anyValue(state, type), anyValue(state, type)]);
}

/** All ones or none, or a choice that no branch may be made of. */
function masked(state: BodyState, type: Type): Value {
  const asked = state.draw.chance(40)
    ? condition(state)
    : operand(state, state.draw.pick(['i8', 'i16', 'i32', 'i64'] as const));
  if (state.draw.chance(type === 'i128' ? 20 : 50)) return plain(state, 'bmask', type, [asked]);
  return plain(state, 'select_spectre_guard', type, [asked, anyValue(state, type), anyValue(state, type)]);
}

/** Of 100 choices between two integers, how many are of whole registers, which nothing extends first. */
const WHOLE = 60;

/** The greater or smaller of two, or the other one; of `drawn` or a type of its own. */
function oneOfTwo(state: BodyState, drawn: Type): Value {
  const { draw } = state;
  const type = draw.chance(WHOLE) ? 'i64' : drawn;
  const [a, b] = [anyValue(state, type), anyValue(state, type)];
  const isFirst = icmp(state, draw.pick(['slt', 'sgt', 'ult', 'ugt', 'sle', 'uge', 'eq']), type, a, b);
  return plain(state, 'select', type, draw.chance(50) ? [isFirst, a, b] : [isFirst, b, a]);
}

function integerOperation(state: BodyState, type: Type): Value {
  const { draw, config } = state;
  if (draw.sometimes(config.zeroMasks)) return masked(state, type);
  if (draw.sometimes(config.extremes)) return oneOfTwo(state, type);
  const kind = draw.int(0, 9);
  if (kind < 6)
    return plain(state, draw.pick(INTEGER_BINARY), type, [anyValue(state, type), anyValue(state, type)]);
  if (kind < 7) return plain(state, draw.pick(INTEGER_UNARY), type, [anyValue(state, type)]);
  if (kind < 8) {
    const amount = draw.chance(50) ? constant(state, 'i8', BigInt(draw.int(0, 127))) : anyValue(state, 'i8');
    return plain(state, draw.pick(INTEGER_SHIFT), type, [anyValue(state, type), amount]);
  }
  return plain(state, 'select', type, [condition(state), operand(state, type), operand(state, type)]);
}

function floatOperation(state: BodyState, type: Type): Value {
  const { draw, shape } = state;
  const canCompute = type !== 'f128' && (type !== 'f16' || shape.hasHalfArithmetic);
  if (!canCompute) {
    return choice(state, type);
  }
  const kind = draw.int(0, 9);
  if (kind < 4) {
    const args = [anyValue(state, type), anyValue(state, type)];
    return canonicalise(state, plain(state, draw.pick(FLOAT_BINARY), type, args));
  }
  if (kind < 6) return plain(state, draw.pick(['fneg', 'fabs']), type, [anyValue(state, type)]);
  if (kind < 7) return plain(state, 'fcopysign', type, [anyValue(state, type), anyValue(state, type)]);
  if (kind < 8) return canonicalise(state, plain(state, 'sqrt', type, [anyValue(state, type)]));
  if (kind < 9 && type !== 'f16') return plain(state, 'fcvt_from_sint', type, [anyValue(state, 'i64')]);
  return choice(state, type);
}

const WIDEN = ['swiden_low', 'swiden_high', 'uwiden_low', 'uwiden_high'] as const;
const NARROW = ['snarrow', 'unarrow', 'uunarrow'] as const;

/** Of 100 changes of width, how many make lanes narrower, and of these, how many come right behind a load. */
const NARROWINGS = 70;
const LOADED_AHEAD = 70;

/** Lanes (cranelift-codegen-meta `shared/instructions.rs`, `snarrow`). */
const MOST_NARROWED = 8;

/** Integer lanes of half the width and twice as many; null where CLIF has none. */
function narrowed(state: BodyState, type: Type): Value | null {
  const { draw, cells } = state;
  const { laneBits, lanes } = typeInfo(type);
  const canNarrow = laneBits > 8 && lanes <= MOST_NARROWED;
  const narrow = canNarrow ? reshapeType(type, laneBits / 2, 2 * lanes) : null;
  if (narrow === null) return null;
  const args = [anyValue(state, type), anyValue(state, type)];
  // Half as long a vector has the lanes and the width that each half of this is narrowed with, but in a whole register.
  const half = reshapeType(type, laneBits / 2, lanes);
  if (half !== null && cells.length > 0 && draw.chance(LOADED_AHEAD))
    publish(state, loadWithin(state, draw.pick(cells), half));
  return plain(state, draw.pick(NARROW), type, args, narrow);
}

/** Integer lanes of twice the width and half as many; null where CLIF has none. */
function widened(state: BodyState, type: Type): Value | null {
  const { laneBits, lanes } = typeInfo(type);
  const wide = laneBits < 64 && lanes > 2 ? reshapeType(type, 2 * laneBits, lanes / 2) : null;
  return wide === null ? null : plain(state, state.draw.pick(WIDEN), type, [anyValue(state, type)], wide);
}

/** Bytes in another order, by constants or a value, or a scalar in the first lane alone. */
function rearranged(state: BodyState, type: Type): Value {
  const { draw } = state;
  if (type !== 'i8x16' || draw.chance(40)) {
    const lane = laneOf(type);
    const scalar = draw.chance(50) ? constant(state, lane, BigInt(draw.int(0, 15))) : anyValue(state, lane);
    return plain(state, 'scalar_to_vector', type, [scalar]);
  }
  const args = [anyValue(state, type), anyValue(state, type)];
  const result = newValue(state, type);
  if (draw.chance(50)) {
    emit(state, { kind: 'plain', op: 'swizzle', type: null, results: [result], args });
    return result;
  }
  const mask = Array.from({ length: 16 }, () => draw.int(0, 31));
  emit(state, { kind: 'shuffle', op: 'shuffle', type: null, results: [result], args, mask });
  return result;
}

function vectorOperation(state: BodyState, type: Type): Value {
  const { draw, config } = state;
  const info = typeInfo(type);
  if (!info.isFloat && draw.sometimes(config.rearrangements)) return rearranged(state, type);
  if (!info.isFloat && draw.sometimes(config.laneWidths)) {
    const value = draw.chance(NARROWINGS) ? narrowed(state, type) : widened(state, type);
    if (value !== null) return value;
  }
  if (draw.sometimes(config.vectorChoices)) return choice(state, type);
  const kind = draw.int(0, 9);
  if (kind < 2) return splat(state, type, anyValue(state, laneOf(type)));
  if (kind < 4) {
    const result = newValue(state, type);
    const args = [anyValue(state, type), anyValue(state, laneOf(type))];
    const lane = draw.int(0, info.lanes - 1);
    emit(state, { kind: 'lane', op: 'insertlane', type, results: [result], args, lane });
    return result;
  }
  if (kind < 6) {
    const result = newValue(state, laneOf(type));
    const lane = draw.int(0, info.lanes - 1);
    emit(state, {
      kind: 'lane',
      op: 'extractlane',
      type,
      results: [result],
      args: [anyValue(state, type)],
      lane,
    });
    return result;
  }
  if (!info.isFloat) {
    return plain(state, draw.pick(VECTOR_BINARY), type, [anyValue(state, type), anyValue(state, type)]);
  }
  if (kind < 8) return plain(state, draw.pick(['fneg', 'fabs']), type, [anyValue(state, type)]);
  const args = [anyValue(state, type), anyValue(state, type)];
  return canonicalise(state, plain(state, draw.pick(['fadd', 'fsub', 'fmul']), type, args));
}

/** One operation on values in scope; its result joins them. */
export function arithmetic(state: BodyState): void {
  const type = pickWeighted(state.draw, state.shape.types);
  const info = typeInfo(type);
  const value = info.isVector
    ? vectorOperation(state, type)
    : info.isFloat
      ? floatOperation(state, type)
      : integerOperation(state, type);
  publish(state, value);
}

/** Many values of one register class at once, none of them read before the end of the scope. */
export function pressure(state: BodyState): void {
  const { draw, config } = state;
  const type = pickWeighted(draw, pressureTypes(state));
  const count = draw.int(config.pressureValues.min, config.pressureValues.max);
  const step = anyValue(state, type);
  for (let i = 0; i < count; i += 1) {
    const value = typeInfo(type).isFloat
      ? halfwayNew(state, type, i)
      : plain(state, 'iadd', type, [step, anyValue(state, type)]);
    publish(state, value);
  }
}

function pressureTypes({ config, shape }: BodyState): readonly Weighted<Type>[] {
  const { pressureClasses } = config;
  if (pressureClasses.length === 0) return shape.types;
  const types = shape.types.filter(({ item }) => pressureClasses.includes(valueClassOf(item)));
  return types.length > 0 ? types : shape.types;
}

/** A float value that depends on others by moves alone, so that its bits stay exact. */
function halfwayNew(state: BodyState, type: Type, turn: number): Value {
  const source = anyValue(state, type);
  if (type === 'f128') return constant(state, type, BigInt(turn + 1) << 100n);
  if (type === 'f16' && !state.shape.hasHalfArithmetic) return constant(state, type, BigInt(turn + 1));
  return plain(state, turn % 2 === 0 ? 'fneg' : 'fabs', type, [source]);
}
