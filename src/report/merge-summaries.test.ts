import { expect, test } from 'vitest';
import { mergeSummaries } from './merge-summaries.ts';
import type { Summary, SummaryFinding } from './summary.ts';

const FINDING: SummaryFinding = {
  bucket: 'miscompile, a',
  kind: 'miscompile',
  known: null,
  firstCase: 9,
  caseSeed: 'nine',
  hits: 2,
  secondsToFirst: 1,
  repro: 'findings/a.clif',
  configuration: 'has_v',
  detail: 'nine',
};

const SHARD: Summary = {
  schema: 'callfuzz.summary/1',
  seed: '7',
  profile: 'default',
  cranelift: '0.135.8',
  emulator: 'qemu',
  shard: '0/2',
  cases: 10,
  modules: 20,
  seconds: 2,
  casesPerSecond: 5,
  verdicts: { agree: 8, finding: 2 },
  declined: { 'no lowering': 1 },
  phases: { generate: 1, oracle: 2 },
  findings: [FINDING],
  flaky: [{ caseSeed: 'f', detail: 'gone' }],
  harnessFaults: 0,
  coverage: null,
};

test('counts add up and findings meet by bucket under their lowest case', () => {
  const other: Summary = {
    ...SHARD,
    shard: '1/2',
    cases: 30,
    verdicts: { agree: 29, declined: 1 },
    declined: { 'no lowering': 3, 'too long': 1 },
    findings: [
      { ...FINDING, firstCase: 4, caseSeed: 'four', hits: 5, repro: null, detail: 'four' },
      { ...FINDING, bucket: 'hang, b', firstCase: 1 },
      { ...FINDING, known: 'an-issue' },
    ],
  };
  const merged = mergeSummaries([SHARD, other]);
  expect(merged).toMatchObject({
    shard: '0/1',
    cases: 40,
    modules: 40,
    seconds: 4,
    casesPerSecond: 10,
    seed: '7',
  });
  expect(merged.verdicts).toEqual({ agree: 37, finding: 2, declined: 1 });
  expect(merged.declined).toEqual({ 'no lowering': 4, 'too long': 1 });
  expect(merged.phases).toEqual({ generate: 2, oracle: 4 });
  expect(merged.flaky).toHaveLength(2);
  const brief = merged.findings.map((f) => [f.bucket, f.known, f.firstCase, f.hits, f.caseSeed, f.repro]);
  expect(brief).toEqual([
    ['hang, b', null, 1, 2, 'nine', 'findings/a.clif'],
    ['miscompile, a', null, 4, 7, 'four', 'findings/a.clif'],
    ['miscompile, a', 'an-issue', 9, 2, 'nine', 'findings/a.clif'],
  ]);
});

test('merging does not depend on the order', () => {
  const other: Summary = { ...SHARD, shard: '1/2', findings: [{ ...FINDING, firstCase: 3, hits: 1 }] };
  expect(mergeSummaries([SHARD, other]).findings).toEqual(mergeSummaries([other, SHARD]).findings);
});

test('parts of different campaigns keep their names', () => {
  expect(mergeSummaries([SHARD, { ...SHARD, seed: '8', shard: '1/2' }])).toMatchObject({
    seed: '7, 8',
    shard: '0/2+1/2',
  });
});

test('one summary stays as it is, the same one twice is refused', () => {
  expect(mergeSummaries([SHARD])).toBe(SHARD);
  expect(() => mergeSummaries([SHARD, SHARD])).toThrow(/would count twice/);
  expect(() => mergeSummaries([])).toThrow(/no summary/);
});
