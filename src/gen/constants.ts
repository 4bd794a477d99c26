import { bitMask, typeInfo, type Type, type TypeInfo } from '../clif/type.ts';
import type { Draw } from './draw.ts';

/** Exponent and fraction widths of the IEEE 754 formats CLIF has (IEEE 754-2019, table 3.5). */
const FLOAT_FIELDS: Readonly<Record<number, { readonly exponent: number; readonly fraction: number }>> = {
  16: { exponent: 5, fraction: 10 },
  32: { exponent: 8, fraction: 23 },
  64: { exponent: 11, fraction: 52 },
  128: { exponent: 15, fraction: 112 },
};

function fieldsOf(bits: number): { readonly exponent: number; readonly fraction: number } {
  const fields = FLOAT_FIELDS[bits];
  if (fields === undefined) throw new RangeError(`no float format of ${bits} bits`);
  return fields;
}

function floatBoundaries(bits: number): readonly bigint[] {
  const fields = fieldsOf(bits);
  const fraction = BigInt(fields.fraction);
  const sign = 1n << BigInt(bits - 1);
  const infinity = bitMask(fields.exponent) << fraction;
  const quiet = 1n << (fraction - 1n);
  const one = bitMask(fields.exponent - 1) << fraction;
  const payload = 0x15n;
  return [
    0n,
    sign,
    one,
    sign | one,
    one | (1n << (fraction - 2n)),
    1n,
    sign | bitMask(fields.fraction),
    infinity - 1n,
    infinity,
    sign | infinity,
    infinity | quiet,
    sign | infinity | quiet | payload,
    infinity | payload,
    sign | infinity | 1n,
  ];
}

function integerBoundaries(bits: number): readonly bigint[] {
  const mask = bitMask(bits);
  const sign = 1n << BigInt(bits - 1);
  return [0n, 1n, 2n, mask, mask - 1n, sign, sign - 1n, sign + 1n, 0x7fn, 0x80n, 0xffn & mask];
}

const BOUNDARIES = new Map<string, readonly bigint[]>();

/** Of 100 patterned floats. */
const IMMEDIATE_FLOATS = 30;

/** Bit patterns at which lowering and arithmetic change behaviour, for a lane type. */
export function boundariesOf(info: TypeInfo): readonly bigint[] {
  let values = BOUNDARIES.get(info.lane);
  if (values === undefined) {
    values = info.isFloat ? floatBoundaries(info.laneBits) : integerBoundaries(info.laneBits);
    BOUNDARIES.set(info.lane, values);
  }
  return values;
}

/** The quiet NaN with no payload and no sign (RISC-V unprivileged spec, "NaN Generation and Propagation"). */
export function canonicalNan(bits: number): bigint {
  const fields = fieldsOf(bits);
  return bitMask(fields.exponent + 1) << BigInt(fields.fraction - 1);
}

/**
 * Bits whose every byte tells where it comes from: the high nibble counts values (`tag`), the low one bytes.
 * A misplaced byte in a report then names its origin.
 */
export function taggedBits(type: Type, tag: number): bigint {
  const { bytes } = typeInfo(type);
  let bits = 0n;
  for (let i = bytes - 1; i >= 0; i -= 1) bits = (bits << 8n) | BigInt(((tag & 15) << 4) | (i & 15));
  return bits;
}

/** The bits of a vector, its highest lane first. */
function everyLane({ laneBits, lanes }: TypeInfo, lane: () => bigint): bigint {
  let bits = 0n;
  for (let i = 0; i < lanes; i += 1) bits = (bits << BigInt(laneBits)) | lane();
  return bits;
}

/** What `fli` has, and its neighbours: a small power of two with two bits of fraction (RISC-V Zfa, "Load-immediate instructions"). */
function immediateFloat(draw: Draw, bits: number): bigint {
  const { exponent, fraction } = fieldsOf(bits);
  const bias = Number(bitMask(exponent - 1));
  const power = draw.int(Math.max(1, bias - 17), Math.min(2 * bias, bias + 17));
  const sign = draw.chance(80) ? 0n : 1n << BigInt(bits - 1);
  return sign | (BigInt(power) << BigInt(fraction)) | (draw.bits(2) << BigInt(fraction - 2));
}

/** Halves alike, one half zero, or up to 20 bits somewhere among zeros or ones; for a vector any of it in every lane. */
function patternedBits(draw: Draw, info: TypeInfo): bigint {
  const { laneBits } = info;
  if (info.isFloat && draw.chance(IMMEDIATE_FLOATS))
    return everyLane(info, () => immediateFloat(draw, laneBits));
  const half = laneBits / 2;
  const drawn = draw.bits(half);
  const width = draw.chance(50) ? Math.min(20, half) : draw.int(1, Math.min(20, half));
  const ends = draw.chance(50) ? 1n | (1n << BigInt(width - 1)) : 0n;
  const few = draw.bits(width) | ends;
  const moved = (few << BigInt(draw.int(0, laneBits - 1))) & bitMask(laneBits);
  const lane = draw.pick([
    (drawn << BigInt(half)) | drawn,
    drawn << BigInt(half),
    moved,
    moved ^ bitMask(laneBits),
  ]);
  return everyLane(info, () => lane);
}

/** A bit pattern of `type`: boundary values, small ones and noise, lane by lane for vectors; for `patterned` of 100 another pattern. */
export function drawBits(draw: Draw, type: Type, patterned = 0): bigint {
  const info = typeInfo(type);
  if (draw.sometimes(patterned)) return patternedBits(draw, info);
  const kind = draw.int(0, 9);
  if (kind < 3) return draw.bits(info.bits);
  if (kind < 4) return taggedBits(type, draw.int(0, 15));
  const boundaries = boundariesOf(info);
  if (info.lanes === 1) return kind < 6 && !info.isFloat ? BigInt(draw.int(0, 120)) : draw.pick(boundaries);
  return everyLane(info, () => (draw.chance(50) ? draw.pick(boundaries) : draw.bits(info.laneBits)));
}
