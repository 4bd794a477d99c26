import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HarnessError } from '../clif/harness-error.ts';
import { abiParam, CALL_CONVS } from '../clif/signature.ts';
import type { AbiParam, CallConv, Signature } from '../clif/signature.ts';
import { SCALAR_TYPES, typeInfo } from '../clif/type.ts';
import type { Type } from '../clif/type.ts';
import { layoutSignature, needsReturnArea } from './layout.ts';
import type { Part, SignatureLayout, ValueLayout } from './layout.ts';

const WITH_AREA = { implicitReturnArea: true };
const TYPES: readonly Type[] = [
  ...SCALAR_TYPES,
  ...([
    'i8x2',
    'i8x4',
    'i16x4',
    'i8x16',
    'i16x8',
    'i32x4',
    'i64x2',
    'f32x4',
    'f64x2',
    'i16x16',
    'i32x16',
  ] as const),
];

function signature(
  params: readonly AbiParam[],
  returns: readonly AbiParam[],
  callConv: CallConv = 'system_v',
): Signature {
  return { params, returns, callConv };
}

function of(
  params: readonly Type[],
  returns: readonly Type[] = [],
  callConv: CallConv = 'system_v',
): SignatureLayout {
  return layoutSignature(
    signature(
      params.map((t) => abiParam(t)),
      returns.map((t) => abiParam(t)),
      callConv,
    ),
    WITH_AREA,
  );
}

/** `a0`, `f10`, `+16`: enough to write expectations. */
function places(values: readonly ValueLayout[]): readonly string[] {
  return values.map((value) => value.parts.map(placeText).join(','));
}

function placeText({ place }: Part): string {
  if (place.kind === 'memory') return `+${place.offset}`;
  return `${place.kind === 'x' ? 'a' : 'fa'}${place.register - 10}`;
}

const arbitraryParam: fc.Arbitrary<AbiParam> = fc
  .tuple(fc.constantFrom(...TYPES), fc.constantFrom('none', 'sext', 'uext'))
  .map(([type, extension]) =>
    abiParam(type, typeInfo(type).lane.startsWith('i') && !typeInfo(type).isVector ? extension : 'none'),
  );

const arbitrarySignature: fc.Arbitrary<Signature> = fc.record({
  params: fc.array(arbitraryParam, { maxLength: 24 }),
  returns: fc.array(arbitraryParam, { maxLength: 24 }),
  callConv: fc.constantFrom(...CALL_CONVS.filter((c) => c !== 'winch')),
});

function partsOf(values: readonly ValueLayout[]): readonly Part[] {
  return values.flatMap((value) => value.parts);
}

function checkList(values: readonly ValueLayout[], areaBytes: number): void {
  const registers = new Set<string>();
  let end = 0;
  for (const part of partsOf(values)) {
    const { place } = part;
    if (place.kind === 'memory') {
      expect(place.offset).toBeGreaterThanOrEqual(end);
      expect(place.offset % part.slotBytes).toBe(0);
      expect(part.bits).toBeLessThanOrEqual(part.slotBytes * 8);
      end = place.offset + part.slotBytes;
    } else {
      expect(registers).not.toContain(placeText(part));
      registers.add(placeText(part));
    }
  }
  expect(areaBytes % 16).toBe(0);
  expect(areaBytes - end).toBeGreaterThanOrEqual(0);
  expect(areaBytes - end).toBeLessThan(16);
}

function checkParts(value: ValueLayout): void {
  let bit = 0;
  for (const part of value.parts) {
    expect(part.valueBit).toBe(bit);
    bit += part.bits;
    if (part.bits >= 64) expect(part.extension).toBe('none');
    expect(part.isNanBoxed).toBe(part.place.kind === 'f' && part.bits < 64);
  }
  expect(bit).toBe(typeInfo(value.type).bits);
}

describe('layoutSignature', () => {
  it('covers every bit once, overlaps nothing, aligns everything', () => {
    fc.assert(
      fc.property(arbitrarySignature, (sig) => {
        const layout = layoutSignature(sig, WITH_AREA);
        checkList(layout.params, layout.argumentAreaBytes);
        checkList(layout.returns, layout.returnAreaBytes);
        for (const value of [...layout.params, ...layout.returns]) checkParts(value);
        expect(layout.hasReturnAreaPointer).toBe(layout.returnAreaBytes > 0);
        expect(layout.hasReturnAreaPointer).toBe(needsReturnArea(sig));
        expect(layout.poppedBytes).toBe(sig.callConv === 'tail' ? layout.argumentAreaBytes : 0);
        if (layout.hasReturnAreaPointer) expect(places(layout.params)).not.toContain('a0');
      }),
    );
  });

  it('lays out a prefix of the parameters alike', () => {
    fc.assert(
      fc.property(fc.array(arbitraryParam, { maxLength: 24 }), arbitraryParam, (params, last) => {
        const short = layoutSignature(signature(params, []), WITH_AREA);
        const long = layoutSignature(signature([...params, last], []), WITH_AREA);
        expect(long.params.slice(0, params.length)).toEqual(short.params);
      }),
    );
  });

  it('counts integers and floats apart and leaves vectors in memory', () => {
    const layout = of(['i8', 'f32', 'i8x16', 'i64', 'f64', 'i8x2']);
    expect(places(layout.params)).toEqual(['a0', 'fa0', '+0', 'a1', 'fa1', '+16']);
    expect(layout.argumentAreaBytes).toBe(32);
  });

  it('splits an i128 between a7 and the stack, without an aligned pair', () => {
    const layout = of(['i64', 'i128', 'i64', 'i64', 'i64', 'i64', 'i128', 'i8', 'f128']);
    expect(places(layout.params)).toEqual(['a0', 'a1,a2', 'a3', 'a4', 'a5', 'a6', 'a7,+0', '+8', '+16,+24']);
  });

  it('takes a0 for the return area and splits an i128 result between a1 and the area', () => {
    const layout = of(['i64', 'f16'], ['i64', 'i128', 'f16', 'f32', 'f64', 'i32x4']);
    expect(places(layout.params)).toEqual(['a1', 'fa0']);
    expect(places(layout.returns)).toEqual(['a0', 'a1,+0', 'fa0', 'fa1', '+8', '+16']);
    expect(layout.returnAreaBytes).toBe(32);
  });

  it('does not send floats that found no f register to x registers', () => {
    expect(places(of(Array.from({ length: 10 }, () => 'f64' as const)).params)).toEqual([
      'fa0',
      'fa1',
      'fa2',
      'fa3',
      'fa4',
      'fa5',
      'fa6',
      'fa7',
      '+0',
      '+8',
    ]);
  });

  it('aligns a long vector to its own size', () => {
    const layout = of(['i8x16', 'i16x16', 'i8x2', 'i32x16']);
    expect(places(layout.params)).toEqual(['+0', '+32', '+64', '+128']);
    expect(layout.argumentAreaBytes).toBe(192);
  });

  it('gives the declared sret back', () => {
    const sret = abiParam('i64', 'none', { kind: 'sret' });
    expect(layoutSignature(signature([abiParam('i64'), sret], []), WITH_AREA).sretParam).toBe(1);
    expect(() => layoutSignature(signature([sret], [abiParam('i64')]), WITH_AREA)).toThrow(HarnessError);
    expect(() => layoutSignature(signature([sret, sret], []), WITH_AREA)).toThrow(HarnessError);
  });

  it('throws for what Cranelift refuses', () => {
    expect(() => of(['i64'], [], 'winch')).toThrow(HarnessError);
    expect(() => of(['i64x16'])).toThrow(HarnessError);
    const many = signature([], [abiParam('i64'), abiParam('i64'), abiParam('i8')]);
    expect(() => layoutSignature(many, { implicitReturnArea: false })).toThrow(HarnessError);
  });
});
