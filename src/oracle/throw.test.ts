import { describe, expect, it } from 'vitest';
import type { Outcome } from '../clif/outcome.ts';
import { UNCAUGHT } from '../clif/throw-routine.ts';
import { DEFAULT_SPACE, OPPOSITE_SPACE, OTHER_SPACE } from './address-space.ts';
import { interpret } from './interpret.ts';
import { prepare } from './prepare.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';

/** As in Wasmtime's throw.clif: throws out of its own frame, up to the frame whose pointer is the first argument. */
const THROW = `function %throw(i64, i32, i64, i64) tail {
    fn0 = %__cranelift_throw(i64, i64, i64, i32, i64, i64) system_v
block0(v0: i64, v1: i32, v2: i64, v3: i64):
    v4 = get_frame_pointer.i64
    v5 = get_return_address.i64
    v6 = load.i64 v5
    call fn0(v0, v4, v6, v1, v2, v3)
    return
}
`;

/** %main hands its frame pointer and a tag to %f. */
const MAIN = `function %main(i32) -> i64 tail {
    fn0 = %f(i64, i32) -> i64 tail
block0(v0: i32):
    v1 = get_frame_pointer.i64
    v2 = call fn0(v1, v0)
    return v2
}
`;

function run(text: string, inputs: readonly bigint[], space = DEFAULT_SPACE): Outcome {
  const parsed = parseClif(`${THROW}${text}`);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return interpret(prepare(parsed.file.module, space), { kind: 'test', name: 'main' }, inputs);
}

/** %f catches what %g throws; `handlers` goes to block1 (exn0), block2 (exn1) or block3. */
function catching(handlers: string, thrower = 'call fn0(v0, v1, v2, v3)\n    return'): string {
  return `${MAIN}
function %f(i64, i32) -> i64 tail {
    sig0 = (i64, i32, i64) -> i64 tail
    fn0 = %g sig0
    ss0 = explicit_slot 8
block0(v0: i64, v1: i32):
    v10 = stack_addr.i64 ss0
    v11 = iconst.i64 1000
    store v11, v10
    v2 = iconst.i64 7
    try_call fn0(v0, v1, v2), sig0, block9(ret0), [ ${handlers} ]
block9(v3: i64):
    return v3
block1(v4: i64):
    v12 = load.i64 v10
    v13 = iadd v4, v12
    return v13
block2(v5: i64):
    v15 = iadd v5, v5
    return v15
block3:
    v6 = iconst.i64 -1
    return v6
}

function %g(i64, i32, i64) -> i64 tail {
    ss0 = explicit_slot 8
    fn0 = %throw(i64, i32, i64, i64) tail
    fn1 = %g(i64, i32, i64) -> i64 tail
block0(v0: i64, v1: i32, v2: i64):
    v10 = stack_addr.i64 ss0
    store v2, v10
    v3 = iadd_imm v2, 30
    brif v2, block1, block2
block1:
    v4 = iadd_imm v2, -1
    v5 = call fn1(v0, v1, v4)
    v6 = load.i64 v10
    v7 = iadd v5, v6
    return v7
block2:
    brif v1, block3, block4
block3:
    ${thrower.replace('return', 'return v3')}
block4:
    return v3
}
`;
}

describe('an exception', () => {
  const table: readonly (readonly [string, string, bigint, bigint])[] = [
    ['goes past frames to the handler with its tag', 'tag2: block2(exn1), tag1: block1(exn0)', 1n, 1000n],
    ['takes its second payload along', 'tag2: block2(exn1), tag1: block1(exn0)', 2n, 60n],
    ['falls to the default handler', 'tag2: block2(exn1), default: block3', 5n, 2n ** 64n - 1n],
    ['passes over a context', 'context v2, tag5: block1(exn0)', 5n, 1000n],
    ['that is not thrown leaves the normal way', 'tag0: block1(exn0), default: block3', 0n, 58n],
  ];
  it.each(table)('%s', (_name, handlers, tag, expected) => {
    for (const space of [DEFAULT_SPACE, OTHER_SPACE])
      expect(run(catching(handlers), [tag], space)).toEqual({ kind: 'returned', results: [expected] });
  });

  it('that nothing catches ends the run', () => {
    expect(run(catching('tag2: block2(exn1)'), [1n])).toEqual(UNCAUGHT);
  });

  it('with a handler that two rules disagree on has no outcome', () => {
    const handlers = 'default: block3, tag1: block1(exn0)';
    expect(run(catching(handlers), [1n])).toMatchObject({
      reason: expect.stringContaining('default handler before'),
    });
    expect(run(catching(handlers), [2n])).toMatchObject({ kind: 'returned', results: [2n ** 64n - 1n] });
  });

  it('is not searched for in the frame it is to end in, and outside', () => {
    const inEntry = catching('default: block3').replace(
      'block0(v0: i64, v1: i32):',
      'block0(v77: i64, v1: i32):\n    v0 = get_frame_pointer.i64',
    );
    expect(run(inEntry, [1n])).toEqual(UNCAUGHT);
  });

  it('passes an activation of the function that catches it, whose values are its own', () => {
    const text = `${MAIN}
function %f(i64, i32) -> i64 tail {
    sig0 = (i64, i32) -> i64 tail
    fn0 = %f sig0
    fn1 = %throw(i64, i32, i64, i64) tail
    ss0 = explicit_slot 8
block0(v0: i64, v1: i32):
    v2 = uextend.i64 v1
    v3 = stack_addr.i64 ss0
    store v2, v3
    v4 = iadd_imm v2, 100
    brif v1, block1, block2
block1:
    v5 = iadd_imm v1, -1
    try_call fn0(v0, v5), sig0, block3(ret0), [ tag0: block4(exn0) ]
block2:
    call fn1(v0, v1, v4, v4)
    trap user1
block3(v6: i64):
    return v6
block4(v7: i64):
    v8 = load.i64 v3
    v9 = imul_imm v8, 1000
    v10 = iadd v9, v4
    v11 = imul_imm v10, 1000
    v12 = iadd v11, v7
    return v12
}
`;
    expect(run(text, [1n])).toEqual({ kind: 'returned', results: [1_101_100n] });
  });

  it('leaves frames, slots and values of functions that were active as they were', () => {
    // %f calls itself between two throws that it catches, and its own values and slots survive both.
    const text = `${MAIN}
function %f(i64, i32) -> i64 tail {
    sig0 = (i64, i32, i64, i64) tail
    sig1 = (i64, i32) -> i64 tail
    fn0 = %throw sig0
    fn1 = %f sig1
    ss0 = explicit_slot 8
block0(v0: i64, v1: i32):
    v2 = uextend.i64 v1
    v3 = stack_addr.i64 ss0
    store v2, v3
    v4 = iadd_imm v2, 100
    try_call fn0(v0, v1, v4, v2), sig0, block9, [ default: block1(exn0) ]
block1(v5: i64):
    brif v1, block2, block3
block2:
    v6 = iadd_imm v1, -1
    try_call fn1(v0, v6), sig1, block4(ret0), [ default: block9 ]
block3:
    return v5
block4(v7: i64):
    try_call fn0(v0, v1, v2, v4), sig0, block9, [ default: block5(exn1) ]
block5(v8: i64):
    v9 = load.i64 v3
    v10 = imul_imm v7, 1000
    v11 = iadd v8, v10
    v12 = imul_imm v9, 1000000000
    v13 = iadd v11, v12
    return v13
block9:
    trap user1
}
`;
    expect(run(text, [1n])).toEqual({ kind: 'returned', results: [100n * 1000n + 101n + 1_000_000_000n] });
    expect(run(text, [0n])).toEqual({ kind: 'returned', results: [100n] });
  });
});

describe('frame pointers', () => {
  const frames = (last: string): string => `function %main(i32) -> i64 tail {
    fn0 = %f(i64, i32) -> i64 tail
block0(v0: i32):
    v1 = iconst.i64 0
    v2 = call fn0(v1, v0)
    return v2
}

function %f(i64, i32) -> i64 tail {
    fn0 = %f(i64, i32) -> i64 tail
block0(v0: i64, v1: i32):
    v2 = get_frame_pointer.i64
    v3 = get_stack_pointer.i64
    v4 = get_return_address.i64
    brif v1, block1, block2
block1:
    v5 = iadd_imm v1, -1
    return_call fn0(${last}, v5)
block2:
    v6 = isub v0, ${last}
    return v6
}
`;
  it.each(['v2', 'v3'])('are alike in a tail call of the function by itself: %s', (value) => {
    for (const space of [DEFAULT_SPACE, OTHER_SPACE])
      expect(run(frames(value), [3n], space)).toEqual({ kind: 'returned', results: [0n] });
  });

  it.each(['v2', 'v3', 'v4'])('are another in another address space: %s', (value) => {
    const text = frames(value);
    expect(run(text, [0n], OTHER_SPACE)).not.toEqual(run(text, [0n]));
  });

  const below = (op: string, cond: string): readonly (bigint | null | undefined)[] => {
    const text = `function %main() -> i8 system_v {
    ss0 = explicit_slot 8
    ss1 = explicit_slot 8
block0:
    v0 = stack_addr.i64 ss0
    v1 = ${op}.i64
    v2 = icmp ${cond} v1, v0
    return v2
}
`;
    return [DEFAULT_SPACE, OTHER_SPACE, OPPOSITE_SPACE].map((space) => {
      const outcome = run(text, [], space);
      return outcome.kind === 'returned' ? outcome.results[0] : null;
    });
  };

  it('lie above the slots of their function or below, as the address space has it', () => {
    const isLower = below('get_frame_pointer', 'ult');
    expect(isLower.filter((one) => one === 1n)).toHaveLength(1);
    expect(isLower).toContain(0n);
  });

  it('lie above a stack pointer that is never above a slot, and at the lowest of them as the address space has it', () => {
    expect(below('get_stack_pointer', 'ule')).toEqual([1n, 1n, 1n]);
    expect(below('get_stack_pointer', 'eq')).toEqual([0n, 1n, 0n]);
  });

  it('lead to a record of the caller and of the way back, but for the entry', () => {
    const text = `function %main() -> i64 tail {
    fn0 = %f(i64) -> i64 tail
block0:
    v0 = get_frame_pointer.i64
    v1 = call fn0(v0)
    return v1
}

function %f(i64) -> i64 tail {
block0(v0: i64):
    v1 = get_frame_pointer.i64
    v2 = load.i64 v1
    v3 = load.i64 v1+8
    v4 = get_return_address.i64
    v5 = bxor v0, v2
    v6 = bxor v3, v4
    v7 = bor v5, v6
    return v7
}
`;
    for (const space of [DEFAULT_SPACE, OTHER_SPACE, OPPOSITE_SPACE])
      expect(run(text, [], space)).toEqual({ kind: 'returned', results: [0n] });
    const own =
      'function %main() -> i64 tail {\nblock0:\n    v0 = get_frame_pointer.i64\n    v1 = load.i64 v0\n    return v1\n}\n';
    expect(run(own, [])).toMatchObject({ kind: 'exhausted' });
    const half = text.replace('v2 = load.i64 v1', 'v2 = uload32.i64 v1');
    expect(run(half, [])).toMatchObject({ kind: 'exhausted' });
  });
});
