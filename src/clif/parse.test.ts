import { describe, expect, it } from 'vitest';
import { checkModule } from './check.ts';
import { clifErrorText, type ClifFile, parseClif } from './parse.ts';
import { printModule } from './print.ts';

function parsed(text: string): ClifFile {
  const result = parseClif(text);
  if (result.kind === 'error') throw new Error(clifErrorText(result));
  return result.file;
}

/** Instructions of the first function, as printed. */
function bodyOf(text: string): string[] {
  const lines = printModule(parsed(text).module).split('\n');
  return lines.filter((line) => line.startsWith('    ')).map((line) => line.trim());
}

const inBody = (line: string): string =>
  `function %f(i64) -> i64 system_v {\nblock0(v0: i64):\n    ${line}\n}\n`;

describe('a file', () => {
  it('keeps its header and attaches directives to the function before them', () => {
    const file = parsed(`
; a comment
test interpret
test run
set opt_level=speed enable_verifier
target riscv64 has_v has_zba=false
set opt_level=none
target x86_64
feature "x"
feature ! "y"

function %f(i8, f32) -> i8, i32x4 {
block0(v0: i8, v1: f32):
    v2 = vconst.i32x4 [1 -2 3 4]
    return v0, v2
}
; run: %f(-1, 0x1.8p1) == [200, [1 2 3 4]]
;run: %f(0xff, -NaN:0x1) != [0, 0x00000001000000020000000300000004]
; print: %f(1, 0.0)
; runs only on Tuesdays

function u0:7() -> i32 tail {
block0:
    v0 = iconst.i32 7
    return v0
}
; run
`);
    expect(file.tests).toEqual(['interpret', 'run']);
    expect(file.features).toEqual(['x', '!y']);
    expect(file.targets).toEqual([
      {
        isa: 'riscv64',
        flags: ['has_v', 'has_zba=false'],
        shared: { opt_level: 'speed', enable_verifier: 'true' },
      },
      { isa: 'x86_64', flags: [], shared: { opt_level: 'none', enable_verifier: 'true' } },
    ]);
    expect(file.module.functions.map((fn) => fn.signature.callConv)).toEqual(['system_v', 'tail']);
    const [first, second, third, fourth] = file.directives;
    expect(first).toEqual({
      kind: 'run',
      functionName: { kind: 'test', name: 'f' },
      comparison: '==',
      args: [
        { text: '-1', type: 'i8' },
        { text: '0x1.8p1', type: 'f32' },
      ],
      expected: [
        { text: '200', type: 'i8' },
        { text: '[1 2 3 4]', type: 'i32x4' },
      ],
    });
    expect(second).toMatchObject({ comparison: '!=', args: [{ text: '0xff' }, { text: '-NaN:0x1' }] });
    expect(third).toMatchObject({ kind: 'print', args: [{ text: '1' }, { text: '0.0' }] });
    expect(fourth).toMatchObject({
      functionName: { kind: 'user', namespace: 0, index: 7 },
      comparison: '!=',
      expected: [{ text: '0', type: 'i32' }],
    });
    expect(file.directives).toHaveLength(4);
  });

  it('takes the default convention from the options, else from its tests', () => {
    const text = 'function %f() {\nblock0:\n    return\n}\n';
    expect(parsed(text).module.functions[0]?.signature.callConv).toBe('fast');
    expect(parsed(`test run\n${text}`).module.functions[0]?.signature.callConv).toBe('system_v');
    const given = parseClif(`test run\n${text}`, { defaultCallConv: 'tail' });
    expect(given.kind === 'ok' && given.file.module.functions[0]?.signature.callConv).toBe('tail');
  });

  it('gives an inline signature the next free number', () => {
    const text =
      'function %f() tail {\n    sig0 = (i8) fast\n    fn0 = colocated %g(i64 vmctx, i8 sext) -> f64 tail\nblock0:\n    return\n}';
    expect(bodyOf(text)).toContain('sig1 = (i64 vmctx, i8 sext) -> f64 tail');
    expect(bodyOf(text)).toContain('fn0 = colocated %g sig1');
  });

  it('resolves aliases and forgets locations, tags, stack maps and alias regions', () => {
    const text = `function %f(i64) -> i64 system_v {
    region0 = 3 "heap"
    ss0 = explicit_slot 8, align = 0x10, key = 5
    fn0 = %g() system_v
block0(v0: i64):
    v3 -> v0
<1, ss0> @0011 v1 = load.i64 notrap region0 v3+16
    v4 -> v3
    call fn0(), stack_map=[i64 @ ss0+0]
    v2 = iadd v4, v1
    return v2
}`;
    expect(bodyOf(text).slice(-4)).toEqual([
      'v1 = load.i64 notrap v0+16',
      'call fn0()',
      'v2 = iadd v0, v1',
      'return v2',
    ]);
  });

  it('rewrites instructions of older text', () => {
    const text = `function %f(i64, i128) -> i64 system_v {
    ss0 = explicit_slot 8
block0(v0: i64, v1: i128):
    v2 = iadd_imm v0, -5
    stack_store v2, ss0+4
    v3 = stack_load.i64 ss0
    v4 = icmp_imm ult v3, 7
    v5 = iadd_imm.i128 v1, -1
    v6 = ishl_imm v3, 3
    v7 = irsub_imm v6, 1
    v8 = load.i64 heap v7
    return v8
}`;
    expect(bodyOf(text).slice(1)).toEqual([
      'v9 = iconst.i64 -5',
      'v2 = iadd v0, v9',
      'v10 = stack_addr.i64 ss0+4',
      'store notrap v2, v10',
      'v11 = stack_addr.i64 ss0',
      'v3 = load.i64 notrap v11',
      'v12 = iconst.i64 7',
      'v4 = icmp ult v3, v12',
      'v13 = iconst.i64 -1',
      'v14 = sextend.i128 v13',
      'v5 = iadd v1, v14',
      'v15 = iconst.i32 3',
      'v6 = ishl v3, v15',
      'v16 = iconst.i64 1',
      'v7 = isub v16, v6',
      'v8 = load.i64 v7',
      'return v8',
    ]);
  });

  it('has its own names for what was renamed', () => {
    const text =
      'function %f(i8x16, i8x16) -> i8x16 fast {\nblock0(v0: i8x16, v1: i8x16):\n    v2 = x86_blendv v0, v0, v1\n    v3 = band_not v2, v1\n    return v3\n}';
    expect(bodyOf(text).slice(0, 3)).toEqual(['v2 = blendv v0, v0, v1', 'v4 = bnot v1', 'v3 = band v2, v4']);
    expect(printModule(parsed(text).module, { cranelift: '0.121' })).toContain('x86_blendv.i8x16 v0, v0, v1');
    expect(printModule(parsed(text).module, { cranelift: '0.135.8' })).not.toContain('x86_blendv');
  });

  it('prints a type where the operand is defined only further down', () => {
    const text =
      'function %f() system_v {\nblock0:\n    jump block2\nblock1:\n    v1 = iadd.i32 v0, v0\n    return\nblock2:\n    v0 = iconst.i32 1\n    jump block1\n}';
    expect(bodyOf(text)).toContain('v1 = iadd.i32 v0, v0');
  });

  it("prints a type that is not the operand's, for the verifier to see", () => {
    expect(bodyOf(inBody('v1 = umin.i32 v0, v0'))).toEqual(['v1 = umin.i32 v0, v0']);
    expect(bodyOf(inBody('v1 = umin.i64 v0, v0'))).toEqual(['v1 = umin v0, v0']);
  });
});

describe('text that looks odd and is right', () => {
  it.each([
    ['v1 = iconst.i8 ++5', 'v1 = iconst.i8 5'],
    ['v1 = iconst.i16 0xff_ff', 'v1 = iconst.i16 -1'],
    ['v1 = iconst.i64 1_000', 'v1 = iconst.i64 1000'],
    ['trapz v0, user0000001', 'trapz v0, user1'],
    ['v1 = ireduce.i8x1 v0', 'v1 = ireduce.i8 v0'],
    ['v1 = load.i64 notrap user1 v0+0xffff_ffff_ffff_fff8', 'v1 = load.i64 user1 v0-8'],
    ['v1 = load.i64 user1 notrap v0', 'v1 = load.i64 notrap v0'],
    ['<1, ss0> @0fffffff v1 = bnot v0', 'v1 = bnot v0'],
    ['v1 = f64const NaN:0x00000000000000000000000000000000001', 'v1 = f64const +NaN:0x1'],
  ])('%s', (line, printed) => {
    expect(bodyOf(inBody(line))).toEqual([printed]);
  });

  it('leaves the signature of an exception table to the check', () => {
    const text = inBody('try_call_indirect v0(), sig7, block0(), []');
    expect(checkModule(parsed(text).module).map(({ kind }) => kind)).toContain('structure');
  });
});

describe('an error', () => {
  const table: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
    ['hello', 1, 1, /expected 'function', found 'hello'/],
    ['function f', 1, 10, /function name/],
    ['function %f', 1, 12, /expected '\(' before the parameters.*end of the text/],
    ['function %f(i64', 1, 16, /expected '\)'/],
    ['function %f(i63)', 1, 13, /type of a parameter/],
    ['function %f() sysv {', 1, 15, /calling convention.*'sysv'/],
    ['function %f() fast {\n', 2, 1, /expected a block such as block0, or '}'/],
    ['function %f() fast {\nblock0\n}', 3, 1, /expected ':'/],
    ['function %f() fast {\nblock0:\nblock0:\n}', 3, 1, /block0 is defined twice/],
    ['function %f() fast {\n  ss0 = explicit_slot 8, align = 3\n}', 2, 34, /power of two/],
    ['function %f() fast {\n  ss0 = spill_slot 8\n}', 2, 9, /expected explicit_slot, found 'spill_slot'/],
    [
      'function %f() fast {\n  ss0 = explicit_slot 8\n  ss0 = explicit_slot 8\n}',
      3,
      3,
      /ss0 is declared twice/,
    ],
    ['function %f() fast {\n  fn0 = %g sig3\n}', 2, 12, /sig3 is not declared/],
    ['function %f() fast {\n  dt0 = i64*gv0\n}', 2, 9, /vector/],
    ['function %f() fast {\n  gv0 = heap\n}', 2, 9, /kind of global value/],
    ['function %f() fast {\n  const0 = 0x123\n}', 2, 12, /even number of digits/],
    [inBody('v1 = frobnicate v0'), 3, 10, /expected an instruction, found 'frobnicate'/],
    [inBody('v1 = iconst 5'), 3, 10, /type after iconst/],
    [inBody('v1 = iconst.i8 256'), 3, 20, /integer of 8 bits/],
    [inBody('v1 = iconst.f32 1'), 3, 17, /f32 is no type for iconst/],
    [inBody('v1 = iadd v0'), 4, 1, /expected ',' between operands/],
    [inBody('v1 = iadd v0, v9'), 3, 5, /v9 is not defined/],
    [inBody('v0 = iadd v0, v0'), 3, 5, /v0 is defined twice/],
    [inBody('iadd v0, v0'), 3, 5, /iadd gives 1 results, 0 are named/],
    [inBody('v1, v2 = iadd v0, v0'), 3, 14, /iadd gives 1 results, 2 are named/],
    [inBody('v1 = f32const 1.5'), 3, 19, /hexadecimal/],
    [inBody('v1 = f32const 0x1.000001p0'), 3, 19, /no f32/],
    [inBody('v1 = f32const sNaN:0x1'), 3, 19, /hexadecimal float of 32 bits, found 'sNaN'/],
    [inBody('v1 = vconst.i32x4 [1 2 3]'), 3, 29, /integer of 32 bits/],
    [inBody('v1 = load.i64 little big v0'), 3, 26, /both big and little/],
    [inBody('v1 = load.i64 v0+0x1_0000_0000'), 3, 21, /32-bit offset/],
    [inBody('call fn0(v0)'), 3, 10, /fn0 is not declared/],
    [inBody('v1 = iconst.i32 1_000'), 3, 21, /integer of 32 bits/],
    [inBody('v1 = iconst.i64 0x00000000000000001'), 3, 21, /integer of 64 bits/],
    [inBody('v1 = iconst.i64 0X1'), 3, 21, /integer of 64 bits/],
    [inBody('v1 = f64const 0x0.0p99999'), 3, 19, /exponent has more than 16 bits/],
    [inBody('v1 = f64const 0x1.0P1'), 3, 19, /hexadecimal/],
    [inBody('v1 = vconst.i128x2 [1 2]'), 3, 25, /only lanes of 8 to 64 bits/],
    [inBody('@123456789 v1 = bnot v0'), 3, 5, /32 bits/],
    [inBody('<1 2> v1 = bnot v0'), 3, 8, /expected '>'/],
    [inBody('v1 = load.i64 region0 region1 v0'), 3, 27, /one alias region/],
    ['function %f() fast {\n  fn0 = %g()\nblock0:\n  return_call fn0(), stack_map=[]\n}', 4, 22, /stack map/],
    ['function %f() fast {\n  region1 = 0 "a"\n}', 2, 3, /expected region0/],
    ['function %f() fast {\n  gv0 = vmctx\n  gv1 = load.i64 notrap gv0\n}', 3, 25, /aligned/],
    ['function %f() fast {\n  const0 = i32 [1]\n}', 2, 17, /hexadecimal number/],
    ['function %f() fast {\n  fn0 = u0:0x1()\n}', 2, 12, /number of a function/],
    ['feature "x"\ntest run\n', 2, 1, /expected 'function', found 'test'/],
    [inBody('v1 = icmp lt v0, v0'), 3, 15, /integer condition/],
    [inBody('trap user0x'), 3, 10, /trap code/],
    [inBody('v1 -> v7'), 3, 11, /v7 is not defined above/],
    [inBody('v1 = iconst.i64 1 ~'), 3, 23, /found '~'/],
    [inBody('v4000000 = iconst.i64 1'), 3, 5, /value number above/],
    [
      'target riscv64\nset opt_level=none\nfunction %f() fast {\nblock0:\n  return\n}',
      2,
      1,
      /'set' after the last target/,
    ],
    ['target \n', 1, 7, /expected a target/],
    ['set opt_level==none', 1, 5, /expected a setting/],
    [`${inBody('return v0')}; run: %f(1) = 2\n`, 5, 14, /expected '=='/],
    [`${inBody('return v0')}; run: %f(1, 2) == 2\n`, 5, 12, /expected '\)' after 1 arguments/],
    [`${inBody('return v0')}; run: %f(1.0) == 2\n`, 5, 11, /integer of 64 bits/],
    [`${inBody('return v0')}; run\n`, 5, 6, /':' and a call/],
  ];
  it.each(table)('in %j is at %i:%i', (text, line, column, message) => {
    const result = parseClif(text, { file: 'bad.clif' });
    if (result.kind === 'ok') throw new Error('the text parses');
    expect({ line: result.line, column: result.column }).toEqual({ line, column });
    expect(result.message).toMatch(message);
    expect(clifErrorText(result).startsWith(`bad.clif:${line}:${column}: `)).toBe(true);
  });

  it('is none for a file without functions', () => {
    expect(parsed('').module.functions).toEqual([]);
  });
});
