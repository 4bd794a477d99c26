import { floatBits, floatText } from './float-text.ts';
import { integerBits } from './integer-text.ts';
import { type Type, typeInfo } from './type.ts';
import { vectorListText } from './vector-text.ts';

/** A value in a `; run:` line as it was written, with the type the function's signature gives it. */
export interface RunValue {
  readonly text: string;
  readonly type: Type;
}

/**
 * Bit pattern of a value as run lines write it: integers, hexadecimal floats, `[1 2 3 4]` with lane 0 first, or `0x…`
 * for a vector, most significant byte first. Throws a RangeError that says what is wrong with the text.
 */
export function runValueBits(text: string, type: Type): bigint {
  const { lane, lanes, laneBits, bits, isVector } = typeInfo(type);
  if (!isVector) return scalarBits(text, type, lane);
  if (!text.startsWith('[')) {
    const value = /^0x[0-9a-f_]+$/i.test(text) ? integerBits(text, bits) : null;
    if (value === null) throw new RangeError(`'${text}' is no ${type}`);
    return value;
  }
  const parts = text.endsWith(']')
    ? text
        .slice(1, -1)
        .split(/\s+/)
        .filter((part) => part !== '')
    : [];
  if (parts.length !== lanes) throw new RangeError(`'${text}' is no ${type}: it needs ${lanes} lanes`);
  return parts.reduce((sum, part, i) => sum | (scalarBits(part, type, lane) << BigInt(i * laneBits)), 0n);
}

function scalarBits(text: string, type: Type, lane: Parameters<typeof floatBits>[1]): bigint {
  const { laneBits, isFloat } = typeInfo(type);
  const value = isFloat ? floatBits(text, lane) : integerBits(text, laneBits);
  if (typeof value === 'bigint') return value;
  throw new RangeError(`'${text}' is no ${lane}${value === null ? '' : `: ${value}`}`);
}

/** The inverse of {@link runValueBits}: signed decimal integers, hexadecimal floats, vectors as `[…]`. */
export function runValueText(bits: bigint, type: Type): string {
  const { lane, laneBits, isFloat, isVector } = typeInfo(type);
  if (isVector) return laneBits === 128 ? wideLanesText(bits, type) : vectorListText(bits, type);
  return isFloat ? floatText(bits, lane) : BigInt.asIntN(laneBits, bits).toString();
}

/** The reader takes no list of 128-bit lanes, only the whole as hex. */
function wideLanesText(bits: bigint, type: Type): string {
  return `0x${bits.toString(16).padStart(typeInfo(type).bytes * 2, '0')}`;
}
