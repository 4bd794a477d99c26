import { describe, expect, it } from 'vitest';
import { CALL_CONVS } from '../clif/signature.ts';
import { calleeSaved, F_NAMES, fName, X_NAMES, xName } from './registers.ts';

describe('registers', () => {
  it('names all 32 of each class once', () => {
    expect(new Set(X_NAMES).size).toBe(32);
    expect(new Set(F_NAMES).size).toBe(32);
    expect([xName(8), xName(10), xName(18), xName(31)]).toEqual(['s0', 'a0', 's2', 't6']);
    expect([fName(8), fName(10), fName(27), fName(28)]).toEqual(['fs0', 'fa0', 'fs11', 'ft8']);
  });

  it('saves the s and fs registers under every convention', () => {
    for (const callConv of CALL_CONVS) {
      const saved = calleeSaved(callConv);
      const names = [...saved.x.map(xName), ...saved.f.map(fName)];
      for (let i = 0; i < 12; i++) expect(names).toEqual(expect.arrayContaining([`s${i}`, `fs${i}`]));
      expect(names).toEqual(expect.arrayContaining(['gp', 'tp']));
      expect(names).not.toContain('sp');
    }
    expect(calleeSaved('tail')).toEqual(calleeSaved('system_v'));
    expect(calleeSaved('system_v').x.map(xName)).not.toContain('t0');
    expect(calleeSaved('preserve_all').x.map(xName)).toContain('a0');
  });
});
