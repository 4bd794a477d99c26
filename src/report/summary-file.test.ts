import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findSummaries, newestSummary, readSummary } from './summary-file.ts';

const SUMMARY = {
  schema: 'callfuzz.summary/1',
  seed: '1',
  profile: 'default',
  cranelift: '0.135.8',
  emulator: 'qemu',
  shard: '0/1',
  cases: 1,
  modules: 2,
  seconds: 1,
  casesPerSecond: 1,
  verdicts: { agree: 1 },
  declined: {},
  phases: {},
  findings: [],
  flaky: [],
  harnessFaults: 0,
};

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callfuzz-report-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function campaign(name: string, text: string): string {
  mkdirSync(join(folder, name));
  const file = join(folder, name, 'summary.json');
  writeFileSync(file, text);
  return file;
}

test('reads what was written', () => {
  expect(readSummary(campaign('a', JSON.stringify(SUMMARY)))).toEqual({ ...SUMMARY, coverage: null });
});

test('a damaged summary is one line with file and place', () => {
  expect(() => readSummary(campaign('a', '{"schema": '))).toThrow(
    /summary\.json: cannot be read as a summary: /,
  );
  const wrong = campaign('b', JSON.stringify({ ...SUMMARY, verdicts: { agree: 'x' } }));
  expect(() => readSummary(wrong)).toThrow(/^.*summary\.json: damaged summary: verdicts\.agree: .*$/);
});

test('folders, journals and folders of campaigns stand for their summaries', () => {
  const a = campaign('a', JSON.stringify(SUMMARY));
  const b = campaign('b', JSON.stringify(SUMMARY));
  const journal = join(folder, 'a/journal.jsonl');
  writeFileSync(journal, '');
  expect(findSummaries([folder])).toEqual([a, b]);
  expect(findSummaries([journal, join(folder, 'b'), a])).toEqual([a, b]);
  expect(() => findSummaries([join(folder, 'c')])).toThrow(/no such file/);
});

test('the newest campaign is the default', () => {
  const a = campaign('a', JSON.stringify(SUMMARY));
  const b = campaign('b', JSON.stringify(SUMMARY));
  utimesSync(b, 1, 1);
  expect(newestSummary(folder)).toBe(a);
  expect(() => newestSummary(join(folder, 'none'))).toThrow(/no campaign has ended/);
});
