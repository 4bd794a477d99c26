const SIGNED = /^[+-]?(?:0x[0-9a-fA-F_]*[0-9a-fA-F]_*|[0-9_]*[0-9]_*)$/;
/** Narrow decimals go through Rust's own parser, which takes a plus sign and no underscore. */
const NARROW = /^[+-]?(?:0x[0-9a-fA-F_]*[0-9a-fA-F]_*|\+?[0-9]+)$/;
const COUNT = /^\+?[0-9]+$/;
const SMALL = /^(?:0x[0-9a-fA-F]+|\+?[0-9]+)$/;

/** More digits than any immediate has; keeps hostile text cheap. */
const LONGEST = 100;
/** Hexadecimal digits of a 64-bit immediate, leading zeros among them. */
const MOST_DIGITS_64 = 16;

function valueOf(text: string): bigint {
  const isNegative = text.startsWith('-');
  const magnitude = BigInt(text.replaceAll(/[+_-]/g, ''));
  return isNegative ? -magnitude : magnitude;
}

/** A `0x` number of any width, signs and underscores allowed, or a decimal one. Null: neither. */
export function integerValue(text: string): bigint | null {
  return text.length <= LONGEST && SIGNED.test(text) ? valueOf(text) : null;
}

/**
 * Bit pattern of an integer of `bits` bits written signed or unsigned (-128 to 255 for 8): Cranelift's reader takes that
 * range and a half. 64 bits and the others differ in what they allow between digits (`ir/immediates.rs`, `parse_i64`;
 * cranelift-reader `match_imm`). Null: malformed or out of range.
 */
export function integerBits(text: string, bits: number): bigint | null {
  if (text.length > LONGEST || !(bits === 64 ? SIGNED : NARROW).test(text)) return null;
  if (bits === 64 && hexDigits(text) > MOST_DIGITS_64) return null;
  const value = valueOf(text);
  const width = BigInt(bits);
  if (value < -(1n << (width - 1n)) || value >= 1n << width) return null;
  return BigInt.asUintN(bits, value);
}

function hexDigits(text: string): number {
  const start = text.indexOf('0x');
  return start < 0 ? 0 : text.slice(start + 2).replaceAll('_', '').length;
}

/** A 64-bit immediate that is a number from `least` to `most` when taken as signed. Null: malformed or out of range. */
export function integerBetween(text: string, least: number, most: number): number | null {
  const bits = integerBits(text, 64);
  if (bits === null) return null;
  const value = BigInt.asIntN(64, bits);
  return value < BigInt(least) || value > BigInt(most) ? null : Number(value);
}

/** A decimal number up to 2^32-1, such as that of a function name. Null: malformed or out of range. */
export function countValue(text: string): number | null {
  const value = text.length <= LONGEST && COUNT.test(text) ? Number(text) : Infinity;
  return value > 0xffff_ffff ? null : value;
}

/** A number of a vector's lane, 0 to 255. Null: malformed or out of range. */
export function laneValue(text: string): number | null {
  const value = text.length <= LONGEST && SMALL.test(text) ? Number(text) : Infinity;
  return value > 255 ? null : value;
}
