import { trap } from './stop.ts';

/** Functions over bit patterns of one width: operands and results are non-negative and below 2^bits. */
export type Unary = (x: bigint) => bigint;
export type Binary = (x: bigint, y: bigint) => bigint;

/** Number of bits up to and including the highest one bit. */
export function bitLength(x: bigint): number {
  let n = 0;
  while (x > 0xffff_ffffn) {
    x >>= 32n;
    n += 32;
  }
  return n + 32 - Math.clz32(Number(x));
}

function countOnes32(x: number): number {
  x -= (x >>> 1) & 0x5555_5555;
  x = (x & 0x3333_3333) + ((x >>> 2) & 0x3333_3333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

function countOnes(x: bigint): number {
  let n = 0;
  for (; x !== 0n; x >>= 32n) n += countOnes32(Number(x & 0xffff_ffffn));
  return n;
}

function reverseBytes(x: bigint, bits: number): bigint {
  let out = 0n;
  for (let i = 0; i < bits; i += 8) {
    out = (out << 8n) | (x & 0xffn);
    x >>= 8n;
  }
  return out;
}

function reverseByte(b: number): number {
  let out = 0;
  for (let i = 0; i < 8; i++) out |= ((b >>> i) & 1) << (7 - i);
  return out;
}

function reverseBits(x: bigint, bits: number): bigint {
  let out = 0n;
  for (let i = 0; i < bits; i += 8) {
    out = (out << 8n) | BigInt(reverseByte(Number(x & 0xffn)));
    x >>= 8n;
  }
  return out;
}

function signedDivide(x: bigint, y: bigint, bits: number): bigint {
  if (y === 0n) trap('int_divz');
  const quotient = BigInt.asIntN(bits, x) / BigInt.asIntN(bits, y);
  // Only MIN / -1 leaves the range.
  if (BigInt.asIntN(bits, quotient) !== quotient) trap('int_ovf');
  return BigInt.asUintN(bits, quotient);
}

function clampSigned(x: bigint, bits: number): bigint {
  const min = -(1n << BigInt(bits - 1));
  return BigInt.asUintN(bits, x < min ? min : x >= -min ? -min - 1n : x);
}

function clampUnsigned(x: bigint, bits: number): bigint {
  const end = 1n << BigInt(bits);
  return x < 0n ? 0n : x >= end ? end - 1n : x;
}

const sx = (bits: number, x: bigint): bigint => BigInt.asIntN(bits, x);
const ux = (bits: number, x: bigint): bigint => BigInt.asUintN(bits, x);

/** Q-format product with rounding (instructions.rs, sqmul_round_sat): Q is the width less one. */
function multiplyFixed(x: bigint, y: bigint, bits: number): bigint {
  return clampSigned((sx(bits, x) * sx(bits, y) + (1n << BigInt(bits - 2))) >> BigInt(bits - 1), bits);
}

/** Rotations and shifts take their amount modulo the width; it may be of any integer type. */
function rotateLeft(bits: number): Binary {
  const mask = BigInt(bits - 1);
  const width = BigInt(bits);
  return (x, y) => {
    const s = y & mask;
    return ux(bits, x << s) | (x >> (width - s));
  };
}

function rotateRight(bits: number): Binary {
  const mask = BigInt(bits - 1);
  const width = BigInt(bits);
  return (x, y) => {
    const s = y & mask;
    return (x >> s) | ux(bits, x << (width - s));
  };
}

export const INTEGER_UNARY: ReadonlyMap<string, (bits: number) => Unary> = new Map<
  string,
  (bits: number) => Unary
>([
  ['ineg', (bits) => (x) => ux(bits, -x)],
  ['iabs', (bits) => (x) => ux(bits, sx(bits, x) < 0n ? -x : x)],
  ['bnot', (bits) => (x) => ux(bits, ~x)],
  ['clz', (bits) => (x) => BigInt(bits - bitLength(x))],
  [
    'cls',
    (bits) => (x) => {
      const s = sx(bits, x);
      return BigInt(bits - 1 - bitLength(s < 0n ? ~s : s));
    },
  ],
  ['ctz', (bits) => (x) => BigInt(x === 0n ? bits : bitLength(x & -x) - 1)],
  ['popcnt', () => (x) => BigInt(countOnes(x))],
  ['bswap', (bits) => (x) => reverseBytes(x, bits)],
  ['bitrev', (bits) => (x) => reverseBits(x, bits)],
]);

export const INTEGER_BINARY: ReadonlyMap<string, (bits: number) => Binary> = new Map<
  string,
  (bits: number) => Binary
>([
  ['iadd', (bits) => (x, y) => ux(bits, x + y)],
  ['isub', (bits) => (x, y) => ux(bits, x - y)],
  ['imul', (bits) => (x, y) => ux(bits, x * y)],
  ['band', () => (x, y) => x & y],
  ['bor', () => (x, y) => x | y],
  ['bxor', () => (x, y) => x ^ y],
  ['band_not', (bits) => (x, y) => x & ux(bits, ~y)],
  ['bor_not', (bits) => (x, y) => x | ux(bits, ~y)],
  ['bxor_not', (bits) => (x, y) => x ^ ux(bits, ~y)],
  ['umin', () => (x, y) => (x < y ? x : y)],
  ['umax', () => (x, y) => (x > y ? x : y)],
  ['smin', (bits) => (x, y) => (sx(bits, x) < sx(bits, y) ? x : y)],
  ['smax', (bits) => (x, y) => (sx(bits, x) > sx(bits, y) ? x : y)],
  ['umulhi', (bits) => (x, y) => (x * y) >> BigInt(bits)],
  ['smulhi', (bits) => (x, y) => ux(bits, (sx(bits, x) * sx(bits, y)) >> BigInt(bits))],
  ['sqmul_round_sat', (bits) => (x, y) => multiplyFixed(x, y, bits)],
  ['udiv', () => (x, y) => (y === 0n ? trap('int_divz') : x / y)],
  ['urem', () => (x, y) => (y === 0n ? trap('int_divz') : x % y)],
  ['sdiv', (bits) => (x, y) => signedDivide(x, y, bits)],
  ['srem', (bits) => (x, y) => (y === 0n ? trap('int_divz') : ux(bits, sx(bits, x) % sx(bits, y)))],
  ['uadd_sat', (bits) => (x, y) => clampUnsigned(x + y, bits)],
  ['usub_sat', (bits) => (x, y) => clampUnsigned(x - y, bits)],
  ['sadd_sat', (bits) => (x, y) => clampSigned(sx(bits, x) + sx(bits, y), bits)],
  ['ssub_sat', (bits) => (x, y) => clampSigned(sx(bits, x) - sx(bits, y), bits)],
  ['avg_round', () => (x, y) => (x + y + 1n) >> 1n],
]);

export const INTEGER_SHIFT: ReadonlyMap<string, (bits: number) => Binary> = new Map<
  string,
  (bits: number) => Binary
>([
  [
    'ishl',
    (bits) => {
      const mask = BigInt(bits - 1);
      return (x, y) => ux(bits, x << (y & mask));
    },
  ],
  [
    'ushr',
    (bits) => {
      const mask = BigInt(bits - 1);
      return (x, y) => x >> (y & mask);
    },
  ],
  [
    'sshr',
    (bits) => {
      const mask = BigInt(bits - 1);
      return (x, y) => ux(bits, sx(bits, x) >> (y & mask));
    },
  ],
  ['rotl', rotateLeft],
  ['rotr', rotateRight],
]);

export type Predicate = (x: bigint, y: bigint) => boolean;

/** Integer conditions by name (cranelift-codegen `ir/condcodes.rs`, IntCC). */
export const INTEGER_CONDITION: ReadonlyMap<string, (bits: number) => Predicate> = new Map<
  string,
  (bits: number) => Predicate
>([
  ['eq', () => (x, y) => x === y],
  ['ne', () => (x, y) => x !== y],
  ['ult', () => (x, y) => x < y],
  ['ule', () => (x, y) => x <= y],
  ['ugt', () => (x, y) => x > y],
  ['uge', () => (x, y) => x >= y],
  ['slt', (bits) => (x, y) => sx(bits, x) < sx(bits, y)],
  ['sle', (bits) => (x, y) => sx(bits, x) <= sx(bits, y)],
  ['sgt', (bits) => (x, y) => sx(bits, x) > sx(bits, y)],
  ['sge', (bits) => (x, y) => sx(bits, x) >= sx(bits, y)],
]);
