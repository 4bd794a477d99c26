import * as fc from 'fast-check';
import { expect } from 'vitest';
import { typeInfo, type Type } from '../clif/type.ts';
import { instruction, lanesOf, resultOf, vectorOfLanes } from './run-text.ts';

/** A vector whose lanes are often boundary values. */
export function vectors(type: Type): fc.Arbitrary<bigint> {
  const { laneBits, lanes, isFloat } = typeInfo(type);
  const top = 1n << BigInt(laneBits - 1);
  const edges = [0n, 1n, top - 1n, top, top + 1n, 2n * top - 1n];
  const one = { 16: 0x3c00n, 32: 0x3f80_0000n, 64: 0x3ff0_0000_0000_0000n }[laneBits] ?? 1n;
  const lane = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n * top - 1n }),
    fc.constantFrom(...edges, ...(isFloat ? [one, one + top, one + 1n] : [])),
  );
  return fc.array(lane, { minLength: lanes, maxLength: lanes }).map((all) => vectorOfLanes(all, type));
}

/** Cheap enough for every instruction and shape. */
export const runs = { numRuns: 25 };

/** Runs one instruction on vectors of `type` and on their lanes. */
export function agreesLaneWise(text: string, type: Type, operands: number): void {
  const { lane } = typeInfo(type);
  const operandsOf = <T>(x: T): T[] => Array.from({ length: operands }, () => x);
  const vector = instruction(text, operandsOf(type), [type]);
  const scalar = instruction(text, operandsOf(lane), [lane]);
  fc.assert(
    fc.property(fc.tuple(...operandsOf(vectors(type))), (inputs) => {
      const lanes = inputs.map((x) => lanesOf(x, type));
      const expected = lanesOf(inputs[0] ?? 0n, type).map((_, i) =>
        resultOf(scalar(...lanes.map((l) => l[i] ?? 0n))),
      );
      expect(resultOf(vector(...inputs))).toBe(vectorOfLanes(expected, type));
    }),
    runs,
  );
}
