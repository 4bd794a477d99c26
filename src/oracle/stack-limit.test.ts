import { describe, expect, it } from 'vitest';
import type { Outcome } from '../clif/outcome.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { DEFAULT_SPACE, OTHER_SPACE } from './address-space.ts';
import { interpret } from './interpret.ts';
import { prepare } from './prepare.ts';

function run(text: string, input: bigint): Outcome {
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return interpret(prepare(parsed.file.module), { kind: 'test', name: 'main' }, [input]);
}

/** `%main` hands its input to a function whose limit it is, at once or by two loads. */
function direct(slots: string): string {
  return `function u0:0(i64 vmctx) -> i64 system_v {
${slots}    gv0 = vmctx
    stack_limit = gv0
block0(v0: i64):
    v1 = iconst.i64 7
    return v1
}

function %main(i64) -> i64 system_v {
    fn0 = colocated u0:0(i64 vmctx) -> i64 system_v
block0(v0: i64):
    v1 = call fn0(v0)
    return v1
}
`;
}

const LOADED = `function u0:0(i64 vmctx) -> i64 system_v {
    ss0 = explicit_slot 8
    gv0 = vmctx
    gv1 = load.i64 notrap aligned gv0-8
    gv2 = load.i64 notrap aligned gv1+16
    stack_limit = gv2
block0(v0: i64):
    v1 = iconst.i64 7
    return v1
}

function %main(i64) -> i64 system_v {
    ss0 = explicit_slot 16
    ss1 = explicit_slot 24
    fn0 = colocated u0:0(i64 vmctx) -> i64 system_v
block0(v0: i64):
    v1 = stack_addr.i64 ss1
    store v0, v1+16
    v2 = stack_addr.i64 ss0+8
    store v1, v2-8
    v3 = call fn0(v2)
    return v3
}
`;

const SLOT = '    ss0 = explicit_slot 8\n';
const OVERFLOW: Outcome = { kind: 'trapped', code: 'stk_ovf' };

describe.each([
  ['vmctx', direct(SLOT)],
  ['memory', LOADED],
])('a stack limit from %s', (_, text) => {
  it('below every stack says nothing', () => {
    for (const limit of [0n, 0xffffn]) expect(run(text, limit)).toEqual({ kind: 'returned', results: [7n] });
  });

  it('above every stack traps', () => {
    for (const limit of [1n << 63n, 0xffff_ffff_ffff_8000n]) expect(run(text, limit)).toEqual(OVERFLOW);
  });

  it('between them, or where a frame wraps around, ends without a verdict', () => {
    for (const limit of [0x1_0000n, (1n << 63n) - 1n, 0xffff_ffff_ffff_8001n])
      expect(run(text, limit).kind).toBe('exhausted');
  });
});

describe('a function without slots', () => {
  it('may need no stack, so that a limit above every stack says nothing', () => {
    expect(run(direct(''), 1n << 63n).kind).toBe('exhausted');
    expect(run(direct(''), 0n).kind).toBe('returned');
  });

  it('is checked where it calls something for certain', () => {
    const called = (first: string): Outcome =>
      run(
        direct('    fn0 = colocated u0:1() system_v\n').replace(
          'block0(v0: i64):\n',
          `block0(v0: i64):\n${first}    call fn0()\n`,
        ) + 'function u0:1() system_v {\nblock0:\n    return\n}\n',
        1n << 63n,
      );
    expect(called('')).toEqual(OVERFLOW);
    expect(called('    trapz v0, user1\n').kind).toBe('exhausted');
  });
});

/** `%main` gives a function, whose slots take 40 bytes, the address of its own slot less its input as limit. */
const NEAR = `function u0:0(i64 vmctx) -> i64 system_v {
    ss0 = explicit_slot 8
    ss1 = explicit_slot 32
    gv0 = vmctx
    stack_limit = gv0
block0(v0: i64):
    v1 = iconst.i64 7
    return v1
}

function %main(i64) -> i64 system_v {
    ss0 = explicit_slot 8
    fn0 = colocated u0:0(i64 vmctx) -> i64 system_v
block0(v0: i64):
    v1 = stack_addr.i64 ss0
    v2 = isub v1, v0
    v3 = call fn0(v2)
    return v3
}
`;

describe.each([
  ['one address space', DEFAULT_SPACE],
  ['another', OTHER_SPACE],
])('a stack limit below a slot of the caller, in %s', (_, space) => {
  const outcomeOf = (below: bigint): Outcome => {
    const parsed = parseClif(NEAR);
    if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
    return interpret(prepare(parsed.file.module, space), { kind: 'test', name: 'main' }, [below]);
  };

  it('traps where the function takes more than lies between', () => {
    for (const below of [0n, 16n, 40n]) expect(outcomeOf(below)).toEqual(OVERFLOW);
  });

  it('says nothing where it may not', () => {
    for (const below of [41n, 4096n]) expect(outcomeOf(below).kind).toBe('exhausted');
  });
});
