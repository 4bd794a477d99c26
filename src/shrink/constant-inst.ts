import type { Inst, Value } from '../clif/module.ts';
import type { Type } from '../clif/type.ts';
import { asInteger, bitMask, typeInfo, vectorOf } from '../clif/type.ts';

const SCALAR_CONST: Readonly<Record<string, string>> = {
  i8: 'iconst',
  i16: 'iconst',
  i32: 'iconst',
  i64: 'iconst',
  f16: 'f16const',
  f32: 'f32const',
  f64: 'f64const',
  f128: 'f128const',
};

/** `f64const`, `iconst`, `vconst`: the opcode that makes a constant of `type` alone, null where CLIF has none (i128, wide vectors). */
export function constantOp(type: Type): string | null {
  const info = typeInfo(type);
  if (info.isVector) return info.bits <= 128 && SCALAR_CONST[info.lane] !== undefined ? 'vconst' : null;
  return SCALAR_CONST[info.lane] ?? null;
}

export function unary(op: string, type: Type, result: Value, arg: Value): Inst {
  return { kind: 'plain', op, type, results: [result], args: [arg] };
}

export function bitcastTo(type: Type, result: Value, arg: Value): Inst {
  return {
    kind: 'memory',
    op: 'bitcast',
    type,
    results: [result],
    args: [arg],
    flags: ['little'],
    offset: 0,
  };
}

/**
 * The instructions that make `bits` of `type`, the last one giving the value. i128 is two halves joined, vectors past 128 bits
 * are a splat, so there only the low lane's bits count.
 */
export function constantInsts(type: Type, bits: bigint, fresh: (type: Type) => Value): readonly Inst[] {
  const op = constantOp(type);
  if (op !== null) {
    // The float constants' opcodes say their type already.
    const controlling = op === 'iconst' || op === 'vconst' ? type : null;
    return [{ kind: 'const', op, type: controlling, results: [fresh(type)], args: [], bits }];
  }
  const info = typeInfo(type);
  if (info.isVector) {
    const lane = constantInsts(info.lane, bits & bitMask(info.laneBits), fresh);
    const scalar = lane.at(-1)?.results[0] ?? 0;
    return [...lane, unary('splat', type, fresh(type), scalar)];
  }
  const low: Inst = {
    kind: 'const',
    op: 'iconst',
    type: 'i64',
    results: [fresh('i64')],
    args: [],
    bits: bits & bitMask(64),
  };
  const lowValue = low.results[0] ?? 0;
  const highBits = bits >> 64n;
  if (highBits === 0n) return [low, unary('uextend', type, fresh(type), lowValue)];
  const high: Inst = { ...low, results: [fresh('i64')], bits: highBits };
  const join: Inst = {
    kind: 'plain',
    op: 'iconcat',
    type: 'i64',
    results: [fresh(type)],
    args: [lowValue, high.results[0] ?? 0],
  };
  return [low, high, join];
}

/**
 * The instructions that make a `to` out of `value`, the last one giving it. Integers extend with zeros or are cut, floats go as
 * their bits, vectors through their low 64 bits. Empty when the types are equal.
 */
export function conversionInsts(
  value: Value,
  from: Type,
  to: Type,
  fresh: (type: Type) => Value,
): readonly Inst[] {
  if (from === to) return [];
  const source = typeInfo(from);
  const target = typeInfo(to);
  const isPlainInt = !source.isVector && !source.isFloat;
  if (source.bits === target.bits && !(isPlainInt && !target.isVector && !target.isFloat)) {
    return [bitcastTo(to, fresh(to), value)];
  }
  const chain = (middle: Type): readonly Inst[] => {
    const first = conversionInsts(value, from, middle, fresh);
    const last = first.at(-1)?.results[0] ?? value;
    return [...first, ...conversionInsts(last, middle, to, fresh)];
  };
  if (source.isVector) {
    if (from === vectorOf('i64', source.bits / 64)) {
      const low: Inst = {
        kind: 'lane',
        op: 'extractlane',
        type: from,
        results: [fresh('i64')],
        args: [value],
        lane: 0,
      };
      return [low, ...conversionInsts(low.results[0] ?? 0, 'i64', to, fresh)];
    }
    if (source.bits > 64) return chain(vectorOf('i64', source.bits / 64));
    return chain(source.bits === 64 ? 'i64' : source.bits === 32 ? 'i32' : 'i16');
  }
  if (source.isFloat) return chain(asInteger(from));
  if (target.isVector) {
    if (to === vectorOf('i64', target.bits / 64)) {
      const low = from === 'i64' ? [] : conversionInsts(value, from, 'i64', fresh);
      return [...low, unary('scalar_to_vector', to, fresh(to), low.at(-1)?.results[0] ?? value)];
    }
    if (target.bits > 64) return chain(vectorOf('i64', target.bits / 64));
    return chain(target.bits === 64 ? 'i64' : target.bits === 32 ? 'i32' : 'i16');
  }
  if (target.isFloat) return chain(asInteger(to));
  return [unary(source.bits < target.bits ? 'uextend' : 'ireduce', to, fresh(to), value)];
}
