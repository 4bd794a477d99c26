import { describe, expect, it } from 'vitest';
import { clifErrorText, parseClif } from './parse.ts';
import { printModule } from './print.ts';

function reprint(text: string): string {
  const result = parseClif(text);
  if (result.kind === 'error') throw new Error(clifErrorText(result));
  return printModule(result.file.module);
}

function body(...lines: readonly string[]): string {
  return `function %f(i64 vmctx, i64, i8) -> i64 system_v {\n${lines.map((line) => `    ${line}\n`).join('')}}\n`;
}

describe('older text', () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'a global value loaded from the context',
      [
        'gv0 = vmctx',
        'gv1 = load.i64 notrap aligned gv0+8',
        'gv2 = iadd_imm.i64 gv1, -3',
        'block0(v0: i64, v1: i64, v2: i8):',
        'v3 = global_value.i64 gv2',
        'return v3',
      ],
      /(v\d+) = load\.i64 notrap aligned v0\+8\n\s+(v\d+) = iconst\.i64 -3\n\s+v3 = iadd \1, \2\n/,
    ],
    [
      'the context as a global value',
      ['gv0 = vmctx', 'block0(v0: i64, v1: i64, v2: i8):', 'v3 = global_value.i64 gv0', 'return v3'],
      /:\n\s+return v0\n/,
    ],
    [
      'a carry told',
      ['block0(v0: i64, v1: i64, v2: i8):', 'v3, v4 = isub_borrow v0, v1, v2', 'return v3'],
      /v3, v4 = ssub_overflow_bin v0, v1, v2\n/,
    ],
    [
      'a carry not told',
      ['block0(v0: i64, v1: i64, v2: i8):', 'v3 = iadd_cin v0, v1, v2', 'return v3'],
      /v3, v\d+ = sadd_overflow_cin v0, v1, v2\n/,
    ],
    [
      'references',
      ['block0(v0: i64, v1: i64, v2: i8):', 'v3 = null.r64', 'v4 = is_invalid v3', 'return v3'],
      /v3 = iconst\.i64 0\n\s+(v\d+) = iconst\.i64 -1\n\s+v4 = icmp eq v3, \1\n/,
    ],
    [
      'facts and memory types',
      [
        'gv0 ! mem(mt0, 0, 0) = vmctx',
        'mt0 = struct 8 { 0: i64 readonly ! mem(mt1, 0, 0) }',
        'mt1 = dynamic_memory gv0+0x10',
        'mt2 = empty',
        'block0(v0 ! mem(mt0, 0, 0): i64, v1: i64, v2: i8):',
        'v3 ! range(64, 0, 0x10) = iadd v0, v1',
        'return v3',
      ],
      /gv0 = vmctx\n\nblock0\(v0: i64, v1: i64, v2: i8\):\n\s+v3 = iadd v0, v1\n/,
    ],
    [
      'conventions and purposes that are gone',
      [
        'fn0 = %g(i64 stack_limit) cold',
        'fn1 = %g(r64) wasmtime_system_v',
        'block0(v0: i64, v1: i64, v2: i8):',
        'return v0',
      ],
      /sig0 = \(i64\) fast\n\s+sig1 = \(i64\) system_v\n/,
    ],
    [
      'trap codes that are gone, each another',
      [
        'block0(v0: i64, v1: i64, v2: i8):',
        'resumable_trapnz v0, bad_sig',
        'trapz v0, user0',
        'trapz v0, user65535',
        'trap table_oob',
      ],
      /trapnz v0, user245\n\s+trapz v0, user250\n\s+trapz v0, user241\n\s+trap user248\n/,
    ],
    [
      'dynamic stack slots read and written',
      [
        'gv0 = dyn_scale_target_const.i32x4',
        'dt0 = i32x4*gv0',
        'dss0 = explicit_dynamic_slot dt0',
        'block0(v0: i64, v1: i64, v2: i8):',
        'v3 = dynamic_stack_load.dt0 dss0',
        'dynamic_stack_store v3, dss0',
        'return v0',
      ],
      /v3 = load\.dt0 notrap v\d+\n\s+v\d+ = dynamic_stack_addr\.i64 dss0\n\s+store notrap v3, v\d+\n/,
    ],
  ];
  it.each(cases)('%s', (_name, lines, expected) => {
    const text = reprint(body(...lines));
    expect(text).toMatch(expected);
    expect(reprint(text)).toBe(text);
  });

  it('refuses a context that the signature does not have, and a global value that rests on itself', () => {
    const context = 'function %f(i64) { gv0 = vmctx\nblock0(v0: i64):\nv1 = global_value.i64 gv0\nreturn }';
    expect(() => reprint(context)).toThrow(/3:\d+: gv0 needs a parameter with the purpose vmctx/);
    const cycle = 'function %f() { gv0 = iadd_imm.i64 gv0, 1\nblock0:\nv1 = global_value.i64 gv0\nreturn }';
    expect(() => reprint(cycle)).toThrow(/gv0 rests on itself/);
  });
});

describe('dynamic vectors', () => {
  const text = `function %f(i32) -> i32x4 fast {
    gv0 = dyn_scale_target_const.i32x4
    gv1 = dyn_scale_target_const.i64x2
    dt0 = i32x4*gv0
    dt1 = i64x2*gv1
    dss0 = explicit_dynamic_slot dt0

block0(v0: i32):
    v1 = splat.dt0 v0
    v2 = dynamic_stack_addr.i64 dss0
    store notrap aligned v1, v2
    v3 = load.dt0 notrap aligned v2
    v4 = swiden_low v3
    v5 = load.dt1 v2
    v6 = iadd v4, v5
    v7 = extract_vector v1, 0
    return v7
}
`;
  it('have a type that only their number names', () => {
    const result = parseClif(text);
    if (result.kind === 'error') throw new Error(clifErrorText(result));
    const [fn] = result.file.module.functions;
    expect([1, 4, 6, 7].map((v) => fn?.valueTypes[v])).toEqual(['i32x4xN', 'i64x2xN', 'i64x2xN', 'i32x4']);
    expect(reprint(text)).toBe(text);
  });

  it('are no operands of what takes fixed vectors only', () => {
    expect(() => reprint(text.replace('iadd v4, v5', 'uadd_sat v4, v5'))).toThrow(/no type for uadd_sat/);
    expect(() => reprint(text.replace('extract_vector v1', 'extract_vector v0'))).toThrow(
      /no type for extract_vector/,
    );
  });
});
