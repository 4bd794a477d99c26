import { describe, expect, it } from 'vitest';
import { SCALAR_TYPES, typeInfo, type ScalarType, type Type } from '../clif/type.ts';
import { boundariesOf, canonicalNan, drawBits, taggedBits } from './constants.ts';
import { arbitraryOf, generateOne } from './draw.ts';

const FLOATS: readonly ScalarType[] = ['f16', 'f32', 'f64', 'f128'];

function manyBits(type: Type, count = 600, patterned = 0): readonly bigint[] {
  return generateOne(
    arbitraryOf((draw) => Array.from({ length: count }, () => drawBits(draw, type, patterned))),
    type,
  );
}

describe('taggedBits', () => {
  it('says in each byte which value and which byte it is', () => {
    expect(taggedBits('i64', 3)).toBe(0x37_36_35_34_33_32_31_30n);
    expect(taggedBits('i128', 10)).toBe(0xaf_ae_ad_ac_ab_aa_a9_a8_a7_a6_a5_a4_a3_a2_a1_a0n);
    expect(taggedBits('f32', 1)).toBe(0x13_12_11_10n);
    expect(taggedBits('i8', 15)).toBe(0xf0n);
    expect(taggedBits('i32x4', 2)).toBe(taggedBits('i128', 2));
  });

  it('tells fifteen neighbours apart', () => {
    const values = Array.from({ length: 15 }, (_, i) => taggedBits('i8', i + 1));
    expect(new Set(values).size).toBe(15);
  });
});

describe('canonicalNan', () => {
  it('is the quiet NaN without sign and payload', () => {
    expect(FLOATS.map((type) => canonicalNan(typeInfo(type).bits))).toEqual([
      0x7e00n,
      0x7fc0_0000n,
      0x7ff8_0000_0000_0000n,
      0x7fff_8000n << 96n,
    ]);
  });
});

describe('boundaries', () => {
  it.each(FLOATS)(
    'of %s hold zeros, infinities, subnormals, and quiet and signalling NaNs of both signs',
    (type) => {
      const info = typeInfo(type);
      const all = new Set(boundariesOf(info));
      const sign = 1n << BigInt(info.bits - 1);
      const quiet = canonicalNan(info.bits);
      const magnitudes = [...all].map((bits) => bits & (sign - 1n));
      const infinity = quiet & (quiet << 1n);
      expect(all).toContain(0n);
      expect(all).toContain(sign);
      expect(all).toContain(1n);
      expect(all).toContain(infinity);
      expect(all).toContain(infinity | sign);
      expect(magnitudes.some((bits) => bits > quiet)).toBe(true);
      expect(magnitudes.some((bits) => bits > infinity && bits < quiet)).toBe(true);
      for (const bits of all) expect(bits < 1n << BigInt(info.bits)).toBe(true);
    },
  );

  it.each(['i8', 'i16', 'i32', 'i64', 'i128'] as const)(
    'of %s hold the least and greatest of both readings',
    (type) => {
      const info = typeInfo(type);
      const sign = 1n << BigInt(info.bits - 1);
      const all = boundariesOf(info);
      for (const bits of [0n, 1n, sign, sign - 1n, sign * 2n - 1n]) expect(all).toContain(bits);
      for (const bits of all) expect(bits >= 0n && bits < sign * 2n).toBe(true);
    },
  );
});

describe('drawBits', () => {
  it.each([...SCALAR_TYPES, 'i8x16', 'f16x8', 'i32x4', 'f64x2'] as const)('fits %s', (type) => {
    const { bits } = typeInfo(type);
    for (const value of manyBits(type)) expect(value >= 0n && value < 1n << BigInt(bits)).toBe(true);
  });

  it.each(SCALAR_TYPES)('gives every boundary of %s, and more', (type) => {
    const drawn = new Set(manyBits(type));
    const boundaries = new Set(boundariesOf(typeInfo(type)));
    for (const bits of boundaries) expect(drawn).toContain(bits);
    expect(drawn.size).toBeGreaterThan(boundaries.size + 50);
  });

  it('mixes boundaries into the lanes of vectors', () => {
    const lanes = manyBits('f32x4').map((bits) => bits & 0xffff_ffffn);
    expect(lanes).toContain(0x7f80_0000n);
    expect(lanes).toContain(0x8000_0000n);
  });

  it.each([...SCALAR_TYPES, 'i8x16', 'f16x8', 'i64x2'] as const)('fits %s with patterns too', (type) => {
    const { bits } = typeInfo(type);
    for (const value of manyBits(type, 600, 100))
      expect(value >= 0n && value < 1n << BigInt(bits)).toBe(true);
  });

  it('makes halves alike, halves of zeros, and lone bits among zeros or ones', () => {
    const drawn = manyBits('f128', 600, 100);
    const half = (1n << 64n) - 1n;
    expect(drawn.some((bits) => bits !== 0n && bits >> 64n === (bits & half))).toBe(true);
    expect(drawn.some((bits) => bits !== 0n && (bits & half) === 0n)).toBe(true);
    const words = manyBits('i64', 600, 100);
    const isLui = (bits: bigint): boolean => {
      const text = bits.toString(2);
      return text.lastIndexOf('1') === 19 && text.length >= 32 && text.length < 64;
    };
    expect(words.some(isLui)).toBe(true);
    expect(words.some((bits) => isLui(bits ^ half))).toBe(true);
    const lanes = manyBits('i32x4', 600, 100);
    expect(lanes.every((bits) => bits >> 96n === (bits & 0xffff_ffffn))).toBe(true);
  });
});
