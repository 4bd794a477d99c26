import { fName, xName, type RegisterNumber } from './registers.ts';

/** Registers of one class have 32 numbers in a row, from here on (RISC-V DWARF specification, "DWARF Register Numbers"). */
const FIRST = { x: 0, f: 32, v: 96 } as const;
const REGISTERS = 32;

export interface DwarfRegister {
  readonly kind: keyof typeof FIRST;
  readonly register: RegisterNumber;
}

/** The x, f or v register that DWARF means by a number; null for any other number, most of which are reserved. */
export function dwarfRegister(number: number): DwarfRegister | null {
  for (const kind of ['x', 'f', 'v'] as const) {
    const register = number - FIRST[kind];
    if (register >= 0 && register < REGISTERS) return { kind, register };
  }
  return null;
}

export function dwarfNumber({ kind, register }: DwarfRegister): number {
  return FIRST[kind] + register;
}

export function dwarfName(number: number): string {
  const meant = dwarfRegister(number);
  if (meant === null) return `register ${number}`;
  const { kind, register } = meant;
  return kind === 'x' ? xName(register) : kind === 'f' ? fName(register) : `v${register}`;
}
