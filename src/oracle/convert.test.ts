import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { typeInfo, type ScalarType } from '../clif/type.ts';
import { exact, FORMATS, isInfinite, isNaNBits, NAMES, nearest, patterns, UNIT } from './exact-value.ts';
import { instruction, resultOf } from './run-text.ts';

describe.each(NAMES)('%s', (name) => {
  const type: ScalarType = name;
  const sign = 1n << BigInt(FORMATS[name].bits - 1);
  const finite = patterns(name).filter((x) => !isNaNBits(x, name) && !isInfinite(x, name));
  test('integers to floats round once', () => {
    for (const int of ['i8', 'i32', 'i64', 'i128'] as const) {
      const { bits } = typeInfo(int);
      const unsigned = instruction(`fcvt_from_uint.${type} v0`, [int], [type]);
      const signedRun = instruction(`fcvt_from_sint.${type} v0`, [int], [type]);
      fc.assert(
        fc.property(
          fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
          fc.integer({ min: 0, max: bits - 1 }),
          (wide, shift) => {
            // Half of them next to a tie between two floats of 24 or 11 bits.
            const tie = ((1n << 24n) | (wide & 0xff_ffffn) | 1n) << BigInt(Math.max(shift - 25, 0));
            const x = BigInt.asUintN(bits, shift % 2 === 0 ? wide >> BigInt(shift) : tie + (wide % 3n) - 1n);
            expect(resultOf(unsigned(x))).toBe(nearest(x << BigInt(UNIT), name));
            expect(resultOf(signedRun(x))).toBe(nearest(BigInt.asIntN(bits, x) << BigInt(UNIT), name));
          },
        ),
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
            if (isInfinite(x, name))
              expect(resultOf(clamping(x))).toBe(BigInt.asUintN(bits, (x & sign) === 0n ? most : least));
            else expect(resultOf(clamping(x))).toBe(BigInt.asUintN(bits, clamped));
            if (clamped === n && !isInfinite(x, name))
              expect(resultOf(trapping(x))).toBe(BigInt.asUintN(bits, n));
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
          expect(resultOf(promote(x)) >> BigInt(FORMATS[wide].bits - 1)).toBe(
            x >> BigInt(FORMATS[name].bits - 1),
          );
          if (isNaNBits(w, wide)) expect(resultOf(demote(w))).toBe(FORMATS[name].nan);
          else if (exact(w, wide) !== 0n) expect(resultOf(demote(w))).toBe(nearest(exact(w, wide), name));
        }),
      );
    }
  });
});

describe('the last float that fits, and the first that does not', () => {
  const bitsOf = (x: number): bigint => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, x);
    return view.getBigUint64(0);
  };
  const OVERFLOW = { kind: 'trapped', code: 'int_ovf' };

  test.each(['i8', 'i16', 'i32', 'i64', 'i128'] as const)('%s', (int) => {
    const { bits } = typeInfo(int);
    const unsigned = instruction(`fcvt_to_uint.${int} v0`, ['f64'], [int]);
    const signed = instruction(`fcvt_to_sint.${int} v0`, ['f64'], [int]);
    const [beyond, half] = [2 ** bits, 2 ** (bits - 1)];
    expect(unsigned(bitsOf(beyond))).toEqual(OVERFLOW);
    expect(unsigned(bitsOf(-1))).toEqual(OVERFLOW);
    expect(resultOf(unsigned(bitsOf(-0.75)))).toBe(0n);
    expect(signed(bitsOf(half))).toEqual(OVERFLOW);
    expect(resultOf(signed(bitsOf(-half)))).toBe(1n << BigInt(bits - 1));
    if (bits > 32) return;
    expect(resultOf(unsigned(bitsOf(beyond - 0.5)))).toBe((1n << BigInt(bits)) - 1n);
    expect(resultOf(signed(bitsOf(half - 0.5)))).toBe((1n << BigInt(bits - 1)) - 1n);
    expect(signed(bitsOf(-half - 1))).toEqual(OVERFLOW);
  });
});
