import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isType, typeInfo, type Type } from '../clif/type.ts';
import { agreesLaneWise, runs, vectors } from './lane-wise.ts';
import { instruction, lanesOf, resultOf, vectorOfLanes } from './run-text.ts';

const INTEGER_SHAPES: readonly Type[] = [
  'i8x2',
  'i8x8',
  'i8x16',
  'i8x64',
  'i16x4',
  'i16x8',
  'i32x2',
  'i32x4',
  'i32x16',
  'i64x2',
  'i64x8',
  'i128x2',
];

describe.each(INTEGER_SHAPES)('%s', (type) => {
  const { lane, laneBits, lanes } = typeInfo(type);

  test.each([
    'iadd',
    'isub',
    'imul',
    'umin',
    'umax',
    'smin',
    'smax',
    'umulhi',
    'smulhi',
    'band',
    'bor',
    'bxor',
  ])('%s equals the scalar instruction lane by lane', (op) => agreesLaneWise(`${op} v0, v1`, type, 2));

  test.each(['ineg', 'iabs', 'popcnt', 'bnot'])('%s equals the scalar instruction lane by lane', (op) =>
    agreesLaneWise(`${op} v0`, type, 1),
  );

  test.each(['ishl', 'ushr', 'sshr', 'rotl', 'rotr'])('%s takes one scalar amount', (op) => {
    const vector = instruction(`${op} v0, v1`, [type, 'i32'], [type]);
    const scalar = instruction(`${op} v0, v1`, [lane, 'i32'], [lane]);
    fc.assert(
      fc.property(vectors(type), fc.bigInt({ min: 0n, max: 300n }), (x, s) => {
        const expected = lanesOf(x, type).map((l) => resultOf(scalar(l, s)));
        expect(resultOf(vector(x, s))).toBe(vectorOfLanes(expected, type));
      }),
      runs,
    );
  });

  test.each(['eq', 'ne', 'ult', 'ule', 'ugt', 'uge', 'slt', 'sle', 'sgt', 'sge'])(
    'icmp %s gives all ones',
    (cond) => {
      const vector = instruction(`icmp ${cond} v0, v1`, [type, type], [type]);
      const scalar = instruction(`icmp ${cond} v0, v1`, [lane, lane], ['i8']);
      fc.assert(
        fc.property(vectors(type), vectors(type), fc.boolean(), (x, other, same) => {
          const y = same ? x : other;
          const ys = lanesOf(y, type);
          const expected = lanesOf(x, type).map(
            (l, i) => ((1n << BigInt(laneBits)) - 1n) * resultOf(scalar(l, ys[i] ?? 0n)),
          );
          expect(resultOf(vector(x, y))).toBe(vectorOfLanes(expected, type));
        }),
        runs,
      );
    },
  );

  test.each(['uadd_sat', 'usub_sat', 'sadd_sat', 'ssub_sat'])('%s clamps the exact result', (op) => {
    const run = instruction(`${op} v0, v1`, [type, type], [type]);
    const value = (x: bigint): bigint => (op.startsWith('s') ? BigInt.asIntN(laneBits, x) : x);
    const least = op.startsWith('s') ? -(1n << BigInt(laneBits - 1)) : 0n;
    const most = least + (1n << BigInt(laneBits)) - 1n;
    fc.assert(
      fc.property(vectors(type), vectors(type), (x, y) => {
        const ys = lanesOf(y, type);
        const expected = lanesOf(x, type).map((l, i) => {
          const other = value(ys[i] ?? 0n);
          const sum = op.includes('add') ? value(l) + other : value(l) - other;
          return BigInt.asUintN(laneBits, sum < least ? least : sum > most ? most : sum);
        });
        expect(resultOf(run(x, y))).toBe(vectorOfLanes(expected, type));
      }),
      runs,
    );
  });

  test('avg_round', () => {
    const run = instruction('avg_round v0, v1', [type, type], [type]);
    fc.assert(
      fc.property(vectors(type), vectors(type), (x, y) => {
        const ys = lanesOf(y, type);
        expect(resultOf(run(x, y))).toBe(
          vectorOfLanes(
            lanesOf(x, type).map((l, i) => (l + (ys[i] ?? 0n) + 1n) / 2n),
            type,
          ),
        );
      }),
      runs,
    );
  });

  test('splat, extractlane, insertlane, vany_true, vall_true, vhigh_bits, bitselect', () => {
    const splat = instruction(`splat.${type} v0`, [lane], [type]);
    const extract = instruction(`extractlane v0, ${lanes - 1}`, [type], [lane]);
    const insert = instruction(`insertlane v0, v1, ${lanes / 2}`, [type, lane], [type]);
    const any = instruction('vany_true v0', [type], ['i8']);
    const all = instruction('vall_true v0', [type], ['i8']);
    const high = instruction('vhigh_bits.i64 v0', [type], ['i64']);
    const choose = instruction('bitselect v0, v1, v2', [type, type, type], [type]);
    fc.assert(
      fc.property(vectors(type), vectors(type), vectors(type), (x, y, c) => {
        const xs = lanesOf(x, type);
        const last = xs.at(-1) ?? 0n;
        expect(resultOf(splat(last))).toBe(
          vectorOfLanes(
            xs.map(() => last),
            type,
          ),
        );
        expect(resultOf(extract(x))).toBe(last);
        expect(lanesOf(resultOf(insert(x, last)), type)).toEqual(xs.with(lanes / 2, last));
        expect(resultOf(any(x))).toBe(xs.some((l) => l !== 0n) ? 1n : 0n);
        expect(resultOf(all(x))).toBe(xs.every((l) => l !== 0n) ? 1n : 0n);
        expect(resultOf(high(x))).toBe(
          xs.reduce((sum, l, i) => sum + ((l >> BigInt(laneBits - 1)) << BigInt(i)), 0n),
        );
        expect(resultOf(choose(c, x, y))).toBe((x & c) | (y & ~c));
      }),
      runs,
    );
  });

  test('iadd_pairwise', () => {
    if (laneBits > 32 || lanes * laneBits > 128) return;
    const run = instruction('iadd_pairwise v0, v1', [type, type], [type]);
    fc.assert(
      fc.property(vectors(type), vectors(type), (x, y) => {
        const all = [...lanesOf(x, type), ...lanesOf(y, type)];
        const expected = lanesOf(x, type).map((_, i) =>
          BigInt.asUintN(laneBits, (all[2 * i] ?? 0n) + (all[2 * i + 1] ?? 0n)),
        );
        expect(resultOf(run(x, y))).toBe(vectorOfLanes(expected, type));
      }),
      runs,
    );
  });

  test('widening then narrowing gives the vector back', () => {
    const wide = `i${laneBits * 2}x${lanes / 2}`;
    if (laneBits > 32 || lanes < 4 || lanes * laneBits > 128 || !isType(wide)) return;
    for (const [sign, narrow] of [
      ['s', 'snarrow'],
      ['u', 'uunarrow'],
    ] as const) {
      const low = instruction(`${sign}widen_low v0`, [type], [wide]);
      const high = instruction(`${sign}widen_high v0`, [type], [wide]);
      const back = instruction(`${narrow} v0, v1`, [wide, wide], [type]);
      const extend = instruction(`${sign}extend.${typeInfo(wide).lane} v0`, [lane], [typeInfo(wide).lane]);
      fc.assert(
        fc.property(vectors(type), (x) => {
          const xs = lanesOf(x, type);
          expect(lanesOf(resultOf(low(x)), wide)).toEqual(
            xs.slice(0, lanes / 2).map((l) => resultOf(extend(l))),
          );
          expect(lanesOf(resultOf(high(x)), wide)).toEqual(
            xs.slice(lanes / 2).map((l) => resultOf(extend(l))),
          );
          expect(resultOf(back(resultOf(low(x)), resultOf(high(x))))).toBe(x);
        }),
        runs,
      );
    }
  });
});
