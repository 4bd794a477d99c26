import { describe, expect, it } from 'vitest';
import { layoutSignature } from '../abi/layout.ts';
import type { Outcome } from '../clif/outcome.ts';
import { abiParam, type Signature } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';
import { compareInput, outcomeText, sameValue, type Comparison } from './outcomes.ts';
import type { Finding, Observed } from './verdict.ts';

function comparison(types: readonly Type[], anyNan = false): Comparison {
  const signature: Signature = {
    params: [],
    returns: types.map((type) => abiParam(type)),
    callConv: 'system_v',
  };
  const layout = layoutSignature(signature, { implicitReturnArea: true });
  return { signature, layout, configuration: 1, input: 2, anyNan: () => anyNan };
}

function returned(...results: bigint[]): Outcome {
  return { kind: 'returned', results };
}

function trapped(code: string): Outcome {
  return { kind: 'trapped', code };
}

const FAULTED: Outcome = { kind: 'faulted', signal: 'SIGSEGV', pc: 1n, address: 16n, place: 'u0:1+0x24' };
const HUNG: Outcome = { kind: 'hung', place: '%main+0x10' };
const DIED: Outcome = { kind: 'died', detail: 'exit code 1' };

function seen(outcome: Outcome, ...violations: Observed['violations']): Observed {
  return { outcome, violations };
}

function violation(
  kind: Observed['violations'][number]['kind'],
  name: string,
  call: string | null = null,
): Observed['violations'][number] {
  return { kind, name, expected: 1n, found: 2n, call };
}

function compare(
  expected: Outcome,
  observed: readonly Observed[],
  types: readonly Type[] = ['i64'],
): Finding | null {
  return compareInput(comparison(types), expected, observed)[0] ?? null;
}

const LONG_LIST: readonly Type[] = ['i64', 'i64', 'f32', 'i8x16', 'i128'];

describe('agreement', () => {
  it('is the same results under every poison', () => {
    expect(compare(returned(7n), [seen(returned(7n)), seen(returned(7n))])).toBeNull();
  });

  it('is the same trap', () => {
    expect(compare(trapped('user1'), [seen(trapped('user1')), seen(trapped('user1'))])).toBeNull();
  });

  it('is not to be had from an oracle that gave up', () => {
    const exhausted: Outcome = { kind: 'exhausted', reason: 'fuel' };
    expect(compare(exhausted, [seen(returned(1n)), seen(FAULTED)])).toBeNull();
  });
});

describe('disagreement', () => {
  it('of a result says which, what type, and where it came back', () => {
    const wrong = returned(1n, 2n, 3n, 0xffn, 5n);
    const finding = compare(returned(1n, 2n, 3n, 4n, 5n), [seen(wrong), seen(wrong)], LONG_LIST);
    expect(finding).toMatchObject({
      kind: 'miscompile',
      place: 'result i8x16 in the return area',
      configuration: 1,
      input: 2,
      observed: wrong,
    });
    expect(finding?.detail).toBe(
      'result 3 (i8x16, return area +0) of the entry: expected 0x4, observed 0xff',
    );
  });

  it.each([
    [0, 'result i64 in integer registers', 'x10'],
    [2, 'result f32 in a float register', 'f10'],
    [4, 'result i128 in the return area', 'return area +'],
  ])('of result %i is at %s', (index, place, text) => {
    const right = [1n, 2n, 3n, 4n, 5n];
    const wrong = returned(...right.map((bits, i) => (i === index ? bits + 1n : bits)));
    const finding = compare(returned(...right), [seen(wrong)], LONG_LIST);
    expect(finding?.place).toBe(place);
    expect(finding?.detail).toContain(text);
  });

  it('of an i128 split between a register and memory says so', () => {
    const finding = compare(returned(1n, 2n), [seen(returned(1n, 3n))], ['i64', 'i128']);
    expect(finding?.place).toBe('result i128 split over a register and the return area');
  });

  it('counts results that are missing', () => {
    expect(compare(returned(1n), [seen(returned())])?.kind).toBe('miscompile');
  });

  it.each([
    [returned(1n), FAULTED, 'guest-fault', 'SIGSEGV'],
    [returned(1n), HUNG, 'hang', 'never returns'],
    [returned(1n), DIED, 'guest-fault', 'the emulator ended'],
    [returned(1n), trapped('user1'), 'guest-fault', 'a trap instead of a return'],
    [trapped('user1'), trapped('user2'), 'guest-fault', 'another trap'],
    [trapped('user1'), returned(1n), 'miscompile', 'a return instead of a trap'],
  ] as const)('%#: of kinds', (expected, observed, kind, place) => {
    const finding = compare(expected, [seen(observed), seen(observed)]);
    expect(finding).toMatchObject({ kind, place, expected, observed });
    expect(finding?.detail).toBe(`expected: ${outcomeText(expected)}; observed: ${outcomeText(observed)}`);
  });

  it('under one poison only means that something undefined was read', () => {
    const finding = compare(returned(7n), [seen(returned(7n)), seen(returned(8n))]);
    expect(finding).toMatchObject({
      kind: 'abi-violation',
      place: 'depends on undefined registers or stack',
    });
    // A fault stays a fault: that it comes under one poison alone takes nothing from it.
    expect(compare(returned(7n), [seen(returned(7n)), seen(FAULTED)])?.kind).toBe('guest-fault');
  });

  it('goes before a broken rule of the ABI', () => {
    const finding = compare(returned(7n), [seen(returned(8n), violation('register', 's5'))]);
    expect(finding?.kind).toBe('miscompile');
  });
});

describe('a broken rule of the ABI', () => {
  it('is a finding where all results agree', () => {
    const finding = compare(returned(7n), [
      seen(returned(7n)),
      seen(returned(7n), violation('register', 's5')),
    ]);
    expect(finding).toMatchObject({ kind: 'abi-violation', place: 's5 not restored' });
    expect(finding?.detail).toBe('s5: expected 0x1, found 0x2');
  });

  it('has a place that names each rule once, in order', () => {
    const finding = compare(returned(7n), [
      seen(
        returned(7n),
        violation('sp', 'sp'),
        violation('canary', 'below the argument area'),
        violation('register', 's5'),
        violation('canary', 'above the argument area'),
        violation('register', 'high bits of uext result in the return area'),
      ),
    ]);
    expect(finding?.place).toBe(
      'high bits of uext result in the return area; memory of the caller overwritten; s5 not restored; sp wrong on return',
    );
  });
});

describe('what a second poison shows', () => {
  it('is a finding of its own where it breaks other rules', () => {
    const both = [seen(returned(1n), violation('register', 's3')), seen(returned(1n), violation('sp', 'sp'))];
    const places = compareInput(comparison(['i64']), returned(1n), both).map(({ place }) => place);
    expect(places).toEqual(['s3 not restored', 'sp wrong on return']);
  });

  it('is not told twice', () => {
    const alike = seen(returned(1n), violation('register', 's3'));
    expect(compareInput(comparison(['i64']), returned(1n), [alike, alike])).toHaveLength(1);
  });
});

describe('NaNs', () => {
  const QUIET = 0x7fc0_0000n;
  const OTHER = 0xffc0_0001n;
  const INFINITY = 0x7f80_0000n;

  it('are held bit by bit unless any NaN will do', () => {
    expect(sameValue('f32', QUIET, OTHER, false)).toBe(false);
    expect(sameValue('f32', QUIET, OTHER, true)).toBe(true);
    expect(compareInput(comparison(['f32'], true), returned(QUIET), [seen(returned(OTHER))])).toEqual([]);
    expect(compareInput(comparison(['f32'], false), returned(QUIET), [seen(returned(OTHER))])[0]?.kind).toBe(
      'miscompile',
    );
  });

  it('are never equal to a number or an infinity', () => {
    expect(sameValue('f32', QUIET, INFINITY, true)).toBe(false);
    expect(sameValue('f32', 0n, 0x8000_0000n, true)).toBe(false);
  });

  it.each([
    ['f16', 0x7e00n, 0xfe01n, 0x7c00n],
    ['f64', 0x7ff8n << 48n, (0xfff8n << 48n) | 1n, 0x7ff0n << 48n],
    ['f128', 0x7fff_8n << 108n, (0x7fff_8n << 108n) | 1n, 0x7fffn << 112n],
  ] as const)('are known in %s', (type, a, b, infinity) => {
    expect(sameValue(type, a, b, true)).toBe(true);
    expect(sameValue(type, a, infinity, true)).toBe(false);
  });

  it('count lane by lane', () => {
    const lanes = (low: bigint, high: bigint): bigint => low | (high << 96n);
    expect(sameValue('f32x4', lanes(QUIET, 5n), lanes(OTHER, 5n), true)).toBe(true);
    expect(sameValue('f32x4', lanes(QUIET, 5n), lanes(OTHER, 6n), true)).toBe(false);
  });

  it('are no matter for integers', () => {
    expect(sameValue('i32', QUIET, OTHER, true)).toBe(false);
    expect(sameValue('i32x4', QUIET, OTHER, true)).toBe(false);
  });
});
