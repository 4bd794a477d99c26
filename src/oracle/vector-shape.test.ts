import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { vectors } from './lane-wise.ts';
import { instruction, lanesOf, resultOf, runText, vectorOfLanes } from './run-text.ts';

/** Sixteen bytes counting up from `first`. */
const bytes = (first: number, step = 1): bigint =>
  vectorOfLanes(
    Array.from({ length: 16 }, (_, i) => BigInt(first + i * step)),
    'i8x16',
  );

test('shuffle and swizzle', () => {
  const shuffle = instruction(
    'shuffle v0, v1, [0 31 16 15 1 1 1 1 2 2 2 2 3 3 3 17]',
    ['i8x16', 'i8x16'],
    ['i8x16'],
  );
  expect(lanesOf(resultOf(shuffle(bytes(0), bytes(100))), 'i8x16').map(Number)).toEqual([
    0, 115, 100, 15, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 101,
  ]);
  const swizzle = instruction('swizzle v0, v1', ['i8x16', 'i8x16'], ['i8x16']);
  expect(lanesOf(resultOf(swizzle(bytes(1), bytes(8, 3))), 'i8x16').map(Number)).toEqual([
    9,
    12,
    15,
    ...Array.from({ length: 13 }, () => 0),
  ]);
});

test('a narrow vector after a wide one has nothing of it', () => {
  const text = `test run
function %main(i8x16, i8x2) -> i8x2 {
block0(v0: i8x16, v1: i8x2):
    v2 = isub v0, v0
    v3 = bnot v2
    v4 = iadd v3, v2
    v5 = iadd v1, v1
    return v5
}
`;
  expect(runText(text, [0n, 0x0102n])).toEqual({ kind: 'returned', results: [0x0204n] });
});

test('unarrow reads signed lanes and gives unsigned ones', () => {
  const run = instruction('unarrow v0, v1', ['i16x8', 'i16x8'], ['i8x16']);
  const x = vectorOfLanes([0xffffn, 0x8000n, 0n, 0xffn, 0x100n, 0x7fffn, 1n, 0x80n], 'i16x8');
  expect(lanesOf(resultOf(run(x, 5n)), 'i8x16').map(Number)).toEqual([
    0, 0, 0, 255, 255, 255, 1, 128, 5, 0, 0, 0, 0, 0, 0, 0,
  ]);
});

test('sqmul_round_sat saturates only MIN times MIN', () => {
  const run = instruction('sqmul_round_sat v0, v1', ['i16x8', 'i16x8'], ['i16x8']);
  fc.assert(
    fc.property(vectors('i16x8'), vectors('i16x8'), (x, y) => {
      const ys = lanesOf(y, 'i16x8').map((l) => BigInt.asIntN(16, l));
      const expected = lanesOf(x, 'i16x8').map((l, i) => {
        const product = BigInt.asIntN(16, l) * (ys[i] ?? 0n) * 2n + 0x8000n;
        const rounded = (product - (((product % 0x1_0000n) + 0x1_0000n) % 0x1_0000n)) / 0x1_0000n;
        return BigInt.asUintN(16, rounded > 0x7fffn ? 0x7fffn : rounded);
      });
      expect(lanesOf(resultOf(run(x, y)), 'i16x8')).toEqual(expected);
    }),
  );
});

test('scalar_to_vector clears, fvdemote fills the low half, fvpromote_low reads it', () => {
  expect(resultOf(instruction('scalar_to_vector.i32x4 v0', ['i32'], ['i32x4'])(0xffff_ffffn))).toBe(
    0xffff_ffffn,
  );
  const two = 0x4000_0000_0000_0000n;
  expect(resultOf(instruction('fvdemote v0', ['f64x2'], ['f32x4'])((two << 64n) | two))).toBe(
    0x4000_0000_4000_0000n,
  );
  expect(resultOf(instruction('fvpromote_low v0', ['f32x4'], ['f64x2'])((7n << 64n) | 0x4000_0000n))).toBe(
    two,
  );
});

test('bitcast is a store and a load in the byte order it names', () => {
  const v = vectorOfLanes([1n, 2n, 3n, 4n], 'i32x4');
  const little = instruction('bitcast.i64x2 little v0', ['i32x4'], ['i64x2']);
  expect(lanesOf(resultOf(little(v)), 'i64x2')).toEqual([0x2_0000_0001n, 0x4_0000_0003n]);
  const big = instruction('bitcast.i64x2 big v0', ['i32x4'], ['i64x2']);
  expect(lanesOf(resultOf(big(v)), 'i64x2')).toEqual([0x1_0000_0002n, 0x3_0000_0004n]);
  const toBytes = instruction('bitcast.i8x8 big v0', ['i64'], ['i8x8']);
  expect(lanesOf(resultOf(toBytes(0x0102_0304_0506_0708n)), 'i8x8')).toEqual([
    1n,
    2n,
    3n,
    4n,
    5n,
    6n,
    7n,
    8n,
  ]);
  const same = instruction('bitcast.f32x4 big v0', ['i32x4'], ['f32x4']);
  expect(resultOf(same(v))).toBe(v);
});
