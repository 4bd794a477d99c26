import { describe, expect, it } from 'vitest';
import { CALL_CONVS } from '../clif/signature.ts';
import { convention, isModelled, registerSet } from './convention.ts';
import { fName, xName } from './registers.ts';

describe('convention', () => {
  it('saves the s and fs registers under every convention', () => {
    for (const callConv of CALL_CONVS) {
      const { savedX, savedF } = convention(callConv);
      const names = [...savedX.map(xName), ...savedF.map(fName)];
      for (let i = 0; i < 12; i++) expect(names).toEqual(expect.arrayContaining([`s${i}`, `fs${i}`]));
      expect(names).toEqual(expect.arrayContaining(['gp', 'tp']));
      expect(names).not.toContain('sp');
    }
    expect(convention('system_v').savedX.map(xName)).not.toContain('t0');
    expect(convention('preserve_all').savedX.map(xName)).toContain('a0');
  });

  it('pops under tail alone, and saves vectors under preserve_all alone', () => {
    expect(CALL_CONVS.filter((c) => convention(c).popper === 'callee')).toEqual(['tail']);
    expect(CALL_CONVS.filter((c) => convention(c).savesVectors)).toEqual(['preserve_all']);
  });
});

describe('registerSet', () => {
  it('has a bit for each', () => {
    expect(registerSet([])).toBe(0);
    expect(registerSet([0, 3, 31])).toBe(0x80000009);
  });
});

describe('isModelled', () => {
  it('is so of all but the tail convention of old releases', () => {
    expect(['0.101.4', '0.107.2'].map((version) => isModelled('tail', version))).toEqual([false, false]);
    expect(['0.108', '0.135.8', 'main'].every((version) => isModelled('tail', version))).toBe(true);
    expect(isModelled('system_v', '0.101.4')).toBe(true);
  });
});
