import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCoverage, newCoverage, type CoverageSet } from '../coverage/coverage-set.ts';
import type { JournalChunk, JournalFinding } from './journal.ts';
import { addChunk, findingsByBucket, newTally, type Tally } from './tally.ts';

function found(index: number, coarse: string, more: Partial<JournalFinding> = {}): JournalFinding {
  return {
    index,
    caseSeed: `${index}`,
    verdict: 'finding',
    coarse,
    kind: 'miscompile',
    place: 'a result',
    detail: '',
    configuration: 0,
    known: null,
    seconds: 1,
    ...more,
  };
}

/** A map with one cell filled. */
function covering(cell: number): CoverageSet {
  const set = newCoverage();
  set[cell] = 1;
  return set;
}

function chunk(from: number, findings: readonly JournalFinding[] = []): JournalChunk {
  return {
    from,
    to: from + 50,
    cases: 50,
    modules: 90,
    seconds: from / 10,
    verdicts: { agree: 49 - findings.length, declined: 1, finding: findings.length },
    declined: { 'too many results': 1 },
    phases: { compile: 2, execute: 1 },
    findings: [...findings],
    coverage: encodeCoverage(covering(from)),
  };
}

function tallyOf(chunks: readonly JournalChunk[]): Tally {
  const tally = newTally();
  for (const one of chunks) addChunk(tally, one);
  return tally;
}

const CHUNKS = [
  chunk(0, [found(7, 'b'), found(3, 'a')]),
  chunk(50, [found(60, 'a'), found(51, 'a', { verdict: 'flaky' })]),
  chunk(100, [found(101, 'c', { known: 'fs1' }), found(102, 'd', { known: 'fs1' })]),
];

describe('a tally', () => {
  it('starts with every verdict at none', () => {
    expect(newTally().verdicts).toEqual({ agree: 0, declined: 0, invalid: 0, finding: 0, flaky: 0 });
  });

  it('adds up chunks', () => {
    expect(tallyOf(CHUNKS)).toMatchObject({
      cases: 150,
      modules: 270,
      seconds: 10,
      verdicts: { agree: 141, declined: 3, finding: 6, invalid: 0, flaky: 0 },
      declined: { 'too many results': 3 },
      phases: { compile: 6, execute: 3, generate: 0 },
    });
  });

  it('comes to the same in whatever order chunks end', () => {
    const sum = (chunks: readonly JournalChunk[]): unknown => {
      const tally = tallyOf(chunks);
      return { ...tally, findings: Object.fromEntries(findingsByBucket(tally)) };
    };
    const inOrder = sum(CHUNKS);
    fc.assert(
      fc.property(fc.shuffledSubarray(CHUNKS, { minLength: CHUNKS.length }), (order) => {
        expect(sum(order)).toEqual(inOrder);
      }),
      { numRuns: 20 },
    );
  });
});

describe('findingsByBucket', () => {
  const groups = findingsByBucket(tallyOf(CHUNKS));
  const indices = (bucket: string): readonly number[] | undefined =>
    groups.get(bucket)?.map(({ index }) => index);

  it('puts the first case of a bucket first', () => {
    expect(indices('a')).toEqual([3, 60]);
    expect(indices('b')).toEqual([7]);
  });

  it('puts what one known issue explains together', () => {
    expect([...groups.values()].map((group) => group.map(({ index }) => index))).toContainEqual([101, 102]);
    expect(groups.has('c')).toBe(false);
  });

  it('leaves out what did not repeat', () => {
    expect([...groups.values()].flat().some(({ verdict }) => verdict === 'flaky')).toBe(false);
  });
});

it('cells that any chunk filled are filled', () => {
  const { coverage } = tallyOf(CHUNKS);
  expect([...coverage.keys()].filter((cell) => coverage[cell] === 1)).toEqual([0, 50, 100]);
});
