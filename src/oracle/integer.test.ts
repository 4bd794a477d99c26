import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ScalarType } from '../clif/type.ts';
import { typeInfo } from '../clif/type.ts';
import { instruction, resultOf, resultsOf } from './run-text.ts';

const TYPES: readonly ScalarType[] = ['i8', 'i16', 'i32', 'i64', 'i128'];

/** Any bit pattern, boundary ones more often. */
function pattern(bits: number): fc.Arbitrary<bigint> {
  const top = 1n << BigInt(bits - 1);
  return fc.oneof(
    fc.bigInt({ min: 0n, max: 2n * top - 1n }),
    fc.constantFrom(0n, 1n, 2n, top - 1n, top, top + 1n, 2n * top - 2n, 2n * top - 1n),
  );
}

/** Signed value, by arithmetic instead of asIntN. */
const signed = (x: bigint, bits: number): bigint =>
  x >> BigInt(bits - 1) === 0n ? x : x - (1n << BigInt(bits));
const wrap = (x: bigint, bits: number): bigint =>
  ((x % (1n << BigInt(bits))) + (1n << BigInt(bits))) % (1n << BigInt(bits));
const digits = (x: bigint, bits: number): string => x.toString(2).padStart(bits, '0');
const fromDigits = (text: string): bigint => BigInt(`0b${text}`);

const BINARY: Record<string, (x: bigint, y: bigint, bits: number) => bigint> = {
  iadd: (x, y, bits) => wrap(x + y, bits),
  isub: (x, y, bits) => wrap(x - y, bits),
  imul: (x, y, bits) => wrap(x * y, bits),
  umulhi: (x, y, bits) => (x * y) / (1n << BigInt(bits)),
  smulhi: (x, y, bits) => {
    const product = signed(x, bits) * signed(y, bits);
    return wrap((product - wrap(product, bits)) / (1n << BigInt(bits)), bits);
  },
  band: (x, y, bits) =>
    fromDigits(
      Array.from(digits(x, bits))
        .map((d, i) => (d === '1' && digits(y, bits)[i] === '1' ? '1' : '0'))
        .join(''),
    ),
  bor: (x, y, bits) =>
    fromDigits(
      Array.from(digits(x, bits))
        .map((d, i) => (d === '1' || digits(y, bits)[i] === '1' ? '1' : '0'))
        .join(''),
    ),
  bxor: (x, y, bits) =>
    fromDigits(
      Array.from(digits(x, bits))
        .map((d, i) => (d === digits(y, bits)[i] ? '0' : '1'))
        .join(''),
    ),
  ishl: (x, y, bits) =>
    fromDigits(
      digits(x, bits)
        .slice(Number(y % BigInt(bits)))
        .padEnd(bits, '0'),
    ),
  ushr: (x, y, bits) =>
    fromDigits(
      digits(x, bits)
        .slice(0, bits - Number(y % BigInt(bits)))
        .padStart(bits, '0'),
    ),
  sshr: (x, y, bits) => {
    const text = digits(x, bits);
    return fromDigits(text.slice(0, bits - Number(y % BigInt(bits))).padStart(bits, text[0]));
  },
  rotl: (x, y, bits) => {
    const s = Number(y % BigInt(bits));
    return fromDigits(digits(x, bits).slice(s) + digits(x, bits).slice(0, s));
  },
  rotr: (x, y, bits) => {
    const s = bits - Number(y % BigInt(bits));
    return fromDigits(digits(x, bits).slice(s) + digits(x, bits).slice(0, s));
  },
  umin: (x, y) => (x < y ? x : y),
  umax: (x, y) => (x < y ? y : x),
  smin: (x, y, bits) => (signed(x, bits) < signed(y, bits) ? x : y),
  smax: (x, y, bits) => (signed(x, bits) < signed(y, bits) ? y : x),
};

const UNARY: Record<string, (x: bigint, bits: number) => bigint> = {
  ineg: (x, bits) => wrap(-x, bits),
  iabs: (x, bits) => wrap(signed(x, bits) < 0n ? -signed(x, bits) : x, bits),
  bnot: (x, bits) => (1n << BigInt(bits)) - 1n - x,
  clz: (x, bits) => BigInt(/^0*/.exec(digits(x, bits))?.[0].length ?? -1),
  ctz: (x, bits) => BigInt(/0*$/.exec(digits(x, bits))?.[0].length ?? -1),
  cls: (x, bits) => BigInt((/^(0+|1+)/.exec(digits(x, bits))?.[0].length ?? -1) - 1),
  popcnt: (x, bits) => BigInt(digits(x, bits).replaceAll('0', '').length),
  bitrev: (x, bits) => fromDigits(Array.from(digits(x, bits)).toReversed().join('')),
  bmask: (x, bits) => (x === 0n ? 0n : (1n << BigInt(bits)) - 1n),
};

describe.each(TYPES)('%s', (type) => {
  const { bits } = typeInfo(type);
  const binary = (op: string) => instruction(`${op} v0, v1`, [type, type], [type]);
  test.each(Object.keys(BINARY))('%s', (op) => {
    const run = instruction(`${op} v0, v1`, [type, type], [type]);
    fc.assert(
      fc.property(pattern(bits), pattern(bits), (x, y) => resultOf(run(x, y)) === BINARY[op]?.(x, y, bits)),
    );
  });

  test.each(Object.keys(UNARY))('%s', (op) => {
    const run = instruction(op === 'bmask' ? `bmask.${type} v0` : `${op} v0`, [type], [type]);
    fc.assert(fc.property(pattern(bits), (x) => resultOf(run(x)) === UNARY[op]?.(x, bits)));
  });

  test('division: quotient times divisor plus remainder, or the right trap', () => {
    const [udiv, urem, sdiv, srem] = [binary('udiv'), binary('urem'), binary('sdiv'), binary('srem')];
    fc.assert(
      fc.property(pattern(bits), pattern(bits), (x, y) => {
        if (y === 0n) {
          for (const f of [udiv, urem, sdiv, srem])
            expect(f(x, y)).toEqual({ kind: 'trapped', code: 'int_divz' });
          return;
        }
        expect(resultOf(udiv(x, y)) * y + resultOf(urem(x, y))).toBe(x);
        const [sx, sy] = [signed(x, bits), signed(y, bits)];
        const remainder = signed(resultOf(srem(x, y)), bits);
        expect(remainder === 0n || remainder < 0n === sx < 0n).toBe(true);
        if (sx === -(1n << BigInt(bits - 1)) && sy === -1n) {
          expect(sdiv(x, y)).toEqual({ kind: 'trapped', code: 'int_ovf' });
          expect(remainder).toBe(0n);
        } else expect(signed(resultOf(sdiv(x, y)), bits) * sy + remainder).toBe(sx);
      }),
    );
  });

  test('icmp', () => {
    const holds: Record<string, (x: bigint, y: bigint) => boolean> = {
      eq: (x, y) => x === y,
      ne: (x, y) => x !== y,
      ult: (x, y) => x < y,
      ule: (x, y) => x <= y,
      ugt: (x, y) => y < x,
      uge: (x, y) => y <= x,
    };
    for (const [cond, f] of Object.entries(holds)) {
      const unsigned = instruction(`icmp ${cond} v0, v1`, [type, type], ['i8']);
      const ordered = cond.startsWith('u')
        ? instruction(`icmp s${cond.slice(1)} v0, v1`, [type, type], ['i8'])
        : null;
      fc.assert(
        fc.property(pattern(bits), pattern(bits), (x, y) => {
          expect(resultOf(unsigned(x, y))).toBe(f(x, y) ? 1n : 0n);
          if (ordered !== null)
            expect(resultOf(ordered(x, y))).toBe(f(signed(x, bits), signed(y, bits)) ? 1n : 0n);
        }),
      );
    }
  });

  test('overflow flags', () => {
    const exact: Record<string, (x: bigint, y: bigint, c: bigint) => bigint> = {
      add_overflow: (x, y) => x + y,
      sub_overflow: (x, y) => x - y,
      ...(bits < 128 ? { mul_overflow: (x: bigint, y: bigint) => x * y } : {}),
      add_overflow_cin: (x, y, c) => x + y + c,
      sub_overflow_bin: (x, y, c) => x - y - c,
    };
    for (const [name, f] of Object.entries(exact)) {
      const takesCarry = name.endsWith('in');
      const run = (sign: string) =>
        instruction(
          `${sign}${name} v0, v1${takesCarry ? ', v2' : ''}`,
          takesCarry ? [type, type, 'i8'] : [type, type],
          [type, 'i8'],
        );
      const [u, s] = [run('u'), run('s')];
      fc.assert(
        fc.property(pattern(bits), pattern(bits), fc.constantFrom(0n, 1n, 128n), (x, y, carry) => {
          const inputs = takesCarry ? [x, y, carry] : [x, y];
          const c = carry === 0n ? 0n : 1n;
          const wide = f(x, y, c);
          expect(resultsOf(u(...inputs))).toEqual([wrap(wide, bits), wide === wrap(wide, bits) ? 0n : 1n]);
          const narrow = f(signed(x, bits), signed(y, bits), c);
          expect(resultsOf(s(...inputs))).toEqual([
            wrap(narrow, bits),
            narrow === signed(wrap(narrow, bits), bits) ? 0n : 1n,
          ]);
        }),
      );
    }
  });

  test('extension and reduction', () => {
    for (const wide of TYPES.filter((t) => typeInfo(t).bits > bits)) {
      const to = typeInfo(wide).bits;
      const [u, s] = [
        instruction(`uextend.${wide} v0`, [type], [wide]),
        instruction(`sextend.${wide} v0`, [type], [wide]),
      ];
      const down = instruction(`ireduce.${type} v0`, [wide], [type]);
      fc.assert(
        fc.property(pattern(bits), pattern(to), (x, w) => {
          expect(resultOf(u(x))).toBe(x);
          expect(resultOf(s(x))).toBe(wrap(signed(x, bits), to));
          expect(resultOf(down(w))).toBe(w % (1n << BigInt(bits)));
        }),
      );
    }
  });
});

test('a shift amount may be wider or narrower than what is shifted', () => {
  expect(resultOf(instruction('ishl v0, v1', ['i8', 'i128'], ['i8'])(0x81n, (1n << 100n) | 9n))).toBe(2n);
  expect(resultOf(instruction('sshr v0, v1', ['i128', 'i8'], ['i128'])(1n << 127n, 255n))).toBe(
    (1n << 128n) - 1n,
  );
});

test('iconcat and isplit are inverses', () => {
  const [concat, split] = [
    instruction('iconcat v0, v1', ['i64', 'i64'], ['i128']),
    instruction('isplit v0', ['i128'], ['i64', 'i64']),
  ];
  fc.assert(
    fc.property(pattern(64), pattern(64), (lo, hi) => {
      const whole = resultOf(concat(lo, hi));
      expect(whole).toBe(hi * 2n ** 64n + lo);
      expect(resultsOf(split(whole))).toEqual([lo, hi]);
    }),
  );
});

test('bswap reverses bytes, select chooses by any non-zero value', () => {
  expect(resultOf(instruction('bswap v0', ['i32'], ['i32'])(0x1122_3344n))).toBe(0x4433_2211n);
  const select = instruction('select v0, v1, v2', ['i128', 'f32', 'f32'], ['f32']);
  expect(resultOf(select(1n << 64n, 1n, 2n))).toBe(1n);
  expect(resultOf(select(0n, 1n, 2n))).toBe(2n);
});

test('uadd_overflow_trap', () => {
  const add = instruction('uadd_overflow_trap v0, v1, user5', ['i32', 'i32'], ['i32']);
  expect(resultOf(add(0xffff_fffen, 1n))).toBe(0xffff_ffffn);
  expect(add(0xffff_ffffn, 1n)).toEqual({ kind: 'trapped', code: 'user5' });
});
