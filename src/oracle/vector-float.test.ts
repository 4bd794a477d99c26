import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asInteger, typeInfo, type Type } from '../clif/type.ts';
import { agreesLaneWise, runs, vectors } from './lane-wise.ts';
import { instruction, lanesOf, resultOf, vectorOfLanes } from './run-text.ts';

const FLOAT_SHAPES: readonly Type[] = ['f16x8', 'f32x2', 'f32x4', 'f64x2', 'f64x8'];

describe.each(FLOAT_SHAPES)('%s', (type) => {
  const { lane, laneBits } = typeInfo(type);

  test.each(['fadd', 'fsub', 'fmul', 'fdiv', 'fmin', 'fmax', 'fcopysign'])(
    '%s equals the scalar instruction lane by lane',
    (op) => agreesLaneWise(`${op} v0, v1`, type, 2),
  );

  test.each(['sqrt', 'ceil', 'floor', 'trunc', 'nearest', 'fneg', 'fabs'])(
    '%s equals the scalar instruction lane by lane',
    (op) => agreesLaneWise(`${op} v0`, type, 1),
  );

  test('fma equals the scalar instruction lane by lane', () => agreesLaneWise('fma v0, v1, v2', type, 3));

  test.each(['ord', 'uno', 'eq', 'ne', 'one', 'ueq', 'lt', 'le', 'gt', 'ge', 'ult', 'ule', 'ugt', 'uge'])(
    'fcmp %s',
    (cond) => {
      const vector = instruction(`fcmp ${cond} v0, v1`, [type, type], [asInteger(type)]);
      const scalar = instruction(`fcmp ${cond} v0, v1`, [lane, lane], ['i8']);
      fc.assert(
        fc.property(vectors(type), vectors(type), (x, y) => {
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

  test('conversions equal the scalar instruction lane by lane', () => {
    const int = asInteger(type);
    for (const sign of ['s', 'u']) {
      const vector = instruction(`fcvt_to_${sign}int_sat.${int} v0`, [type], [int]);
      const scalar = instruction(
        `fcvt_to_${sign}int_sat.${typeInfo(int).lane} v0`,
        [lane],
        [typeInfo(int).lane],
      );
      const from = instruction(`fcvt_from_${sign}int.${type} v0`, [int], [type]);
      const fromScalar = instruction(`fcvt_from_${sign}int.${lane} v0`, [typeInfo(int).lane], [lane]);
      fc.assert(
        fc.property(vectors(type), (x) => {
          expect(lanesOf(resultOf(vector(x)), int)).toEqual(lanesOf(x, type).map((l) => resultOf(scalar(l))));
          expect(lanesOf(resultOf(from(x)), type)).toEqual(
            lanesOf(x, type).map((l) => resultOf(fromScalar(l))),
          );
        }),
        runs,
      );
    }
  });
});

test('a vector NaN made by arithmetic is the canonical one, a moved one is kept', () => {
  const signalling = 0xffa0_0001n;
  expect(resultOf(instruction('fadd v0, v0', ['f32x2'], ['f32x2'])(signalling << 32n))).toBe(
    0x7fc0_0000n << 32n,
  );
  expect(resultOf(instruction('splat.f32x2 v0', ['f32'], ['f32x2'])(signalling))).toBe(
    (signalling << 32n) | signalling,
  );
});
