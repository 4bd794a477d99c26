import { describe, expect, it } from 'vitest';
import { compileFinding, type CompileFailure } from './compile-finding.ts';

const ABI_FILE = 'cranelift-codegen-0.135.8/src/machinst/abi.rs';

function panicAt(line: number, fn: string, message: string): CompileFailure {
  return { kind: 'panic', function: fn, message, file: ABI_FILE, line };
}

function codegenError(fn: string, message: string): CompileFailure {
  return { kind: 'codegen-error', function: fn, error: 'Unsupported', message };
}

describe('a panic', () => {
  it('has its place from the source, whatever it says and in whatever function', () => {
    const a = compileFinding(panicAt(7, '%main', 'index 3 out of bounds'));
    const b = compileFinding(panicAt(7, 'u0:4', 'index 9 out of bounds'));
    expect(a).toMatchObject({ kind: 'compiler-panic', place: `${ABI_FILE}:7` });
    expect(b.place).toBe(a.place);
    expect(compileFinding(panicAt(8, '%main', 'index 3 out of bounds')).place).not.toBe(a.place);
    expect(a.detail).toBe(`panic in %main at ${ABI_FILE}:7: index 3 out of bounds`);
  });

  it('that took the process along is known by how it ended', () => {
    expect(compileFinding({ kind: 'crashed', how: 'stack-overflow', detail: 'SIGSEGV' })).toEqual({
      kind: 'compiler-panic',
      place: 'stack-overflow',
      detail: 'SIGSEGV',
    });
  });
});

describe('a compiler that does not end', () => {
  it('is a hang', () => {
    expect(compileFinding({ kind: 'crashed', how: 'timeout', detail: 'no answer' })).toEqual({
      kind: 'hang',
      place: 'the compiler',
      detail: 'no answer',
    });
  });
});

describe('an error', () => {
  it('has a place without the names and numbers of the case', () => {
    const a = compileFinding(
      codegenError('%main', 'should be implemented in ISLE: inst = `v5 = iadd.i64 v3, v4`, type = i64'),
    );
    const b = compileFinding(
      codegenError('u0:1', 'should be implemented in ISLE: inst = `v59 = iadd.i64 v31, v4`, type = i64'),
    );
    expect(a.place).toBe(b.place);
    expect(a).toMatchObject({
      kind: 'compiler-error',
      place: expect.stringContaining('Unsupported should be implemented in ISLE'),
    });
    expect(a.detail).toContain('v5 = iadd.i64 v3, v4');
  });

  it('keeps what is said apart', () => {
    const place = (message: string): string => compileFinding(codegenError('%main', message)).place;
    expect(place('Too many return values')).not.toBe(place('Unexpected SSA-value type'));
  });

  it('keeps to the first line and a length', () => {
    const { place } = compileFinding(codegenError('%main', `${'word '.repeat(100)}\nsecond line`));
    expect(place.length).toBeLessThan(120);
    expect(place).not.toContain('second');
  });

  it('of the verifier and of the reader are told apart', () => {
    const verifier = compileFinding({
      kind: 'verifier-error',
      function: '%main',
      message: 'inst3: uses value arg v9',
    });
    const reader = compileFinding({ kind: 'parse-error', line: 3, message: 'inst3: uses value arg v9' });
    expect(verifier).toMatchObject({ kind: 'compiler-error', place: 'verifier N uses value arg N' });
    expect(reader).toMatchObject({ kind: 'compiler-error', place: 'reader N uses value arg N' });
    expect(reader.detail).toContain('line 3');
  });
});
