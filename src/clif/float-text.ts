import type { ScalarType } from './type.ts';

/** Exponent and trailing-significand widths in bits (IEEE 754 interchange formats). */
export interface FloatFormat {
  readonly exponentBits: number;
  readonly fractionBits: number;
}

const FORMATS: Partial<Record<ScalarType, FloatFormat>> = {
  f16: { exponentBits: 5, fractionBits: 10 },
  f32: { exponentBits: 8, fractionBits: 23 },
  f64: { exponentBits: 11, fractionBits: 52 },
  f128: { exponentBits: 15, fractionBits: 112 },
};

/** The format of a float lane type; an integer type is a programming error and throws. */
export function floatFormat(type: ScalarType): FloatFormat {
  const format = FORMATS[type];
  if (format === undefined) throw new RangeError(`not a float type: ${type}`);
  return format;
}

/**
 * Bits of a float as Cranelift's reader takes them: `0x1.8p3`, `-0.0`, `+Inf`, `-NaN:0x1`, `+sNaN:0x1`. Infinities
 * and NaNs always carry a sign, which the reader needs in operand position (cranelift-reader `lexer.rs`).
 */
export function floatText(bits: bigint, type: ScalarType): string {
  const { exponentBits, fractionBits } = floatFormat(type);
  const width = BigInt(fractionBits);
  const fraction = BigInt.asUintN(fractionBits, bits);
  const exponent = Number(BigInt.asUintN(exponentBits, bits >> width));
  const negative = ((bits >> BigInt(fractionBits + exponentBits)) & 1n) === 1n;
  const sign = negative ? '-' : '';
  const special = (1 << exponentBits) - 1;
  if (exponent === special) return (negative ? '-' : '+') + specialText(fraction, fractionBits);
  if (exponent === 0 && fraction === 0n) return `${sign}0.0`;
  const bias = (1 << (exponentBits - 1)) - 1;
  const lead = exponent === 0 ? '0x0.' : '0x1.';
  const power = exponent === 0 ? 1 - bias : exponent - bias;
  return `${sign}${lead}${fractionDigits(fraction, fractionBits)}p${power}`;
}

function specialText(fraction: bigint, fractionBits: number): string {
  if (fraction === 0n) return 'Inf';
  const quiet = 1n << BigInt(fractionBits - 1);
  const payload = fraction & (quiet - 1n);
  if ((fraction & quiet) === 0n) return `sNaN:0x${payload.toString(16)}`;
  return payload === 0n ? 'NaN' : `NaN:0x${payload.toString(16)}`;
}

/** Fraction as hex digits, left-aligned, without trailing zeros (one digit stays). */
function fractionDigits(fraction: bigint, fractionBits: number): string {
  const digits = (fractionBits + 3) >> 2;
  const text = (fraction << BigInt(digits * 4 - fractionBits)).toString(16).padStart(digits, '0');
  let end = text.length;
  while (end > 1 && text.charCodeAt(end - 1) === 0x30) end -= 1;
  return text.slice(0, end);
}
