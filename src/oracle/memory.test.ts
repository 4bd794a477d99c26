import { expect, test } from 'vitest';
import { DEFAULT_SPACE, OPPOSITE_SPACE, OTHER_SPACE } from './address-space.ts';
import { interpret } from './interpret.ts';
import { prepareText, resultOf, resultsOf, runText } from './run-text.ts';

const returned = (...results: bigint[]) => ({ kind: 'returned', results });

function inSlot(body: string, slot = 'explicit_slot 64'): string {
  return `test run
function %main(i64) -> i64 {
    ss0 = ${slot}
    ss1 = explicit_slot 1
block0(v0: i64):
    v1 = stack_addr.i64 ss0
${body}
}
`;
}

test('extending loads and narrow stores', () => {
  const store = '    store v0, v1\n';
  const run = (body: string, x: bigint) => resultOf(runText(inSlot(store + body), [x]));
  expect(run('    v2 = uload8.i64 v1+1\n    return v2', 0x8291n)).toBe(0x82n);
  expect(run('    v2 = sload8.i64 v1+1\n    return v2', 0x8291n)).toBe(0xffff_ffff_ffff_ff82n);
  expect(run('    v2 = sload16.i64 v1\n    return v2', 0x8291n)).toBe(0xffff_ffff_ffff_8291n);
  expect(run('    v2 = uload32.i64 v1\n    return v2', 0x1_8000_0000n)).toBe(0x8000_0000n);
  expect(run('    v2 = sload32.i64 v1\n    return v2', 0x1_8000_0000n)).toBe(0xffff_ffff_8000_0000n);
  expect(run('    istore8 v0, v1+2\n    v2 = load.i64 v1\n    return v2', 0x1234_5678n)).toBe(0x1278_5678n);
  expect(
    run('    v3 = sload8x8 v1\n    v4 = extractlane v3, 1\n    v2 = uextend.i64 v4\n    return v2', 0x80_00n),
  ).toBe(0xff80n);
});

test('every width goes through memory', () => {
  for (const type of [
    'i8',
    'i16',
    'i32',
    'i128',
    'f16',
    'f32',
    'f64',
    'f128',
    'i8x2',
    'i16x4',
    'i8x16',
    'f64x4',
    'i64x8',
  ]) {
    const text = `test run
function %main(${type}) -> ${type} {
    ss0 = explicit_slot 80
block0(v0: ${type}):
    v1 = stack_addr.i64 ss0
    store v0, v1+3
    v2 = load.${type} v1+3
    return v2
}
`;
    const bytes =
      { i8: 1, i16: 2, f16: 2, i8x2: 2, i32: 4, f32: 4, f64: 8, i16x4: 8, f64x4: 32, i64x8: 64 }[type] ?? 16;
    const pattern = BigInt(`0x${'f1e2d3c4b5a69788'.repeat(8)}`) >> BigInt(512 - bytes * 8);
    expect(resultOf(runText(text, [pattern]))).toBe(pattern);
  }
});

test('reading what nobody wrote', () => {
  const text = inSlot('    store v0, v1\n    v2 = load.i64 v1+1\n    return v2');
  expect(runText(text, [7n])).toEqual({ kind: 'exhausted', reason: 'uninitialised read' });
  expect(runText(text, [0x700n], { strictUninit: false })).toEqual(returned(7n));
});

test('accesses outside a slot', () => {
  const wild = { kind: 'exhausted', reason: expect.stringContaining('wild access at 0x') };
  expect(runText(inSlot('    store v0, v1+57\n    return v0'), [1n])).toEqual(wild);
  expect(runText(inSlot('    store v0, v1+56\n    v2 = load.i64 v1+60\n    return v2'), [1n])).toEqual(wild);
  expect(runText(inSlot('    store v0, v1-1\n    return v0'), [1n])).toEqual(wild);
  expect(runText(inSlot('    v2 = load.i64 v0\n    return v2'), [0n])).toEqual(wild);
  expect(runText(inSlot('    v2 = load.i64 v0+16\n    return v2'), [2n ** 64n - 16n])).toEqual({
    kind: 'exhausted',
    reason: 'wild access at 0x0',
  });
  expect(
    runText(inSlot('    v3 = iadd v1, v0\n    store v0, v3+32\n    v2 = load.i64 v1\n    return v2'), [
      2n ** 64n - 32n,
    ]),
  ).toEqual(returned(2n ** 64n - 32n));
});

test('slots are aligned and apart', () => {
  const text = inSlot(
    '    v2 = stack_addr.i64 ss1\n    v3 = band_imm v1, 127\n    v4 = isub v2, v1\n    v5 = bor v3, v4\n    return v4',
    'explicit_slot 5, align = 128',
  );
  expect(resultsOf(runText(text, [0n]))).toHaveLength(1);
  expect(
    runText(inSlot('    v3 = band_imm v1, 127\n    return v3', 'explicit_slot 5, align = 128'), [0n]),
  ).toEqual(returned(0n));
  expect(
    runText(
      inSlot('    v2 = stack_addr.i64 ss1\n    v3 = band_imm v2, 15\n    return v3', 'explicit_slot 5'),
      [0n],
    ),
  ).toEqual(returned(0n));
  expect(resultOf(runText(text, [0n]))).toBeGreaterThan(16n);
});

test('big frames grow the memory', () => {
  const text = inSlot(
    '    store v0, v1+999992\n    v2 = load.i64 v1+999992\n    return v2',
    'explicit_slot 1000000',
  );
  expect(runText(text, [9n])).toEqual(returned(9n));
});

test('a pointer into the caller, and the callee writes through it', () => {
  const text = `test run
function %callee(i64 sret, i16) {
block0(v0: i64, v1: i16):
    store v1, v0+2
    return
}
function %main(i16) -> i16 {
    ss0 = explicit_slot 8
    fn0 = %callee(i64 sret, i16)
block0(v0: i16):
    v1 = stack_addr.i64 ss0
    call fn0(v1, v0)
    v2 = load.i16 v1+2
    return v2
}
`;
  expect(runText(text, [0xabcdn])).toEqual(returned(0xabcdn));
});

/** Runs one atomic instruction: its result and what it left in memory. */
const rmw = (op: string, x: string) =>
  resultsOf(
    runText(
      `test run
function %main(i32, i32) -> i32, i32 {
    ss0 = explicit_slot 4
block0(v0: i32, v1: i32):
    v2 = stack_addr.i64 ss0
    atomic_store.i32 v0, v2
    ${x}
    v4 = atomic_load.i32 v2
    return v3, v4
}
`.replace('OP', op),
      [0xffff_fff0n, 0x13n],
    ),
  );

test('atomics read, combine and write', () => {
  const step = 'v3 = atomic_rmw.i32 OP v2, v1';
  expect(rmw('add', step)).toEqual([0xffff_fff0n, 3n]);
  expect(rmw('nand', step)).toEqual([0xffff_fff0n, 0xffff_ffefn]);
  expect(rmw('xchg', step)).toEqual([0xffff_fff0n, 0x13n]);
  expect(rmw('smax', step)).toEqual([0xffff_fff0n, 0x13n]);
  expect(rmw('umax', step)).toEqual([0xffff_fff0n, 0xffff_fff0n]);
  expect(rmw('', 'v3 = atomic_cas.i32 v2, v0, v1')).toEqual([0xffff_fff0n, 0x13n]);
  expect(rmw('', 'v3 = atomic_cas.i32 v2, v1, v1')).toEqual([0xffff_fff0n, 0xffff_fff0n]);
});

test('a slot that asks for no alignment shows other low bits of its address in another space', () => {
  const lowBits = (slot: string, mask: number, space: typeof OTHER_SPACE): bigint => {
    const body = `    v2 = iconst.i64 ${mask}\n    v3 = band v1, v2\n    return v3`;
    const program = prepareText(inSlot(body, slot), space);
    return resultOf(interpret(program, { kind: 'test', name: 'main' }, [0n]));
  };
  expect(lowBits('explicit_slot 8', 15, DEFAULT_SPACE)).toBe(0n);
  expect(lowBits('explicit_slot 8', 15, OTHER_SPACE)).toBe(1n);
  expect(lowBits('explicit_slot 8, align = 8', 15, OTHER_SPACE)).toBe(8n);
  expect(lowBits('explicit_slot 8, align = 8', 7, OTHER_SPACE)).toBe(0n);
  expect(lowBits('explicit_slot 8, align = 16', 15, OTHER_SPACE)).toBe(0n);
});

test('what goes past the end of a slot into the next does not in another space', () => {
  const text = inSlot(
    '    store v0, v1+96\n    v2 = load.i64 v1+96\n    return v2',
    'explicit_slot 8',
  ).replace('ss1 = explicit_slot 1', 'ss1 = explicit_slot 64');
  const run = (space: typeof OTHER_SPACE): string =>
    interpret(prepareText(text, space), { kind: 'test', name: 'main' }, [7n]).kind;
  expect(run(DEFAULT_SPACE)).toBe('returned');
  expect(run(OTHER_SPACE)).not.toBe('returned');
});

test('each bit of an address that a space may choose is another one in one of the others', () => {
  const address = (space: typeof OTHER_SPACE, slot: string): bigint =>
    resultOf(
      interpret(prepareText(inSlot('    return v1', slot), space), { kind: 'test', name: 'main' }, [0n]),
    );
  for (const slot of ['explicit_slot 8, align = 16', 'explicit_slot 246']) {
    const here = address(DEFAULT_SPACE, slot);
    const changed = (here ^ address(OTHER_SPACE, slot)) | (here ^ address(OPPOSITE_SPACE, slot));
    for (let bit = 6n; bit < 37n; bit += 1n) expect((changed >> bit) & 1n, `bit ${bit}`).toBe(1n);
  }
});
