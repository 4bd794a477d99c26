import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatBits, floatText } from './float-text.ts';
import { runValueBits, runValueText } from './run-value.ts';
import { SCALAR_TYPES, typeInfo, vectorOf } from './type.ts';

const FLOATS = ['f16', 'f32', 'f64', 'f128'] as const;

describe('float text', () => {
  it.each(FLOATS)('gives back every pattern of %s', (type) => {
    const { bits } = typeInfo(type);
    const special = fc.constantFrom(0n, 1n, (1n << BigInt(bits)) - 1n, 1n << BigInt(bits - 1));
    fc.assert(
      fc.property(fc.oneof(fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }), special), (pattern) => {
        expect(floatBits(floatText(pattern, type), type)).toBe(pattern);
      }),
    );
  });

  it('gives back all 65,536 patterns of f16', () => {
    for (let i = 0n; i < 65_536n; i++)
      if (floatBits(floatText(i, 'f16'), 'f16') !== i) expect.unreachable(`pattern ${i}`);
  });

  it.each([
    [0x3ff8000000000000n, '0x1.8p0'],
    [0x8000000000000000n, '-0.0'],
    [0x7ff0000000000000n, '+Inf'],
    [0xfff8000000000000n, '-NaN'],
    [0x7ff8000000000001n, '+NaN:0x1'],
    [0xfff0000000000001n, '-sNaN:0x1'],
    [1n, '0x0.0000000000001p-1022'],
  ])('writes %s as %s', (bits, text) => {
    expect(floatText(bits, 'f64')).toBe(text);
  });

  it('reads what only the reader writes', () => {
    expect(floatBits('0x10.0', 'f32')).toBe(0x41800000n);
    expect(floatBits('Inf', 'f32')).toBe(0x7f800000n);
    expect(floatBits('0x0.00001p-1022', 'f64')).toBe(1n << 32n);
    expect(floatBits('0x0.0', 'f64')).toBe(0n);
  });

  it.each([
    '1.5',
    '0x1.p',
    '0x',
    '0x1.0p9999',
    '0x1.0p-9999',
    '0x1.00000000000001p0',
    'sNaN:0x0',
    'NaN:0x8000000000000',
  ])('refuses %s as f64', (text) => {
    expect(typeof floatBits(text, 'f64')).toBe('string');
  });
});

describe('run values', () => {
  it('come back from their text, for every type up to 128 bits', () => {
    const types = SCALAR_TYPES.flatMap((lane) =>
      [1, 2, 4, 8, 16]
        .filter((lanes) => lanes * typeInfo(lane).bits <= 128)
        .map((lanes) => vectorOf(lane, lanes)),
    );
    const sample = fc
      .constantFrom(...types)
      .chain((type) =>
        fc.tuple(fc.constant(type), fc.bigInt({ min: 0n, max: (1n << BigInt(typeInfo(type).bits)) - 1n })),
      );
    fc.assert(
      fc.property(sample, ([type, bits]) => {
        expect(runValueBits(runValueText(bits, type), type)).toBe(bits);
      }),
    );
  });

  it('take signed, unsigned and hexadecimal integers', () => {
    expect(runValueBits('-1', 'i128')).toBe((1n << 128n) - 1n);
    expect(runValueBits('0xffff_ffff_ffff_ffff', 'i64')).toBe((1n << 64n) - 1n);
    expect(runValueBits('255', 'i8')).toBe(255n);
    expect(runValueBits('0x0102', 'i8x2')).toBe(0x0102n);
    expect(runValueBits('[1 -2]', 'i8x2')).toBe(0xfe01n);
  });

  it.each([
    ['256', 'i8'],
    ['[1 2 3]', 'i8x2'],
    ['[1 2', 'i8x2'],
    ['x', 'i32'],
    ['1', 'f32'],
    ['', 'i64'],
  ] as const)('refuse %j as %s', (text, type) => {
    expect(() => runValueBits(text, type)).toThrow(RangeError);
  });
});
