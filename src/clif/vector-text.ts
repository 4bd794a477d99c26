import { floatText } from './float-text.ts';
import { type Type, typeInfo } from './type.ts';

/** Lanes of a vector's bit pattern, lane 0 (the least significant) first. */
export function vectorLanes(bits: bigint, type: Type): readonly bigint[] {
  const { lanes, laneBits } = typeInfo(type);
  const width = BigInt(laneBits);
  return Array.from({ length: lanes }, (_, i) => BigInt.asUintN(laneBits, bits >> (BigInt(i) * width)));
}

/** `[1 2 -3 4]`: integers signed decimal, floats as {@link floatText}. */
export function vectorListText(bits: bigint, type: Type): string {
  const { lane, laneBits, isFloat } = typeInfo(type);
  const lanes = vectorLanes(bits, type);
  const texts = lanes.map((b) => (isFloat ? floatText(b, lane) : BigInt.asIntN(laneBits, b).toString()));
  return `[${texts.join(' ')}]`;
}

/** A `vconst` operand: hex, most significant byte first, where its bits are the 128 the reader takes that way; else a list. */
export function vectorConstText(bits: bigint, type: Type): string {
  const info = typeInfo(type);
  const isHex = info.bits <= 128 || (info.laneBits === 128 && bits >> 128n === 0n);
  return isHex
    ? `0x${bits.toString(16).padStart(Math.min(info.bytes, 16) * 2, '0')}`
    : vectorListText(bits, type);
}
