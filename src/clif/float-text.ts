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

const WORD = new BigUint64Array(1);
const HALVES = new Uint32Array(WORD.buffer);

/** A normal f64 without BigInt arithmetic, which would dominate printing; null for all others. */
function normalDoubleText(bits: bigint): string | null {
  WORD[0] = bits;
  const low = HALVES[0] ?? 0;
  const high = HALVES[1] ?? 0;
  const exponent = (high >>> 20) & 0x7ff;
  if (exponent === 0 || exponent === 0x7ff) return null;
  const top = (high & 0xfffff).toString(16).padStart(5, '0');
  const digits = low === 0 ? top : top + low.toString(16).padStart(8, '0');
  return `${high >>> 31 === 1 ? '-' : ''}0x1.${trimZeros(digits)}p${exponent - 1023}`;
}

/** Without trailing zeros; one digit stays. */
function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 1 && digits.charCodeAt(end - 1) === 0x30) end -= 1;
  return end === digits.length ? digits : digits.slice(0, end);
}

/**
 * Bits of a float as Cranelift's reader takes them: `0x1.8p3`, `-0.0`, `+Inf`, `-NaN:0x1`, `+sNaN:0x1`. Infinities
 * and NaNs always carry a sign, which the reader needs in operand position (cranelift-reader `lexer.rs`).
 */
export function floatText(bits: bigint, type: ScalarType): string {
  if (bits === 0n) return '0.0';
  const fast = type === 'f64' ? normalDoubleText(bits) : null;
  if (fast !== null) return fast;
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
  if (fraction === 0n) return '0';
  const digits = (fractionBits + 3) >> 2;
  return trimZeros((fraction << BigInt(digits * 4 - fractionBits)).toString(16).padStart(digits, '0'));
}

const HEX_FLOAT = /^0x([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:p([+-]?\d+))?$/;
const NAN = /^(s?)NaN(?::0x([0-9a-fA-F]{1,60}))?$/;

/**
 * Bits of a float literal, the inverse of {@link floatText}; also takes unsigned infinities and NaNs, and hex floats
 * without a radix point. A text result says why it is no such literal (the rules of `ir/immediates.rs`, `parse_float`).
 */
export function floatBits(text: string, type: ScalarType): bigint | string {
  const { exponentBits, fractionBits } = floatFormat(type);
  const isNegative = text.startsWith('-');
  const body = isNegative || text.startsWith('+') ? text.slice(1) : text;
  const sign = isNegative ? 1n << BigInt(exponentBits + fractionBits) : 0n;
  const special = ((1n << BigInt(exponentBits)) - 1n) << BigInt(fractionBits);
  if (body === '0.0') return sign;
  if (body === 'Inf') return sign | special;
  const nan = body.includes('NaN') ? NAN.exec(body) : null;
  if (nan !== null) {
    const payload = nanFraction(nan[1] !== '', nan[2], fractionBits);
    return payload === null ? 'invalid NaN payload' : sign | special | payload;
  }
  const magnitude = hexMagnitude(body, exponentBits, fractionBits);
  return typeof magnitude === 'string' ? magnitude : sign | magnitude;
}

function nanFraction(isSignaling: boolean, digits: string | undefined, fractionBits: number): bigint | null {
  const quiet = 1n << BigInt(fractionBits - 1);
  const payload = digits === undefined ? 0n : BigInt(`0x${digits}`);
  if (payload >= quiet || (isSignaling && payload === 0n)) return null;
  return isSignaling ? payload : quiet | payload;
}

function hexMagnitude(body: string, exponentBits: number, fractionBits: number): bigint | string {
  const match = HEX_FLOAT.exec(body);
  if (match === null) return 'a float must be hexadecimal, such as 0x1.8p3';
  const whole = match[1] ?? '';
  const part = match[2] ?? '';
  const digits = whole + part;
  if (digits === '') return 'a float needs digits';
  if (digits.length > 32) return 'a float has at most 32 digits';
  const power = Number(match[3] ?? '0');
  if (power < -0x8000 || power > 0x7fff) return 'the exponent has more than 16 bits';
  const significand = BigInt(`0x${digits}`);
  if (significand === 0n) return 0n;
  const bias = (1 << (exponentBits - 1)) - 1;
  const length = significand.toString(2).length;
  /** Biased exponent of a normal number with this leading bit. */
  const exponent = power - 4 * part.length + length - 1 + bias;
  if (exponent >= (1 << exponentBits) - 1) return 'the magnitude is too large';
  // A subnormal keeps the scale of exponent 1 and so has fewer fraction bits.
  const shift = fractionBits - (length - 1) - (exponent < 1 ? 1 - exponent : 0);
  if (shift < 0) {
    const dropped = BigInt(-shift);
    if ((significand >> dropped) << dropped !== significand) {
      return exponent < 1 ? 'the magnitude is too small' : 'too many significant bits';
    }
  }
  const scaled = shift < 0 ? significand >> BigInt(-shift) : significand << BigInt(shift);
  if (exponent < 1) return scaled;
  return (BigInt(exponent) << BigInt(fractionBits)) | BigInt.asUintN(fractionBits, scaled);
}
