/** Number of an integer (x0-x31) or floating-point (f0-f31) register. */
export type RegisterNumber = number;

export const RA: RegisterNumber = 1;
export const SP: RegisterNumber = 2;
export const GP: RegisterNumber = 3;
export const TP: RegisterNumber = 4;
export const A0: RegisterNumber = 10;
export const FA0: RegisterNumber = 10;

/** Argument registers of each class: a0-a7 and fa0-fa7 (psABI, "Integer Calling Convention", "Hardware Floating-point Calling Convention"). */
export const ARGUMENT_REGISTERS = 8;
/** Result registers of each class: a0, a1 and fa0, fa1 (same sections). */
export const RESULT_REGISTERS = 2;

/** ABI names by number (psABI, "Integer Register Convention"). */
export const X_NAMES: readonly string[] =
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(
    ' ',
  );

/** ABI names by number (psABI, "Floating-point Register Convention"). */
export const F_NAMES: readonly string[] =
  'ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11'.split(
    ' ',
  );

export function xName(number: RegisterNumber): string {
  return X_NAMES[number] ?? `x${number}`;
}

export function fName(number: RegisterNumber): string {
  return F_NAMES[number] ?? `f${number}`;
}
