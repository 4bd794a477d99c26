import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HarnessError } from '../clif/harness-error.ts';
import { abiParam } from '../clif/signature.ts';
import type { AbiParam, Signature } from '../clif/signature.ts';
import { bitMask, SCALAR_TYPES, typeInfo } from '../clif/type.ts';
import type { Type } from '../clif/type.ts';
import { findBadExtensions, planCall, readResults, writeInput, writeMasks } from './marshal.ts';

const TYPES: readonly Type[] = [
  ...SCALAR_TYPES,
  'i8x2',
  'i16x2',
  'i8x8',
  'i8x16',
  'f32x4',
  'i16x16',
  'i64x8',
];
const ROW_BYTES = 4096;

const arbitraryParam: fc.Arbitrary<AbiParam> = fc
  .tuple(fc.constantFrom(...TYPES), fc.constantFrom('none', 'sext', 'uext'))
  .map(([type, extension]) => {
    const info = typeInfo(type);
    return abiParam(type, info.isFloat || info.isVector ? 'none' : extension);
  });

const arbitraryCall = fc
  .array(
    arbitraryParam.chain((param) =>
      fc.tuple(fc.constant(param), fc.bigInt({ min: 0n, max: bitMask(typeInfo(param.type).bits) })),
    ),
    { maxLength: 24 },
  )
  .map((pairs) => ({ list: pairs.map(([param]) => param), values: pairs.map(([, value]) => value) }));

function row(): DataView {
  return new DataView(new ArrayBuffer(ROW_BYTES));
}

/** What the guest does with a row: bits outside the mask are poison. */
function mix(masks: DataView, input: DataView, poison: bigint): DataView {
  const mixed = row();
  for (let at = 0; at < ROW_BYTES; at += 8) {
    const mask = masks.getBigUint64(at, true);
    mixed.setBigUint64(at, (input.getBigUint64(at, true) & mask) | (poison & (bitMask(64) ^ mask)), true);
  }
  return mixed;
}

function callee(params: readonly AbiParam[], returns: readonly AbiParam[] = []): Signature {
  return { params, returns, callConv: 'system_v' };
}

describe('writeInput', () => {
  it('leaves every bit of every value in its part, whatever the poison', () => {
    fc.assert(
      fc.property(arbitraryCall, fc.bigInt({ min: 0n, max: bitMask(64) }), ({ list, values }, poison) => {
        const plan = planCall(callee(list), true);
        const [masks, input] = [row(), row()];
        writeMasks(plan, masks, 0);
        writeInput(plan, values, input, 0);
        const mixed = mix(masks, input, poison);
        const found = values.map(() => 0n);
        for (const move of plan.moves) {
          const word = mixed.getBigUint64(move.at, true);
          found[move.param] = (found[move.param] ?? 0n) | (BigInt.asUintN(move.bits, word) << move.shift);
          const above = word >> BigInt(move.bits);
          const param = list[move.param];
          if (param?.extension === 'uext') expect(above).toBe(0n);
          if (param?.extension === 'sext' && move.bits < 64) {
            const sign = (word >> BigInt(move.bits - 1)) & 1n;
            expect(above).toBe(sign === 1n ? bitMask(64 - move.bits) : 0n);
          }
        }
        expect(found).toEqual(values);
      }),
    );
  });

  it('boxes a narrow float in a register and leaves poison beside one in memory', () => {
    const plan = planCall(callee(Array.from({ length: 9 }, () => abiParam('f32'))), true);
    const [masks, input] = [row(), row()];
    writeMasks(plan, masks, 0);
    writeInput(
      plan,
      Array.from({ length: 9 }, () => 0x3f800000n),
      input,
      0,
    );
    expect(input.getBigUint64(64, true)).toBe(0xffffffff3f800000n);
    expect(masks.getBigUint64(64, true)).toBe(bitMask(64));
    expect(masks.getBigUint64(128, true)).toBe(bitMask(32));
  });

  it('throws for an input of another length', () => {
    const plan = planCall(callee([abiParam('i64')]), true);
    expect(() => writeInput(plan, [], row(), 0)).toThrow(HarnessError);
  });
});

describe('readResults', () => {
  it('gives back what was put in the places of the results, whatever lies around them', () => {
    fc.assert(
      fc.property(arbitraryCall, fc.bigInt({ min: 0n, max: bitMask(64) }), ({ list, values }, junk) => {
        const plan = planCall(callee([], list), true);
        const results = row();
        for (let at = 0; at < ROW_BYTES; at += 8) results.setBigUint64(at, junk, true);
        for (const take of plan.takes) {
          const value = BigInt.asUintN(take.bits, (values[take.result] ?? 0n) >> take.shift);
          const above = (junk >> BigInt(take.bits)) << BigInt(take.bits);
          results.setBigUint64(take.at, value | above, true);
        }
        expect(readResults(plan, results)).toEqual(values);
      }),
    );
  });
});

describe('findBadExtensions', () => {
  const plan = planCall(callee([], [abiParam('i8', 'sext'), abiParam('i16', 'uext'), abiParam('f32')]), true);
  function of(a0: bigint, a1: bigint, fa0: bigint): readonly string[] {
    const results = row();
    results.setBigUint64(0, a0, true);
    results.setBigUint64(8, a1, true);
    results.setBigUint64(16, fa0, true);
    return findBadExtensions(plan, results).map(({ name }) => name);
  }

  it('accepts extended and boxed results only', () => {
    const boxed = 0xffffffff00000000n;
    expect(of(0x7fn, 0xffffn, boxed)).toEqual([]);
    expect(of(bitMask(64), 0n, boxed)).toEqual([]);
    expect(of(0xffn, 0n, boxed)).toEqual(['high bits of sext result in a0']);
    expect(of(0n, 0x10000n, boxed)).toEqual(['high bits of uext result in a1']);
    expect(of(0n, 0n, 0x3f800000n)).toEqual(['high bits of NaN-boxed result in fa0']);
  });

  it('says where in the return area', () => {
    const many = planCall(callee([], [abiParam('i64'), abiParam('i64'), abiParam('i8', 'uext')]), true);
    const results = row();
    results.setBigUint64(32, 0x100n, true);
    expect(findBadExtensions(many, results)).toEqual([
      { name: 'high bits of uext result in the return area', expected: 0n, found: 0x100n },
    ]);
  });
});
