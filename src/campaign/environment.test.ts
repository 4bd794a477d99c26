import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../clif/harness-error.ts';
import { readKnownIssues } from './environment.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callfuzz-issues-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the known issues of the project', () => {
  const issues = readKnownIssues(join(ROOT, 'known-issues'));

  it('are written up where they say', () => {
    expect(issues.length).toBeGreaterThan(0);
    const findings = readFileSync(join(ROOT, 'docs/findings.md'), 'utf8');
    for (const { id, reference } of issues) {
      const section = /^docs\/findings\.md, ([FP]\d+)$/.exec(reference)?.[1];
      if (section !== undefined) expect(findings, id).toContain(`\n## ${section}:`);
      else expect(reference, id).toMatch(/^https:\/\/github\.com\//);
    }
  });

  it('are narrow: each names versions and a place that is not everything', () => {
    for (const { id, versions, place, avoidedBy } of issues) {
      expect(versions.length, id).toBeGreaterThan(0);
      expect(new RegExp(place).test(''), id).toBe(false);
      // A pattern that takes many places has to prove itself case by case.
      if (avoidedBy === undefined) expect(new RegExp(place).test('anything not restored'), id).toBe(false);
    }
  });

  it.each(['fs1 of preserve_all not restored', 's1 not restored', 'sp wrong on return'])(
    'none is one of %s',
    (part) => {
      const such = issues.filter(
        ({ kind, place }) => kind === 'abi-violation' && new RegExp(place).test(part),
      );
      expect(such.map(({ id }) => id)).toEqual([]);
    },
  );
});

describe('readKnownIssues', () => {
  it.each([
    ['no JSON', '{'],
    ['no issue', '{"id": "x"}'],
    [
      'an unknown rewrite',
      JSON.stringify({
        id: 'x',
        title: '',
        reference: '',
        kind: 'hang',
        place: 'a',
        versions: [],
        avoidedBy: 'luck',
      }),
    ],
    [
      'an unknown kind',
      JSON.stringify({ id: 'x', title: '', reference: '', kind: 'luck', place: 'a', versions: [] }),
    ],
  ])('says which file is damaged: %s', (_, text) => {
    writeFileSync(join(folder, 'broken.json'), text);
    expect(() => readKnownIssues(folder)).toThrow(UsageError);
    expect(() => readKnownIssues(folder)).toThrow(join(folder, 'broken.json'));
  });

  it('reads in the order of names and passes over other files', () => {
    const issue = { title: '', reference: '', kind: 'hang', place: 'a', versions: ['0.135'] };
    writeFileSync(join(folder, 'b.json'), JSON.stringify({ ...issue, id: 'second' }));
    writeFileSync(join(folder, 'a.json'), JSON.stringify({ ...issue, id: 'first' }));
    writeFileSync(join(folder, 'README.md'), '# not an issue');
    expect(readKnownIssues(folder).map(({ id }) => id)).toEqual(['first', 'second']);
  });
});
