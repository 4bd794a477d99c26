const INTEGER = /^[+-]?(?:0x[0-9a-f_]*[0-9a-f]_*|[0-9_]*[0-9]_*)$/i;

/** More digits than any immediate has; keeps hostile text cheap. */
const LONGEST = 100;

/** An integer as the reader writes it: decimal or `0x` hex, sign and underscores allowed. Null: not one. */
export function integerValue(text: string): bigint | null {
  if (text.length > LONGEST || !INTEGER.test(text)) return null;
  const isNegative = text.startsWith('-');
  const isSigned = isNegative || text.startsWith('+');
  const magnitude = BigInt((isSigned ? text.slice(1) : text).replaceAll('_', ''));
  return isNegative ? -magnitude : magnitude;
}

/**
 * Bit pattern of an integer of `bits` bits written signed or unsigned (-128 to 255 for 8): Cranelift's reader takes that
 * range and a half (`ir/immediates.rs`, `parse_i64`; cranelift-reader `match_imm`). Null: malformed or out of range.
 */
export function integerBits(text: string, bits: number): bigint | null {
  const value = integerValue(text);
  if (value === null) return null;
  const width = BigInt(bits);
  if (value < -(1n << (width - 1n)) || value >= 1n << width) return null;
  return BigInt.asUintN(bits, value);
}

/** A number from `least` to `most`. Null: malformed or out of range. */
export function integerBetween(text: string, least: number, most: number): number | null {
  const value = integerValue(text);
  return value === null || value < BigInt(least) || value > BigInt(most) ? null : Number(value);
}
