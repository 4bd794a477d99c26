import { nearestEven } from './rounding.ts';

/**
 * A binary interchange format through host numbers (f64). `decode` loses NaN payloads, so it serves arithmetic only;
 * `encode` rounds once to nearest, ties to even, and gives the one canonical quiet NaN.
 */
export interface FloatFormat {
  readonly bits: number;
  readonly decode: (bits: bigint) => number;
  readonly encode: (x: number) => bigint;
}

const buffer = new ArrayBuffer(8);
const view = new DataView(buffer);

/** Unbiased exponent of a finite number; -1023 for what is subnormal as f64. */
function exponentOf(x: number): number {
  view.setFloat64(0, x);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

function bitsOfF64(x: number): bigint {
  view.setFloat64(0, x);
  return view.getBigUint64(0);
}

function bitsOfF32(x: number): number {
  view.setFloat32(0, x);
  return view.getUint32(0);
}

const F16_NAN = 0x7e00;
export const F32_NAN = 0x7fc0_0000;
const F64_NAN = 0x7ff8_0000_0000_0000n;

/** Value of an f16's last place by its exponent field; subnormals share the smallest normal's. */
const F16_UNIT = Array.from({ length: 31 }, (_, field) => 2 ** (Math.max(field, 1) - 25));

export function decodeF16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction : 1024 + fraction) * (F16_UNIT[exponent] ?? NaN);
}

/** Rounds once. 65520 is half a unit above the largest finite f16. */
export function encodeF16(x: number): number {
  if (x !== x) return F16_NAN;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(x);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude === 0) return sign;
  const field = Math.max(exponentOf(magnitude) + 15, 1);
  // In units of the last place: below 1024 a subnormal, from 1024 on the hidden bit adds one to the exponent field.
  const units = nearestEven(magnitude / (F16_UNIT[field] ?? NaN));
  return sign | (((field - 1) << 10) + units);
}

const F16: FloatFormat = {
  bits: 16,
  decode: (bits) => decodeF16(Number(bits)),
  encode: (x) => BigInt(encodeF16(x)),
};

export const F32: FloatFormat = {
  bits: 32,
  decode: (bits) => {
    view.setUint32(0, Number(bits));
    return view.getFloat32(0);
  },
  encode: (x) => BigInt(x !== x ? F32_NAN : bitsOfF32(x)),
};

export const F64: FloatFormat = {
  bits: 64,
  decode: (bits) => {
    view.setBigUint64(0, bits);
    return view.getFloat64(0);
  },
  encode: (x) => (x !== x ? F64_NAN : bitsOfF64(x)),
};

/** Format of a lane of `laneBits`; null for f128, which no host number holds. */
export function floatFormat(laneBits: number): FloatFormat | null {
  switch (laneBits) {
    case 16:
      return F16;
    case 32:
      return F32;
    case 64:
      return F64;
    default:
      return null;
  }
}
