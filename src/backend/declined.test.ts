import { expect, it } from 'vitest';

import type { CompileResult } from './compile-result.ts';
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
  ['unsupported', codegenError('Unsupported', 'something else')],
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
  expect(declinedReason(result)?.id).toBe(id);
});

it.each<CompileResult>([
  panic('machinst/abi.rs', 'assertion `left == right` failed\n  left: 16\n right: 0'),
  panic('isa/riscv64/inst/mod.rs', 'index out of bounds: the len is 6 but the index is 9'),
  panic('isa/x64/abi.rs', 'StructArgument parameters are not supported'),
  codegenError('Regalloc', 'Regalloc validation errors'),
  { kind: 'verifier-error', function: '%f', message: 'm' },
  { kind: 'compiled', functions: [] },
  { kind: 'crashed', how: 'abort', detail: 'killed by SIGSEGV' },
])('does not decline %j', (result) => {
  expect(declinedReason(result)).toBeNull();
});

it('names each entry once', () => {
  expect(new Set(DECLINED.map(({ id }) => id)).size).toBe(DECLINED.length);
});
