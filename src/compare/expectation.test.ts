import { describe, expect, it } from 'vitest';
import type { Outcome } from '../clif/outcome.ts';
import { expectationMiss, type Expectation } from './expectation.ts';

function returned(...results: readonly bigint[]): Outcome {
  return { kind: 'returned', results };
}

describe('expectationMiss', () => {
  const three: Expectation = { comparison: '==', types: ['i8'], results: [3n] };

  it('wants the same bits for ==, and says what came instead', () => {
    expect(expectationMiss(three, returned(3n))).toBeNull();
    expect(expectationMiss(three, returned(0xffn))).toBe('returned -1');
  });

  it('wants other bits for !=', () => {
    const other: Expectation = { ...three, comparison: '!=' };
    expect(expectationMiss(other, returned(4n))).toBeNull();
    expect(expectationMiss(other, returned(3n))).toBe('returned 3');
  });

  it('wants each of several results', () => {
    const both: Expectation = { comparison: '==', types: ['i8', 'f32'], results: [1n, 0x3f80_0000n] };
    expect(expectationMiss(both, returned(1n, 0x3f80_0000n))).toBeNull();
    expect(expectationMiss(both, returned(1n, 0xbf80_0000n))).toBe('returned [1, -0x1.0p0]');
    expect(expectationMiss({ ...both, comparison: '!=' }, returned(1n, 0n))).toBeNull();
  });

  it('tells NaNs and zeros apart by their bits, as the filetest runner does', () => {
    const nan: Expectation = { comparison: '==', types: ['f32'], results: [0x7fc0_0000n] };
    expect(expectationMiss(nan, returned(0x7fc0_0000n))).toBeNull();
    expect(expectationMiss(nan, returned(0xffc0_0000n))).not.toBeNull();
    expect(expectationMiss(nan, returned(0x7fc0_0001n))).not.toBeNull();
    const zero: Expectation = { comparison: '==', types: ['f32'], results: [0n] };
    expect(expectationMiss(zero, returned(0x8000_0000n))).toBe('returned -0.0');
  });

  it('is met by no run that does not return, whatever the comparison', () => {
    const trapped: Outcome = { kind: 'trapped', code: 'int_divz' };
    expect(expectationMiss(three, trapped)).toBe('trapped with int_divz');
    expect(expectationMiss({ ...three, comparison: '!=' }, trapped)).toBe('trapped with int_divz');
  });
});
