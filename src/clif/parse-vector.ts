import {
  advance,
  at,
  type Cursor,
  expectKind,
  expectMark,
  failAt,
  failExpecting,
  peek,
  takeMark,
} from './cursor.ts';
import { floatBits } from './float-text.ts';
import { integerBits, integerValue } from './integer-text.ts';
import { type ScalarType, type Type, typeInfo } from './type.ts';

/** One scalar literal of a type as its bit pattern. */
export function parseScalar(cursor: Cursor, type: ScalarType): bigint {
  const token = peek(cursor);
  const { bits, isFloat } = typeInfo(type);
  if (!isFloat) {
    const value = token.kind === 'integer' ? integerBits(token.text, bits) : null;
    if (value === null) failExpecting(cursor, `an integer of ${bits} bits`);
    advance(cursor);
    return value;
  }
  if (token.kind !== 'float') failExpecting(cursor, `a hexadecimal float of ${bits} bits`);
  const value = floatBits(token.text, type);
  if (typeof value === 'string') failAt(token, `'${token.text.slice(0, 60)}' is no ${type}: ${value}`);
  advance(cursor);
  return value;
}

/** `[1 2 3 4]`, lane 0 first, or `0x…`, most significant byte first and shorter ones zero-extended. */
export function parseVectorConst(cursor: Cursor, type: Type): bigint {
  const { lane, lanes, laneBits, bytes } = typeInfo(type);
  if (takeMark(cursor, '[')) {
    const hasList = lanes > 1 && laneBits < 128;
    if (!hasList)
      failExpecting(cursor, `${type} as a hexadecimal number, as only lanes of 8 to 64 bits make a list`);
    let bits = 0n;
    for (let i = 0; i < lanes; i++) {
      bits |= parseScalar(cursor, lane) << BigInt(i * laneBits);
    }
    expectMark(cursor, ']', `after ${lanes} lanes`);
    return bits;
  }
  if (!at(cursor, 'integer')) failExpecting(cursor, `a list of ${lanes} lanes or a hexadecimal number`);
  const token = expectKind(cursor, 'integer', 'a hexadecimal number');
  const value = integerValue(token.text);
  const digits = token.text.startsWith('0x') ? token.text.slice(2).replaceAll('_', '') : '';
  if (value === null || digits === '' || digits.length % 2 !== 0 || digits.length > Math.min(32, bytes * 2)) {
    failAt(
      token,
      `expected 0x and an even number of digits, at most ${Math.min(32, bytes * 2)}, found '${token.text}'`,
    );
  }
  return value;
}
