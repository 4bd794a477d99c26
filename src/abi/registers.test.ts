import { describe, expect, it } from 'vitest';
import { F_NAMES, fName, X_NAMES, xName } from './registers.ts';

describe('registers', () => {
  it('names all 32 of each class once', () => {
    expect(new Set(X_NAMES).size).toBe(32);
    expect(new Set(F_NAMES).size).toBe(32);
    expect([xName(8), xName(10), xName(18), xName(31)]).toEqual(['s0', 'a0', 's2', 't6']);
    expect([fName(8), fName(10), fName(27), fName(28)]).toEqual(['fs0', 'fa0', 'fs11', 'ft8']);
  });
});
