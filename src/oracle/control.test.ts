import { expect, test } from 'vitest';
import { runText } from './run-text.ts';

const returned = (...results: bigint[]) => ({ kind: 'returned', results });

test('block arguments move at once', () => {
  const text = `test run
function %main(i64, i64, i64) -> i64, i64 {
block0(v0: i64, v1: i64, v2: i64):
    jump block1(v0, v1, v2)
block1(v3: i64, v4: i64, v5: i64):
    v6 = iadd_imm v5, -1
    brif v5, block1(v4, v3, v6), block2
block2:
    return v3, v4
}
`;
  expect(runText(text, [1n, 2n, 3n])).toEqual(returned(2n, 1n));
  expect(runText(text, [1n, 2n, 4n])).toEqual(returned(1n, 2n));
  expect(runText(text, [1n, 2n, 2n ** 63n])).toEqual({ kind: 'exhausted', reason: 'fuel' });
});

test('br_table reads its index unsigned', () => {
  const text = `test run
function %main(i32) -> i64 {
block0(v0: i32):
    v1 = iconst.i64 10
    v2 = iconst.i64 20
    br_table v0, block1(v1), [block1(v2), block2]
block1(v3: i64):
    return v3
block2:
    trap user3
}
`;
  expect(runText(text, [0n])).toEqual(returned(20n));
  expect(runText(text, [1n])).toEqual({ kind: 'trapped', code: 'user3' });
  expect(runText(text, [2n])).toEqual(returned(10n));
  expect(runText(text, [0xffff_ffffn])).toEqual(returned(10n));
});

test('a trap in a callee ends the caller', () => {
  const text = `test run
function %callee(i8) -> i8 {
block0(v0: i8):
    trapz v0, user1
    trapnz v0, heap_oob
    return v0
}
function %main(i8) -> i8 {
    fn0 = %callee(i8) -> i8
block0(v0: i8):
    v1 = call fn0(v0)
    return v1
}
`;
  expect(runText(text, [0n])).toEqual({ kind: 'trapped', code: 'user1' });
  expect(runText(text, [1n])).toEqual({ kind: 'trapped', code: 'heap_oob' });
});
