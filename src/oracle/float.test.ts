import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ScalarType } from '../clif/type.ts';
import { typeInfo } from '../clif/type.ts';
import { decodeF16, encodeF16 } from './float-format.ts';
import { instruction, resultOf } from './run-text.ts';

/** Formats by precision (hidden bit included) and smallest exponent of the last place. */
const FORMATS = {
  f16: { bits: 16, fraction: 10, bias: 15, nan: 0x7e00n },
  f32: { bits: 32, fraction: 23, bias: 127, nan: 0x7fc0_0000n },
  f64: { bits: 64, fraction: 52, bias: 1023, nan: 0x7ff8_0000_0000_0000n },
} as const;
type Format = keyof typeof FORMATS;
const NAMES: readonly Format[] = ['f16', 'f32', 'f64'];

function patterns(name: Format): fc.Arbitrary<bigint> {
  const { bits, fraction, bias } = FORMATS[name];
  const infinity = BigInt(2 * bias + 1) << BigInt(fraction);
  const sign = 1n << BigInt(bits - 1);
  const one = BigInt(bias) << BigInt(fraction);
  const special = [0n, 1n, infinity, infinity - 1n, infinity + 1n, one, one + 1n, one - 1n, 1n << BigInt(fraction), (1n << BigInt(fraction)) - 1n];
  // Exponents near one another, so that sums round and cancel.
  const near = fc
    .tuple(fc.bigInt({ min: -30n, max: 30n }), fc.bigInt({ min: 0n, max: (1n << BigInt(fraction)) - 1n }), fc.boolean())
    .map(([e, f, negative]) => {
      const exponent = BigInt(bias) + (name === 'f16' ? e / 3n : e);
      return (exponent << BigInt(fraction)) | f | (negative ? sign : 0n);
    });
  return fc.oneof(
    near,
    fc.bigInt({ min: 0n, max: 2n * sign - 1n }),
    fc.constantFrom(...special, ...special.map((x) => x | sign)),
  );
}

const isNaNBits = (x: bigint, name: Format): boolean => {
  const { bits, fraction, bias } = FORMATS[name];
  return (x & ((1n << BigInt(bits - 1)) - 1n)) > BigInt(2 * bias + 1) << BigInt(fraction);
};
const isInfinite = (x: bigint, name: Format): boolean => {
  const { bits, fraction, bias } = FORMATS[name];
  return (x & ((1n << BigInt(bits - 1)) - 1n)) === BigInt(2 * bias + 1) << BigInt(fraction);
};

/** All exact values as multiples of 2^-UNIT: enough for products of subnormal f64. */
const UNIT = 2200;

/** Exact value of a finite pattern, in units of 2^-UNIT; the infinite pattern counts as the next power of two. */
function exact(x: bigint, name: Format): bigint {
  const { bits, fraction, bias } = FORMATS[name];
  const field = (x >> BigInt(fraction)) & BigInt(2 * bias + 1);
  const part = x & ((1n << BigInt(fraction)) - 1n);
  const mantissa = field === 0n ? part : part | (1n << BigInt(fraction));
  const exponent = (field === 0n ? 1 : Number(field)) - bias - fraction;
  const magnitude = mantissa << BigInt(exponent + UNIT);
  return x >> BigInt(bits - 1) === 0n ? magnitude : -magnitude;
}

/** Bits of the nearest value to `value` by bisection over magnitudes, which patterns order: no arithmetic shared with the oracle. */
function nearest(value: bigint, name: Format): bigint {
  const { bits, fraction, bias } = FORMATS[name];
  const magnitude = value < 0n ? -value : value;
  let low = 0n;
  let high = BigInt(2 * bias + 1) << BigInt(fraction);
  if (magnitude >= exact(high, name)) low = high;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (exact(middle, name) <= magnitude) low = middle;
    else high = middle;
  }
  const [below, above] = [magnitude - exact(low, name), exact(high, name) - magnitude];
  const rounded = below < above || (below === above && low % 2n === 0n) ? low : high;
  return value < 0n ? rounded | (1n << BigInt(bits - 1)) : rounded;
}

describe.each(NAMES)('%s', (name) => {
  const type: ScalarType = name;
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
    const run = instruction(`${op} v0, v1`, [type, type], [type]);
    fc.assert(
      fc.property(finite, finite, (x, y) => {
        const [a, b] = [exact(x, name), exact(y, name)];
        const result = op === 'fadd' ? a + b : op === 'fsub' ? a - b : a * b;
        if (result === 0n) return; // the sign of zero has its own test
        const unit = op === 'fmul' ? 1n << BigInt(UNIT) : 1n;
        // A product of subnormals may fall between units: scale the comparison instead of dividing.
        const expected = result % unit === 0n ? nearest(result / unit, name) : null;
        if (expected !== null) expect(resultOf(run(x, y))).toBe(expected);
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
    const run = (op: string) => instruction(`${op} v0, v1`, [type, type], [type]);
    expect(resultOf(run('fsub')(infinity, infinity))).toBe(nan);
    expect(resultOf(run('fadd')(infinity + 1n, 0n))).toBe(nan);
    expect(resultOf(run('fmul')(infinity, sign))).toBe(nan);
    expect(resultOf(run('fdiv')(sign, 0n))).toBe(nan);
    expect(resultOf(run('fadd')(sign, sign))).toBe(sign);
    expect(resultOf(run('fadd')(sign, 0n))).toBe(0n);
    expect(resultOf(run('fmin')(0n, sign))).toBe(sign);
    expect(resultOf(run('fmax')(sign, 0n))).toBe(0n);
    expect(resultOf(run('fmin')(infinity, infinity + 3n))).toBe(nan);
    expect(resultOf(run('fmax')(sign | (infinity + 3n), 0n))).toBe(nan);
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
    const run = (op: string) => instruction(`${op} v0`, [type], [type]);
    const [ceil, floor, trunc, even] = [run('ceil'), run('floor'), run('trunc'), run('nearest')];
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
      ord: '<=>', uno: '?', eq: '=', ne: '<>?', one: '<>', ueq: '?=', lt: '<', le: '<=', gt: '>', ge: '>=',
      ult: '?<', ule: '?<=', ugt: '?>', uge: '?>=',
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

  test('integers to floats round once', () => {
    for (const int of ['i8', 'i32', 'i64', 'i128'] as const) {
      const { bits } = typeInfo(int);
      const unsigned = instruction(`fcvt_from_uint.${type} v0`, [int], [type]);
      const signedRun = instruction(`fcvt_from_sint.${type} v0`, [int], [type]);
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }), fc.integer({ min: 0, max: bits - 1 }), (wide, shift) => {
          const x = wide >> BigInt(shift);
          expect(resultOf(unsigned(x))).toBe(nearest(x << BigInt(UNIT), name));
          expect(resultOf(signedRun(x))).toBe(nearest(BigInt.asIntN(bits, x) << BigInt(UNIT), name));
        }),
      );
    }
  });

  test('floats to integers: truncation, traps and saturation', () => {
    for (const int of ['i8', 'i16', 'i32', 'i64', 'i128'] as const) {
      const { bits } = typeInfo(int);
      for (const s of ['u', 's']) {
        const trapping = instruction(`fcvt_to_${s}int.${int} v0`, [type], [int]);
        const clamping = instruction(`fcvt_to_${s}int_sat.${int} v0`, [type], [int]);
        const least = s === 'u' ? 0n : -(1n << BigInt(bits - 1));
        const most = least + (1n << BigInt(bits)) - 1n;
        fc.assert(
          fc.property(patterns(name), (x) => {
            if (isNaNBits(x, name)) {
              expect(trapping(x)).toEqual({ kind: 'trapped', code: 'bad_toint' });
              expect(resultOf(clamping(x))).toBe(0n);
              return;
            }
            const n = exact(x, name) / (1n << BigInt(UNIT));
            const clamped = n < least ? least : n > most ? most : n;
            if (isInfinite(x, name)) expect(resultOf(clamping(x))).toBe(BigInt.asUintN(bits, (x & sign) === 0n ? most : least));
            else expect(resultOf(clamping(x))).toBe(BigInt.asUintN(bits, clamped));
            if (clamped === n && !isInfinite(x, name)) expect(resultOf(trapping(x))).toBe(BigInt.asUintN(bits, n));
            else expect(trapping(x)).toEqual({ kind: 'trapped', code: 'int_ovf' });
          }),
        );
      }
    }
  });

  test('promotion is exact, demotion rounds once', () => {
    for (const wide of NAMES.slice(NAMES.indexOf(name) + 1)) {
      const promote = instruction(`fpromote.${wide} v0`, [type], [wide]);
      const demote = instruction(`fdemote.${type} v0`, [wide], [type]);
      fc.assert(
        fc.property(finite, patterns(wide), (x, w) => {
          expect(exact(resultOf(promote(x)), wide)).toBe(exact(x, name));
          expect(resultOf(promote(x)) >> BigInt(FORMATS[wide].bits - 1)).toBe(x >> BigInt(FORMATS[name].bits - 1));
          if (isNaNBits(w, wide)) expect(resultOf(demote(w))).toBe(FORMATS[name].nan);
          else if (exact(w, wide) !== 0n) expect(resultOf(demote(w))).toBe(nearest(exact(w, wide), name));
        }),
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

test('every f16 survives decoding and encoding', () => {
  for (let x = 0; x < 0x1_0000; x++) {
    const isNaNPattern = (x & 0x7fff) > 0x7c00;
    if (encodeF16(decodeF16(x)) !== (isNaNPattern ? 0x7e00 : x)) throw new Error(x.toString(16));
  }
});

test('moves keep signalling NaNs', () => {
  expect(resultOf(instruction('bitcast.f32 v0', ['i32'], ['f32'])(0x7f80_0001n))).toBe(0x7f80_0001n);
  expect(resultOf(instruction('select v0, v1, v1', ['i8', 'f64'], ['f64'])(1n, 0xfff0_0000_0000_0001n))).toBe(0xfff0_0000_0000_0001n);
});
