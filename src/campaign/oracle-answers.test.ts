import { describe, expect, it } from 'vitest';
import { readFiletest } from '../corpus/filetest.ts';
import type { CheckResult } from './check-result.ts';
import { judgeOracle, oracleAnswers } from './oracle-answers.ts';

const TEXT = `test run
target riscv64

function %half(i32) -> i32 {
block0(v0: i32):
    v1 = iconst.i32 1
    v2 = ushr v0, v1
    return v2
}
; run: %half(4) == 2
; run: %half(4) == 3
; run: %half(4) != 3
; print: %half(4)

function %divides(i32) -> i32 {
block0(v0: i32):
    v1 = iconst.i32 1
    v2 = udiv v1, v0
    return v2
}
; run: %divides(0) == 0
; print: %divides(0)

function %wild() -> i64 {
    ss0 = explicit_slot 8
block0:
    v0 = stack_addr.i64 ss0+8
    v1 = load.i64 notrap v0
    return v1
}
; run: %wild() == 0

function %frame() -> i64 {
block0:
    v0 = get_frame_pointer.i64
    return v0
}
; run: %frame() != 0

function %deep(i64) -> i64 {
    fn0 = %deep(i64) -> i64
block0(v0: i64):
    v1 = call fn0(v0)
    return v1
}
; run: %deep(1) == 1

function %round(f32) -> f32 {
    fn0 = %CeilF32(f32) -> f32
block0(v0: f32):
    v1 = call fn0(v0)
    return v1
}
; run: %round(0x1.8) == 0x1.0p1
`;

function judged(): ReadonlyMap<string, CheckResult> {
  const test = readFiletest(TEXT, 'x.clif');
  const answers = oracleAnswers(test);
  return new Map(test.checks.map((check, i) => [check.text, judgeOracle(check, answers[i])]));
}

describe('judgeOracle', () => {
  const results = judged();

  it.each(['%half(4) == 2', '%half(4) != 3', '%round(0x1.8) == 0x1.0p1'])('%s holds', (text) => {
    expect(results.get(text)).toEqual({ kind: 'pass' });
  });

  it('says what came where an expectation is not met', () => {
    expect(results.get('%half(4) == 3')).toEqual({ kind: 'miss', detail: 'returned 2' });
    expect(results.get('%divides(0) == 0')).toEqual({ kind: 'miss', detail: 'trapped with int_divz' });
  });

  it('expects nothing of a print line', () => {
    expect(results.get('print %half(4)')).toEqual({ kind: 'pass' });
    expect(results.get('print %divides(0)')).toEqual({ kind: 'pass' });
  });

  it('skips what CLIF leaves undefined and what the oracle does not know, with the reason', () => {
    const wild = 'undefined by CLIF: wild access outside everything the module has';
    expect(results.get('%wild() == 0')).toEqual({ kind: 'skipped', reason: wild });
    expect(results.get('%deep(1) == 1')).toEqual({
      kind: 'skipped',
      reason: 'the oracle gave up: call depth',
    });
    expect(results.get('%frame() != 0')).toMatchObject({
      kind: 'skipped',
      reason: expect.stringContaining('depends on where frames and code lie'),
    });
  });
});
