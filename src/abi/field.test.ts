import { describe, expect, it } from 'vitest';
import { abiParam } from '../clif/signature.ts';
import { decodeField, encodeField } from './field.ts';
import type { Field } from './field.ts';
import { layoutSignature } from './layout.ts';

describe('a field', () => {
  it('says of a part what the runtime has to know, and reads back', () => {
    const params = [
      abiParam('i8', 'sext'),
      abiParam('i32', 'uext'),
      abiParam('f16'),
      ...Array.from({ length: 6 }, () => abiParam('i64')),
      abiParam('i64'),
      abiParam('i16', 'uext'),
      abiParam('i8x4'),
    ];
    const layout = layoutSignature({ params, returns: [], callConv: 'fast' }, { implicitReturnArea: false });
    const fields = layout.params.flatMap((value) =>
      value.parts.map((part) => decodeField(encodeField(part))),
    );
    const expected: readonly (readonly [number, Field])[] = [
      [0, { bits: 8, rest: 'sign', place: 'x', at: 10 }],
      [1, { bits: 32, rest: 'zero', place: 'x', at: 11 }],
      [2, { bits: 16, rest: 'ones', place: 'f', at: 10 }],
      [9, { bits: 0, rest: 'undefined', place: 'memory', at: 0 }],
      [10, { bits: 16, rest: 'zero', place: 'memory', at: 8 }],
      [11, { bits: 32, rest: 'undefined', place: 'memory', at: 16 }],
    ];
    for (const [index, field] of expected) expect(fields[index]).toEqual(field);
  });
});
