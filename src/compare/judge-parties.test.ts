import { describe, expect, it } from 'vitest';
import { layoutSignature } from '../abi/layout.ts';
import type { SignatureLayout } from '../abi/layout.ts';
import { layoutPsabi } from '../abi/psabi.ts';
import { abiParam } from '../clif/signature.ts';
import type { AbiParam } from '../clif/signature.ts';
import { judgeParty, needsOwnRun } from './judge-parties.ts';
import type { CalleeRun, CallerEvidence, Party } from './judge-parties.ts';
import { partWord } from './party-words.ts';
import type { WordAt } from './party-words.ts';

function party(params: readonly AbiParam[], returns: readonly AbiParam[] = []): Party {
  const signature = { params, returns, callConv: 'system_v' } as const;
  return {
    name: 'u0:1',
    psabi: layoutPsabi(signature),
    own: layoutSignature(signature, { implicitReturnArea: false }),
  };
}

const GARBAGE = 0x5a5a_5a5a_5a5a_5a5an;

/** Registers and stack as a caller leaves them that lays `values` out by `layout`. */
function wordsBy(values: SignatureLayout['params'], bits: readonly bigint[]): WordAt {
  const words = new Map<string, bigint>();
  values.forEach(({ parts }, i) => {
    for (const part of parts) {
      const { word, mask } = partWord(part, bits[i] ?? 0n);
      words.set(JSON.stringify(part.place), word | (GARBAGE & ~mask));
    }
  });
  return ({ place }) => words.get(JSON.stringify(place)) ?? GARBAGE;
}

function passing(args: readonly bigint[], wordAt: WordAt, endsRight = true): CallerEvidence {
  return { calls: [{ args, wordAt }], endsRight, outcome: 'returned ()' };
}

function returning(...words: bigint[]): CalleeRun {
  return { words: [...words, GARBAGE, GARBAGE, GARBAGE, GARBAGE].slice(0, 4), outcome: 'returned' };
}

const RIGHT = { results: [], byPsabi: returning(), byOwn: null };
const floats = Array.from({ length: 9 }, () => abiParam('f64'));
const nine = floats.map((_, i) => BigInt(i + 1));

describe('arguments', () => {
  const p = party([...floats, abiParam('i64')], [abiParam('i64')]);
  const args = [...nine, 77n];
  const right = { results: [5n], byPsabi: returning(5n), byOwn: null };
  const misunderstood = { results: [5n], byPsabi: returning(6n), byOwn: returning(5n) };

  it('are right where the psABI has them', () => {
    expect(judgeParty(p, passing(args, wordsBy(p.psabi.params, args)), right)).toEqual([]);
  });

  it('diverge where Cranelift has them elsewhere on both sides, by the clause of the first', () => {
    const evidence = passing(args, wordsBy(p.own.params, args));
    for (const callee of [misunderstood, right]) {
      const drafts = judgeParty(p, evidence, callee);
      expect(drafts.map(({ kind, place }) => [kind, place])).toEqual([
        ['psabi-divergence', 'float-registers-used-up (argument)'],
      ]);
    }
    // The float is the same in both places: what it pushed aside shows.
    const alike = [...nine.slice(0, 8), GARBAGE, 77n];
    const [draft] = judgeParty(p, passing(alike, wordsBy(p.own.params, alike)), right);
    expect(draft?.place).toBe('float-registers-used-up (argument)');
  });

  it('diverge where by chance only the bits above a value tell', () => {
    // A ninth float takes a7 from the byte that follows, and both are 0.
    const list = [...Array.from({ length: 7 }, () => abiParam('i64')), ...floats.slice(1)];
    const moved = party([...list, abiParam('f32'), abiParam('i8', 'sext')]);
    const zeros = moved.psabi.params.map(() => 0n);
    const drafts = judgeParty(moved, passing(zeros, wordsBy(moved.own.params, zeros)), RIGHT);
    expect(drafts.map(({ kind, place }) => [kind, place])).toEqual([
      ['psabi-divergence', 'float-registers-used-up (argument)'],
    ]);
  });

  it('are the caller’s fault where the callee would have taken them', () => {
    const swapped = [77n, ...nine.slice(1), 1n];
    const evidence = passing(args, wordsBy(p.psabi.params, swapped));
    expect(judgeParty(p, evidence, right).map((d) => d.place)).toEqual([
      'caller: argument, float-in-float-register',
    ]);
    // Where the callee would not, both sides agree on something that is nobody's layout.
    expect(judgeParty(p, evidence, misunderstood).map(({ kind, place }) => [kind, place])).toEqual([
      ['psabi-divergence', 'float-in-float-register (argument), by no known layout'],
    ]);
  });

  it('are the callee’s fault where callers pass them right', () => {
    const plain = party([abiParam('i64')], [abiParam('i64')]);
    const evidence = passing([3n], wordsBy(plain.psabi.params, [3n]));
    expect(judgeParty(plain, evidence, misunderstood).map((d) => d.place)).toEqual(['callee: arguments']);
  });

  it('of a later call may come from a result that was misread', () => {
    const plain = party([abiParam('i64')], [abiParam('i64')]);
    const wordAt = (value: bigint): WordAt => wordsBy(plain.psabi.params, [value]);
    const calls = [
      { args: [3n], wordAt: wordAt(3n) },
      { args: [4n], wordAt: wordAt(9n) },
    ];
    const evidence = { calls, endsRight: false, outcome: 'returned (0x9)' };
    expect(judgeParty(plain, evidence, right).map((d) => d.place)).toEqual(['caller: after a foreign call']);
  });
});

describe('high bits', () => {
  it('diverge where the signature asks for them, and are a fault where it does not', () => {
    const p = party([abiParam('i32', 'uext')]);
    const found = (word: bigint): readonly string[] =>
      judgeParty(
        p,
        passing([0x8000_0000n], () => word),
        RIGHT,
      ).map((d) => d.place);
    expect(found(0xffff_ffff_8000_0000n)).toEqual([]);
    expect(found(0x8000_0000n)).toEqual(['sign-extend-words (argument)']);
    expect(found(0x5_8000_0000n)).toEqual(['caller: high bits of argument, sign-extend-words']);
  });

  it('of results are the callee’s', () => {
    const p = party([], [abiParam('i8', 'sext')]);
    const callee = { results: [0x80n], byPsabi: returning(0x80n), byOwn: null };
    expect(
      judgeParty(
        p,
        passing([], () => 0n),
        callee,
      ).map((d) => d.place),
    ).toEqual(['callee: high bits of result, widen-by-sign']);
    const boxed = party([], [abiParam('f32')]);
    const unboxed = { words: [0n, 0n, 1n, 0n], outcome: '' };
    expect(
      judgeParty(
        boxed,
        passing([], () => 0n),
        { results: [1n], byPsabi: unboxed, byOwn: null },
      ).map((d) => d.place),
    ).toEqual(['callee: high bits of result, nan-boxing']);
  });
});

describe('results', () => {
  const p = party([], [abiParam('f32'), abiParam('f64')]);
  const swapped = { words: [0n, 0n, 2n, 0xffff_ffff_0000_0001n], outcome: 'returned' };
  const callee = { results: [1n, 2n], byPsabi: swapped, byOwn: swapped };

  it('diverge where both sides have them elsewhere', () => {
    expect(needsOwnRun(p, callee)).toBe(true);
    const drafts = judgeParty(
      p,
      passing([], () => 0n, false),
      callee,
    );
    expect(drafts.map(({ kind, place }) => [kind, place])).toEqual([
      ['psabi-divergence', 'two-floats (result)'],
    ]);
  });

  it('are one side’s fault where the other is right', () => {
    expect(
      judgeParty(
        p,
        passing([], () => 0n),
        callee,
      ).map((d) => d.place),
    ).toEqual(['callee: result, two-floats']);
    const right = { ...callee, byPsabi: { words: [0n, 0n, 0xffff_ffff_0000_0001n, 2n], outcome: '' } };
    expect(needsOwnRun(p, right)).toBe(false);
    expect(
      judgeParty(
        p,
        passing([], () => 0n, false),
        right,
      ).map((d) => d.place),
    ).toEqual(['caller: after a foreign call']);
  });

  it('that never come are a fault', () => {
    const lost = { words: null, outcome: 'SIGSEGV' };
    const drafts = judgeParty(
      p,
      passing([], () => 0n),
      { results: [1n, 2n], byPsabi: lost, byOwn: lost },
    );
    expect(drafts.map((d) => d.kind)).toEqual(['guest-fault']);
  });
});
