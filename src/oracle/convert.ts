import { bitMask } from '../clif/type.ts';
import { roundToOdd } from './rounding.ts';
import { trap } from './stop.ts';

/** `n` as a host number that `FloatFormat.encode` rounds as it would round `n` itself. */
export function integerToFloat(n: bigint, floatBits: number): number {
  // Number() rounds to nearest even, which is final for f64 and one rounding too many for the others.
  return floatBits === 64 ? Number(n) : roundToOdd(n);
}

/** Smallest and largest integer of `bits`. */
function rangeOf(bits: number, signed: boolean): readonly [bigint, bigint] {
  if (!signed) return [0n, bitMask(bits)];
  const end = 1n << BigInt(bits - 1);
  return [-end, end - 1n];
}

/** Truncates towards zero; NaN traps as bad_toint, values out of range as int_ovf (instructions.rs, fcvt_to_uint). */
export function floatToInteger(x: number, bits: number, signed: boolean): bigint {
  if (x !== x) trap('bad_toint');
  if (!Number.isFinite(x)) trap('int_ovf');
  const n = BigInt(Math.trunc(x));
  const [least, most] = rangeOf(bits, signed);
  if (n < least || n > most) trap('int_ovf');
  return BigInt.asUintN(bits, n);
}

/** Truncates towards zero and clamps; NaN gives 0. */
export function floatToIntegerSaturating(x: number, bits: number, signed: boolean): bigint {
  if (x !== x) return 0n;
  const [least, most] = rangeOf(bits, signed);
  if (!Number.isFinite(x)) return BigInt.asUintN(bits, x < 0 ? least : most);
  const n = BigInt(Math.trunc(x));
  return BigInt.asUintN(bits, n < least ? least : n > most ? most : n);
}
