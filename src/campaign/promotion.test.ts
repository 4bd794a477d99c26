import { expect, test } from 'vitest';
import type { Entry } from '../corpus/entry.ts';
import { promotedEntry } from './promotion.ts';

const ENTRY: Entry = {
  bucket: 'hang, never returns',
  kind: 'hang',
  seed: null,
  caseSeed: 'a',
  caseIndex: null,
  profile: null,
  cranelift: { fails: ['0.135.8'], passes: ['0.99'] },
  module: { functions: [] },
  configurations: [],
  inputs: [],
  expected: [],
  observed: [],
  note: 'old',
  upstream: null,
  status: 'open',
};

test('versions are joined and sorted by number', () => {
  const entry = promotedEntry(ENTRY, { fails: ['0.135.8', '0.121.2'], passes: ['0.105'], note: 'new' });
  expect(entry.cranelift).toEqual({ fails: ['0.121.2', '0.135.8'], passes: ['0.99', '0.105'] });
  expect(entry).toMatchObject({ note: 'new', upstream: null, bucket: ENTRY.bucket });
});

test('what is seen now counts over what was said before', () => {
  const entry = promotedEntry(ENTRY, { fails: ['0.99'], passes: ['0.135.8'], upstream: 'issue' });
  expect(entry.cranelift).toEqual({ fails: ['0.99'], passes: ['0.135.8'] });
  expect(entry).toMatchObject({ note: 'old', upstream: 'issue' });
});
