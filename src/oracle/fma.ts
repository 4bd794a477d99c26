import { bitLength } from './integer.ts';

/** Exact fused multiply-add: one rounding of `x * y + z`. */

const words = new DataView(new ArrayBuffer(8));

interface Exact {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** A finite number as mantissa times two to the exponent. */
function exactly(x: number): Exact {
  words.setFloat64(0, x);
  const bits = words.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const magnitude = field === 0 ? fraction : fraction | 0x10_0000_0000_0000n;
  return { mantissa: bits >> 63n === 0n ? magnitude : -magnitude, exponent: Math.max(field, 1) - 1075 };
}

/** The f64 nearest to `mantissa * 2^exponent`, ties to even. */
function toF64(mantissa: bigint, exponent: number): number {
  const negative = mantissa < 0n;
  const magnitude = negative ? -mantissa : mantissa;
  // Bits below the last place: of a 53-bit result, or of the smallest subnormal.
  const length = bitLength(magnitude);
  const last = Math.max(length + exponent - 53, -1074);
  const drop = last - exponent;
  let units: bigint;
  if (drop <= 0) units = magnitude << BigInt(-drop);
  else {
    const by = BigInt(drop);
    units = magnitude >> by;
    const rest = magnitude - (units << by);
    const half = 1n << (by - 1n);
    if (rest > half || (rest === half && (units & 1n) === 1n)) units += 1n;
  }
  // Two steps, because 2 ** last may be below the smallest normal number or the product above the largest.
  const high = Math.max(last, -1000);
  const value = Number(units) * 2 ** (last - high) * 2 ** Math.min(high, 900) * 2 ** Math.max(high - 900, 0);
  return negative ? -value : value;
}

/** f64 fma. Special operands need no exactness, so they go through host arithmetic. */
export function fmaF64(x: number, y: number, z: number): number {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return x * y + z;
  if (!Number.isFinite(z)) return z;
  if (x === 0 || y === 0 || z === 0) {
    if (x === 0 || y === 0) return x * y + z;
    const product = exactProduct(x, y);
    return toF64(product.mantissa, product.exponent);
  }
  const product = exactProduct(x, y);
  const addend = exactly(z);
  const exponent = Math.min(product.exponent, addend.exponent);
  const sum =
    (product.mantissa << BigInt(product.exponent - exponent)) +
    (addend.mantissa << BigInt(addend.exponent - exponent));
  return sum === 0n ? 0 : toF64(sum, exponent);
}

function exactProduct(x: number, y: number): Exact {
  const a = exactly(x);
  const b = exactly(y);
  return { mantissa: a.mantissa * b.mantissa, exponent: a.exponent + b.exponent };
}

/**
 * fma of operands with at most 24 bits each, as an f64 rounded to odd: the product is exact in f64, and an odd last bit
 * stands for what the sum lost, so the caller's rounding to f32 or f16 is the only one that counts.
 */
export function fmaNarrow(x: number, y: number, z: number): number {
  const product = x * y;
  const sum = product + z;
  if (!Number.isFinite(sum) || sum === 0) return sum;
  // Knuth's two-sum: what `sum` differs by from the exact value.
  const back = sum - product;
  const lost = product - (sum - back) + (z - back);
  if (lost === 0) return sum;
  words.setFloat64(0, sum);
  const bits = words.getBigInt64(0);
  if ((bits & 1n) === 1n) return sum;
  // The neighbour towards the exact value: away from zero when the lost part has the sum's sign.
  words.setBigInt64(0, lost > 0 === sum > 0 ? bits + 1n : bits - 1n);
  return words.getFloat64(0);
}
