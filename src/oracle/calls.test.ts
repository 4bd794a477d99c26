import { expect, test } from 'vitest';
import { interpret } from './interpret.ts';
import { prepareText, runText } from './run-text.ts';
import { UnsupportedError } from './unsupported-error.ts';

const returned = (...results: bigint[]) => ({ kind: 'returned', results });
const main = { kind: 'test', name: 'main' } as const;

test('a call in the middle of a caller that keeps values', () => {
  const program = prepareText(`test run
function %callee(i64, f32, i8x16) -> i8x16, i64 {
block0(v0: i64, v1: f32, v2: i8x16):
    v3 = iadd_imm v0, 2
    return v2, v3
}
function %main(i64, f32, i8x16) -> i64, i8x16, f32 {
    fn0 = %callee(i64, f32, i8x16) -> i8x16, i64
block0(v0: i64, v1: f32, v2: i8x16):
    v3, v4 = call fn0(v0, v1, v2)
    v5 = iadd v4, v0
    return v5, v3, v1
}
`);
  // A signalling NaN and a vector travel as bits.
  expect(interpret(program, main, [40n, 0x7f80_0001n, 1n << 127n])).toEqual(
    returned(82n, 1n << 127n, 0x7f80_0001n),
  );
  expect(interpret(program, main, [2n ** 64n - 2n, 0n, 3n])).toEqual(returned(2n ** 64n - 2n, 3n, 0n));
});

const FIBONACCI = `test run
function %main(i32) -> i64 {
    ss0 = explicit_slot 8
    fn0 = %main(i32) -> i64
block0(v0: i32):
    v1 = icmp_imm ult v0, 2
    brif v1, block1, block2
block1:
    v2 = uextend.i64 v0
    return v2
block2:
    v3 = stack_addr.i64 ss0
    v4 = iadd_imm v0, -1
    v5 = call fn0(v4)
    store v5, v3
    v6 = iadd_imm v0, -2
    v7 = call fn0(v6)
    v10 = stack_addr.i64 ss0
    v8 = load.i64 v10
    v9 = iadd v7, v8
    return v9
}
`;

test('recursion keeps values and slots of every activation', () => {
  expect(runText(FIBONACCI, [15n])).toEqual(returned(610n));
});

const COUNT_DOWN = `test run
function %main(i64) -> i64 {
    fn0 = %main(i64) -> i64
block0(v0: i64):
    brif v0, block1, block2
block1:
    v1 = iadd_imm v0, -1
    v2 = call fn0(v1)
    v3 = iadd_imm v2, 1
    return v3
block2:
    return v0
}
`;

test('the default call depth fits on the host stack, one more is exhaustion', () => {
  expect(runText(COUNT_DOWN, [999n])).toEqual(returned(999n));
  expect(runText(COUNT_DOWN, [1000n])).toEqual({ kind: 'exhausted', reason: 'call depth' });
});

test('a stopped run leaves nothing behind', () => {
  const program = prepareText(COUNT_DOWN);
  expect(interpret(program, main, [50n], { maxDepth: 10 })).toEqual({
    kind: 'exhausted',
    reason: 'call depth',
  });
  expect(interpret(program, main, [50n], { fuel: 10 })).toEqual({ kind: 'exhausted', reason: 'fuel' });
  expect(interpret(program, main, [50n])).toEqual(returned(50n));
});

test('a million tail calls, direct and indirect, in constant host stack', () => {
  const text = `test run
function %even(i64, i64) -> i64 tail {
    sig0 = (i64, i64) -> i64 tail
block0(v0: i64, v1: i64):
    brif v0, block1, block2
block1:
    v2 = iadd_imm v0, -1
    return_call_indirect sig0, v1(v2, v1)
block2:
    return v0
}
function %odd(i64, i64) -> i64 tail {
    fn0 = %even(i64, i64) -> i64 tail
block0(v0: i64, v1: i64):
    return_call fn0(v0, v1)
}
function %main(i64) -> i64 {
    fn0 = %odd(i64, i64) -> i64 tail
block0(v0: i64):
    v1 = func_addr.i64 fn0
    v2 = call fn0(v0, v1)
    return v2
}
`;
  expect(runText(text, [1_000_000n], { fuel: 20_000_000 })).toEqual(returned(0n));
});

test('slots of a tail caller are gone', () => {
  const text = `test run
function %reads(i64) -> i64 tail {
block0(v0: i64):
    v1 = load.i64 v0
    return v1
}
function %tail() -> i64 tail {
    ss0 = explicit_slot 8
    fn0 = %reads(i64) -> i64 tail
block0:
    v0 = stack_addr.i64 ss0
    store v0, v0
    return_call fn0(v0)
}
function %main() -> i64 {
    fn0 = %tail() -> i64 tail
block0:
    v0 = call fn0()
    return v0
}
`;
  expect(runText(text, [])).toMatchObject({
    kind: 'exhausted',
    reason: expect.stringContaining('wild access'),
  });
});

const INDIRECT = (sig: string) => `test run
function %callee(i32) -> i32 {
block0(v0: i32):
    v1 = ineg v0
    return v1
}
function %main(i64, i8) -> i32 {
    sig0 = ${sig}
    fn0 = %callee(i32) -> i32
block0(v0: i64, v1: i8):
    v2 = func_addr.i64 fn0
    v3 = select v1, v2, v0
    v4 = iconst.i32 7
    v5 = call_indirect sig0, v3(v4)
    return v5
}
`;

test('indirect calls find their callee; a wild address and a foreign signature are undefined', () => {
  expect(runText(INDIRECT('(i32) -> i32'), [0n, 1n])).toEqual(returned(0xffff_fff9n));
  expect(runText(INDIRECT('(i32) -> i32'), [0x77n, 0n])).toEqual({
    kind: 'exhausted',
    reason: 'wild call to 0x77',
  });
  expect(runText(INDIRECT('(i32) -> i32, i32').replace('v5 =', 'v5, v6 ='), [0n, 1n])).toMatchObject({
    kind: 'exhausted',
    reason: expect.stringContaining('%callee'),
  });
});

test('try_call takes its normal edge', () => {
  const text = `test run
function %callee(i64) -> i64, i32 tail {
block0(v0: i64):
    v1 = ireduce.i32 v0
    return v0, v1
}
function %main(i64) -> i64, i32, i64 tail {
    sig0 = (i64) -> i64, i32 tail
    fn0 = %callee(i64) -> i64, i32 tail
block0(v0: i64):
    try_call fn0(v0), sig0, block1(ret1, v0, ret0), [ default: block2(exn0) ]
block1(v1: i32, v2: i64, v3: i64):
    v4 = func_addr.i64 fn0
    try_call_indirect v4(v3), sig0, block3(ret0, v1), [ tag1: block2(exn0) ]
block3(v5: i64, v6: i32):
    return v2, v6, v5
block2(v7: i64):
    trap user9
}
`;
  expect(runText(text, [0x1_0000_0005n])).toEqual(returned(0x1_0000_0005n, 5n, 0x1_0000_0005n));
});

test('what the oracle does not know is named, and only where it is called', () => {
  const program = prepareText(`test run
function %main(i8, f128) -> f128 {
    fn0 = %other(f128) -> f128
block0(v0: i8, v1: f128):
    brif v0, block1, block2
block1:
    v2 = call fn0(v1)
    return v2
block2:
    v3 = fneg v1
    return v3
}
function %other(f128) -> f128 {
block0(v0: f128):
    v1 = fadd v0, v0
    return v1
}
`);
  expect(program.unsupported.map(({ op, type, functionName }) => ({ op, type, functionName }))).toEqual([
    { op: 'fadd', type: 'f128', functionName: '%other' },
  ]);
  expect(interpret(program, main, [0n, 5n])).toEqual(returned((1n << 127n) | 5n));
  expect(() => interpret(program, main, [1n, 5n])).toThrow(UnsupportedError);
  // The throw left no function half run.
  expect(interpret(program, main, [0n, 6n])).toEqual(returned((1n << 127n) | 6n));
});
