import { describe, expect, it } from 'vitest';
import { abiParam } from '../clif/signature.ts';
import type { AbiParam, Signature } from '../clif/signature.ts';
import type { ScalarType } from '../clif/type.ts';
import type { Part } from './layout.ts';
import { CLAUSE_TEXTS, LP64D } from './psabi-clauses.ts';
import { layoutPsabi, whyNotPsabi } from './psabi.ts';

function signature(params: readonly AbiParam[], returns: readonly AbiParam[] = []): Signature {
  return { params, returns, callConv: 'system_v' };
}

function of(params: readonly ScalarType[], returns: readonly ScalarType[] = []): Signature {
  return signature(
    params.map((t) => abiParam(t)),
    returns.map((t) => abiParam(t)),
  );
}

function placeText({ place }: Part): string {
  if (place.kind === 'memory') return `+${place.offset}`;
  return `${place.kind === 'x' ? 'a' : 'fa'}${place.register - 10}`;
}

const params = (s: Signature): readonly string[] =>
  layoutPsabi(s).params.map((v) => v.parts.map(placeText).join(','));
const returns = (s: Signature): readonly string[] =>
  layoutPsabi(s).returns.map((v) => v.parts.map(placeText).join(','));
const seven = Array.from({ length: 7 }, () => 'i64' as const);
const eightFloats = Array.from({ length: 8 }, () => 'f64' as const);

/** Places by hand; that gcc has them there too is shown by test/psabi-gcc.test.ts. */
describe('layoutPsabi', () => {
  it('lets floats go on in integer registers', () => {
    const s = of([...eightFloats, 'f32', 'i64', 'f64']);
    expect(params(s).slice(7)).toEqual(['fa7', 'a0', 'a1', 'a2']);
    expect(layoutPsabi(s).params[8]?.parts[0]).toMatchObject({
      isNanBoxed: false,
      extension: 'none',
      clauses: { place: 'float-registers-used-up', rest: 'narrow-float-high-bits' },
    });
  });

  it('splits a pair over the last register and the stack, and aligns it on the stack', () => {
    expect(params(of([...seven, 'i128'])).at(-1)).toBe('a7,+0');
    expect(params(of([...seven, 'i64', 'i64', 'i128', 'f128'])).slice(8)).toEqual([
      '+0',
      '+16,+24',
      '+32,+40',
    ]);
    expect(params(of(['i64', 'i128', 'f128']))).toEqual(['a0', 'a1,a2', 'a3,a4']);
  });

  it('sign-extends every 32-bit integer', () => {
    const s = signature([
      abiParam('i8', 'uext'),
      abiParam('i16', 'sext'),
      abiParam('i32', 'uext'),
      abiParam('i32'),
    ]);
    expect(layoutPsabi(s).params.map((v) => v.parts[0]?.extension)).toEqual(['uext', 'sext', 'sext', 'none']);
  });

  it('returns two results as the fields of a struct', () => {
    expect(returns(of([], ['f32', 'f64']))).toEqual(['fa0', 'fa1']);
    expect(returns(of([], ['i8', 'f64']))).toEqual(['a0', 'fa0']);
    expect(returns(of([], ['f64', 'i32']))).toEqual(['fa0', 'a0']);
    expect(returns(of([], ['i8', 'i64']))).toEqual(['a0', 'a1']);
    expect(returns(of([], ['f128']))).toEqual(['a0,a1']);
  });
});

describe('whyNotPsabi', () => {
  it('refuses what no C function has', () => {
    expect(whyNotPsabi(of([], ['i32', 'i32']))).toContain('share a register');
    expect(whyNotPsabi(of([], ['i128', 'f64']))).toContain('lies in memory');
    expect(whyNotPsabi(of([], ['i64', 'f64', 'f64']))).toContain('3 results');
    expect(whyNotPsabi({ ...of([]), callConv: 'tail' })).toContain('tail');
    expect(whyNotPsabi(signature([abiParam('i64'), abiParam('i64', 'none', { kind: 'sret' })]))).toContain(
      'sret',
    );
    expect(whyNotPsabi(signature([abiParam('i64x2')]))).toContain('vectors');
    expect(() => layoutPsabi(of([], ['i32', 'i32']))).toThrow('no psABI layout');
  });
});

it('has words for every clause', () => {
  expect(Object.keys(CLAUSE_TEXTS)).toEqual(Object.keys(LP64D));
});
