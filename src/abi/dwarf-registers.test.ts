import { describe, expect, it } from 'vitest';
import { dwarfName, dwarfNumber, dwarfRegister } from './dwarf-registers.ts';

describe('numbers of registers in DWARF', () => {
  it('are those of the RISC-V DWARF specification', () => {
    expect([1, 8, 31, 32, 41, 63, 96, 127].map(dwarfName)).toEqual([
      'ra',
      's0',
      't6',
      'ft0',
      'fs1',
      'ft11',
      'v0',
      'v31',
    ]);
  });

  it('have no register between 64 and 95, nor from 128 on', () => {
    for (const number of [64, 72, 95, 128, 4096]) {
      expect(dwarfRegister(number)).toBeNull();
      expect(dwarfName(number)).toBe(`register ${number}`);
    }
  });

  it('lead back to where they came from', () => {
    for (let number = 0; number < 128; number += 1) {
      const meant = dwarfRegister(number);
      if (meant !== null) expect(dwarfNumber(meant)).toBe(number);
    }
  });
});
