import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ScalarType } from '../clif/type.ts';
import { exact, FORMATS, isInfinite, isNaNBits, NAMES, nearest, patterns, UNIT } from './exact-value.ts';
import { decodeF16, encodeF16 } from './float-format.ts';
import { instruction, resultOf } from './run-text.ts';

describe.each(NAMES)('%s', (name) => {
  const type: ScalarType = name;
  const unary = (op: string) => instruction(`${op} v0`, [type], [type]);
  const binary = (op: string) => instruction(`${op} v0, v1`, [type, type], [type]);
  const sign = 1n << BigInt(FORMATS[name].bits - 1);
  const finite = patterns(name).filter((x) => !isNaNBits(x, name) && !isInfinite(x, name));
  const number = (x: bigint): number => {
    const view = new DataView(new ArrayBuffer(8));
    if (name === 'f16') return decodeF16(Number(x));
    if (name === 'f32') view.setUint32(0, Number(x));
    else view.setBigUint64(0, x);
    return name === 'f32' ? view.getFloat32(0) : view.getFloat64(0);
  };

  test.each(['fadd', 'fsub', 'fmul'])('%s rounds the exact result once', (op) => {
    const compute = binary(op);
    fc.assert(
      fc.property(finite, finite, (x, y) => {
        const [a, b] = [exact(x, name), exact(y, name)];
        const result = op === 'fadd' ? a + b : op === 'fsub' ? a - b : a * b;
        if (result === 0n) return; // the sign of zero has its own test
        const unit = op === 'fmul' ? 1n << BigInt(UNIT) : 1n;
        // A product of subnormals may fall between units: scale the comparison instead of dividing.
        const expected = result % unit === 0n ? nearest(result / unit, name) : null;
        if (expected !== null) expect(resultOf(compute(x, y))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('fma rounds the exact result once', () => {
    const run = instruction('fma v0, v1, v2', [type, type, type], [type]);
    const unit = 1n << BigInt(UNIT);
    fc.assert(
      fc.property(finite, finite, finite, fc.boolean(), (x, y, z, cancels) => {
        // Often the addend all but cancels the product.
        const product = exact(x, name) * exact(y, name);
        const near = nearest(product / unit, name) ^ sign;
        const addend = cancels && !isInfinite(near, name) ? near : z;
        const sum = product + exact(addend, name) * unit;
        if (sum === 0n || sum % unit !== 0n) return;
        expect(resultOf(run(x, y, addend))).toBe(nearest(sum / unit, name));
      }),
      { numRuns: 500 },
    );
  });

  test('fdiv and sqrt lie nearest to the exact result', () => {
    const divide = instruction('fdiv v0, v1', [type, type], [type]);
    const root = instruction('sqrt v0', [type], [type]);
    fc.assert(
      fc.property(finite, finite, (x, y) => {
        const [a, b] = [exact(x, name), exact(y, name)];
        if (a !== 0n && b !== 0n) {
          // A quotient is never a tie unless exact in one bit more; a truncated quotient with a sticky bit decides.
          const [p, q] = [a < 0n ? -a : a, b < 0n ? -b : b];
          const scaled = p << BigInt(UNIT);
          const quotient = ((scaled / q) & ~1n) | (scaled % q === 0n ? (scaled / q) & 1n : 1n);
          expect(resultOf(divide(x, y))).toBe(nearest(a < 0n === b < 0n ? quotient : -quotient, name));
        }
        if (a > 0n) {
          const result = exact(resultOf(root(x)), name);
          const step = exact(resultOf(root(x)) + 1n, name) - result;
          // |sqrt(a) - result| <= step / 2, squared and without division.
          const target = (4n * a) << BigInt(UNIT);
          expect((2n * result - step) ** 2n <= target && target <= (2n * result + step) ** 2n).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('NaN, infinities and zeros', () => {
    const { nan } = FORMATS[name];
    const infinity = BigInt(2 * FORMATS[name].bias + 1) << BigInt(FORMATS[name].fraction);
    expect(resultOf(binary('fsub')(infinity, infinity))).toBe(nan);
    expect(resultOf(binary('fadd')(infinity + 1n, 0n))).toBe(nan);
    expect(resultOf(binary('fmul')(infinity, sign))).toBe(nan);
    expect(resultOf(binary('fdiv')(sign, 0n))).toBe(nan);
    expect(resultOf(binary('fadd')(sign, sign))).toBe(sign);
    expect(resultOf(binary('fadd')(sign, 0n))).toBe(0n);
    expect(resultOf(binary('fmin')(0n, sign))).toBe(sign);
    expect(resultOf(binary('fmin')(sign, 0n))).toBe(sign);
    expect(resultOf(binary('fmax')(sign, 0n))).toBe(0n);
    expect(resultOf(binary('fmax')(0n, sign))).toBe(0n);
    expect(resultOf(binary('fmin')(infinity + 3n, 0n))).toBe(nan);
    expect(resultOf(binary('fmin')(infinity, infinity + 3n))).toBe(nan);
    expect(resultOf(binary('fmax')(sign | (infinity + 3n), 0n))).toBe(nan);
  });

  test('sign instructions touch one bit of any pattern', () => {
    const [neg, abs] = [instruction('fneg v0', [type], [type]), instruction('fabs v0', [type], [type])];
    const copy = instruction('fcopysign v0, v1', [type, type], [type]);
    fc.assert(
      fc.property(patterns(name), patterns(name), (x, y) => {
        expect(resultOf(neg(x))).toBe(x ^ sign);
        expect(resultOf(abs(x))).toBe(x & (sign - 1n));
        expect(resultOf(copy(x, y))).toBe((x & (sign - 1n)) | (y & sign));
      }),
    );
  });

  test('rounding to integral', () => {
    const [ceil, floor, trunc, even] = [unary('ceil'), unary('floor'), unary('trunc'), unary('nearest')];
    const one = 1n << BigInt(UNIT);
    fc.assert(
      fc.property(finite, (x) => {
        const a = exact(x, name);
        const down = a >= 0n ? a - (a % one) : a - (((a % one) + one) % one);
        const up = down === a ? a : down + one;
        const back = (f: typeof ceil): bigint => exact(resultOf(f(x)), name);
        expect([back(floor), back(ceil), back(trunc)]).toEqual([down, up, a < 0n ? up : down]);
        const toEven = (down / one) % 2n === 0n ? down : up;
        expect(back(even)).toBe(a - down < up - a ? down : a - down > up - a ? up : toEven);
        // The sign of a zero result is the operand's.
        for (const f of [ceil, floor, trunc, even]) {
          if (back(f) === 0n) expect(resultOf(f(x))).toBe(x & sign);
        }
      }),
    );
  });

  test('fcmp: every condition is the union of its relations', () => {
    const relations: Record<string, string> = {
      ord: '<=>',
      uno: '?',
      eq: '=',
      ne: '<>?',
      one: '<>',
      ueq: '?=',
      lt: '<',
      le: '<=',
      gt: '>',
      ge: '>=',
      ult: '?<',
      ule: '?<=',
      ugt: '?>',
      uge: '?>=',
    };
    for (const [cond, subset] of Object.entries(relations)) {
      const run = instruction(`fcmp ${cond} v0, v1`, [type, type], ['i8']);
      fc.assert(
        fc.property(patterns(name), patterns(name), fc.boolean(), (x, other, same) => {
          const y = same ? x : other;
          const [a, b] = [number(x), number(y)];
          const relation = isNaNBits(x, name) || isNaNBits(y, name) ? '?' : a < b ? '<' : a > b ? '>' : '=';
          expect(resultOf(run(x, y))).toBe(subset.includes(relation) ? 1n : 0n);
        }),
        { numRuns: 40 },
      );
    }
  });
});

test('f32 arithmetic is Math.fround of f64 arithmetic', () => {
  const add = instruction('fadd v0, v1', ['f32', 'f32'], ['f32']);
  const view = new DataView(new ArrayBuffer(4));
  const bits = (x: number): bigint => {
    view.setFloat32(0, x);
    return BigInt(view.getUint32(0));
  };
  fc.assert(
    fc.property(fc.float({ noNaN: true }), fc.float({ noNaN: true }), (x, y) => {
      const sum = Math.fround(x + y);
      if (!Number.isNaN(sum)) expect(resultOf(add(bits(x), bits(y)))).toBe(bits(sum));
    }),
  );
});

test('f32 fma next to a tie: the sum in f64 alone would round the wrong way', () => {
  const fma = instruction('fma v0, v1, v2', ['f32', 'f32', 'f32'], ['f32']);
  const view = new DataView(new ArrayBuffer(4));
  const bits = (x: number): bigint => {
    view.setFloat32(0, x);
    return BigInt(view.getUint32(0));
  };
  const ulp = 2 ** -23;
  const check = (x: number, y: number, z: number, expected: number): void => {
    expect(resultOf(fma(bits(x), bits(y), bits(z)))).toBe(bits(expected));
    expect(resultOf(fma(bits(-x), bits(y), bits(-z)))).toBe(bits(-expected));
  };
  // 2^-24 - 2^-70 added to an odd significand: just below the tie.
  check((1 - ulp) * 2 ** -24, 1 + ulp, 1 + ulp, 1 + ulp);
  // 8384513 * 8392705 = 2^46 + 1: just above the tie.
  check(8384513 * 2 ** -35, 8392705 * 2 ** -35, 1, 1 + ulp);
  // 2^-24 + 2^-52 less a little: the f64 sum is odd already and must stay.
  check(8385735 * 2 ** -35, 8391482 * 2 ** -35, 1, 1 + ulp);
});

test('every f16 survives decoding and encoding', () => {
  for (let x = 0; x < 0x1_0000; x++) {
    const isNaNPattern = (x & 0x7fff) > 0x7c00;
    if (encodeF16(decodeF16(x)) !== (isNaNPattern ? 0x7e00 : x)) throw new Error(x.toString(16));
  }
});

test('moves keep signalling NaNs', () => {
  expect(resultOf(instruction('bitcast.f32 v0', ['i32'], ['f32'])(0x7f80_0001n))).toBe(0x7f80_0001n);
  expect(resultOf(instruction('select v0, v1, v1', ['i8', 'f64'], ['f64'])(1n, 0xfff0_0000_0000_0001n))).toBe(
    0xfff0_0000_0000_0001n,
  );
});
