import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CRANELIFT } from '../src/backend/driver-spec.ts';
import { expectedOutcomes } from '../src/campaign/run-case.ts';
import { checkModule } from '../src/clif/check.ts';
import { caseFromEntry } from '../src/corpus/entry-case.ts';
import { listEntries, readEntry } from '../src/corpus/entry-files.ts';
import { ensureReady, ROOT, runCallfuzz } from './callfuzz-process.ts';

const FOLDER = join(ROOT, 'corpus');

const entries = listEntries(FOLDER).map((path) => ({
  title: relative(FOLDER, path),
  path,
  entry: readEntry(path).entry,
}));

/** What `replay` printed for each file: its verdict, then the configurations it had to skip. */
const printed = new Map<string, { readonly verdict: string; readonly skipped: number }>();

beforeAll(async () => {
  if (entries.length === 0) return;
  await ensureReady();
  const { stdout, stderr } = await runCallfuzz(['replay', ...entries.map(({ path }) => path)]);
  const lines = stdout.split('\n');
  for (const { path } of entries) {
    const at = lines.findIndex((line) => line.startsWith(`${path}: %main: `));
    if (at < 0) throw new Error(`no verdict on ${path}: ${stdout}${stderr}`);
    const after = lines.slice(at + 1);
    const end = after.findIndex((line) => !line.startsWith('  skipped: '));
    printed.set(path, { verdict: (lines[at] ?? '').slice(`${path}: %main: `.length), skipped: end });
  }
});

if (entries.length === 0) {
  // A file without a test would be an error; what is missing should be seen.
  it.skip('the corpus holds no entry yet');
}

describe.for(entries.map((stored) => [stored.title, stored] as const))('%s', ([, { entry, path }]) => {
  it('is valid, and the oracle says to it what it said before', () => {
    expect(checkModule(entry.module)).toEqual([]);
    expect(expectedOutcomes(caseFromEntry(entry))).toEqual(entry.expected);
  });

  it('fails as recorded while it is open, and agrees once it is fixed', ({ skip }) => {
    const { verdict, skipped } = printed.get(path) ?? { verdict: '', skipped: 0 };
    // An emulator without the extensions can tell neither way.
    if (skipped === entry.configurations.length) skip('this emulator has not the extensions it needs');
    const isToFail = entry.status === 'open' && !entry.cranelift.passes.includes(DEFAULT_CRANELIFT);
    if (!isToFail) {
      expect(verdict).toBe('agree');
      return;
    }
    if (verdict === 'agree')
      throw new Error(`announce: fixed in ${DEFAULT_CRANELIFT}; set its status to "fixed"`);
    expect(verdict).toMatch(new RegExp(`^${entry.kind}, `));
  });
});
