import { describe, expect, it } from 'vitest';

import type { CompileResult } from './compile-result.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { DECLINED, declinedReason } from './declined.ts';

const CRATE = 'cranelift-codegen-0.135.8';

function codegenError(error: string, message: string): CompileResult {
  return { kind: 'codegen-error', function: '%f', error, message };
}

function panic(file: string, message: string): CompileResult {
  return { kind: 'panic', function: '%f', message, file: `${CRATE}/src/${file}`, line: 1 };
}

// Messages as 0.135.8 gave them.
it.each([
  [
    'too-many-results',
    codegenError(
      'Unsupported',
      'Too many return values to fit in registers. Use a StructReturn argument instead. (#9510)',
    ),
  ],
  [
    'no-lowering',
    codegenError('Unsupported', 'should be implemented in ISLE: inst = `v2 = fadd.f128 v0, v1`'),
  ],
  ['dynamic-vector', codegenError('Unsupported', 'invalid dynamic vector type: dt0')],
  ['code-too-large', codegenError('CodeTooLarge', 'Code for function is too large')],
  ['implementation-limit', codegenError('ImplLimitExceeded', 'Implementation limit exceeded')],
  [
    'winch',
    panic(
      'isa/riscv64/abi.rs',
      "assertion `left != right` failed: riscv64 does not support the 'winch' calling convention yet",
    ),
  ],
  [
    'struct-argument',
    panic('isa/riscv64/abi.rs', 'StructArgument parameters are not supported on riscv64. Use …'),
  ],
  [
    'sret-with-results',
    panic('machinst/abi.rs', 'No return values are allowed when using StructReturn: Signature {…}'),
  ],
  ['sret-result', panic('machinst/abi.rs', 'Explicit StructReturn return value not allowed: Signature {…}')],
  ['two-sret', panic('machinst/lower.rs', 'assertion failed: sret_param.is_none()')],
  [
    'vector-over-512-bits',
    panic('isa/riscv64/inst/mod.rs', 'index out of bounds: the len is 6 but the index is 7'),
  ],
  ['over-31-lanes', panic('isa/riscv64/inst/vector.rs', 'Invalid size for AVL')],
  ['apple-try-call', panic('machinst/abi.rs', 'assertion `left == right` failed\n  left: 2\n right: 0')],
] as const)('%s', (id, result) => {
  expect(declinedReason(result, null)?.id).toBe(id);
});

it.each<CompileResult>([
  panic('machinst/abi.rs', 'assertion `left == right` failed\n  left: 16\n right: 0'),
  panic('isa/riscv64/inst/mod.rs', 'index out of bounds: the len is 6 but the index is 9'),
  panic('isa/x64/abi.rs', 'StructArgument parameters are not supported'),
  codegenError('Regalloc', 'Regalloc validation errors'),
  codegenError('Unsupported', 'stack arguments are not supported with preserve_all'),
  { kind: 'verifier-error', function: '%f', message: 'm' },
  { kind: 'compiled', functions: [] },
  { kind: 'crashed', how: 'abort', detail: 'killed by SIGSEGV' },
])('does not decline %j', (result) => {
  expect(declinedReason(result, null)).toBeNull();
});

it('names each entry once', () => {
  expect(new Set(DECLINED.map(({ id }) => id)).size).toBe(DECLINED.length);
});

describe('a refusal without cause is a fault', () => {
  function declines(text: string, result: CompileResult, implicitReturnArea = false): boolean {
    const parsed = parseClif(text);
    if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
    return declinedReason(result, { module: parsed.file.module, implicitReturnArea }) !== null;
  }

  const body = 'block0(v0: i64):\n    return\n}\n';
  const caller = (declared: string): string => `function %main(i64) {\n    ${declared}\n${body}`;

  it('of results that fit, or have an area', () => {
    const result = codegenError('Unsupported', 'Too many return values to fit in registers. …');
    const many = caller('fn0 = u0:0() -> i64, i64, i64');
    expect(declines(many, result)).toBe(true);
    expect(declines(many, result, true)).toBe(false);
    expect(declines(caller('fn0 = u0:0() -> i64, f64, i64, f64'), result)).toBe(false);
  });

  it('of calls that are not patchable', () => {
    const refused = (inst: string): CompileResult =>
      codegenError('Unsupported', `should be implemented in ISLE: inst = \`${inst}\`, type = \`None\``);
    const plain = caller('fn0 = u0:0() tail');
    for (const inst of ['return_call fn0()', 'v1, v2 = call fn0(v0)', 'return_call_indirect sig0, v0()'])
      expect(declines(plain, refused(inst))).toBe(false);
    expect(declines(plain, refused('v2 = fadd.f128 v0, v1'))).toBe(true);
    expect(declines(caller('fn0 = patchable u0:0() tail'), refused('return_call fn0()'))).toBe(true);
  });

  it('of instructions that every release lowers', () => {
    const refused = (inst: string, type: string): CompileResult =>
      codegenError('Unsupported', `should be implemented in ISLE: inst = \`${inst}\`, type = \`${type}\``);
    expect(declines(caller(''), refused('v1 = func_addr.i64 fn0', 'Some(types::I64)'))).toBe(false);
    expect(declines(caller(''), refused('brif v1, block1, block2', 'None'))).toBe(false);
    expect(declines(caller(''), refused('v1 = load.i32 notrap v0+4', 'Some(types::I32)'))).toBe(false);
    expect(declines(caller(''), refused('v1 = uload8.i32 little v0+1', 'Some(types::I32)'))).toBe(false);
    expect(declines(caller(''), refused('istore16 v0, v0', 'None'))).toBe(false);
    expect(declines(caller(''), refused('v1 = load.i8x4 v0', 'Some(types::I8X4)'))).toBe(true);
    expect(declines(caller(''), refused('v1 = atomic_load.i32 v0', 'Some(types::I32)'))).toBe(true);
  });

  it('of functions that are not long', () => {
    const result = codegenError('CodeTooLarge', 'Code for function is too large');
    const long = `function %main(i64) {\nblock0(v0: i64):\n${'    nop\n'.repeat(1 << 16)}    return\n}\n`;
    expect(declines(caller(''), result)).toBe(false);
    expect(declines(long, result)).toBe(true);
  });

  it('of types that every release has', () => {
    const refused = (type: string): CompileResult =>
      codegenError('Unsupported', `Unexpected SSA-value type: ${type}`);
    expect(declines(caller(''), refused('i16'))).toBe(false);
    expect(declines(caller(''), refused('types::F32'))).toBe(false);
    expect(declines(caller(''), refused('i32x4xN'))).toBe(true);
    expect(declines(caller(''), refused('f128'))).toBe(true);
  });

  it('of frames that are not large', () => {
    const result = codegenError('ImplLimitExceeded', 'Implementation limit exceeded');
    expect(declines(caller('ss0 = explicit_slot 65536'), result)).toBe(false);
    expect(declines(caller('ss0 = explicit_slot 1073741824'), result)).toBe(true);
  });

  it('of try_calls under conventions that have payloads', () => {
    const result = panic('machinst/abi.rs', 'assertion `left == right` failed\n  left: 2\n right: 0');
    const tries = (callConv: string): string => `function %main(i64) {
    sig0 = () ${callConv}
    fn0 = u0:0() ${callConv}
block0(v0: i64):
    try_call fn0(), sig0, block1, [ default: block1 ]
block1:
    return
}
`;
    expect(declines(tries('tail'), result)).toBe(false);
    expect(declines(tries('apple_aarch64'), result)).toBe(true);
  });
});
