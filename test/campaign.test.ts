import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { readJournal, type JournalFinding } from '../src/campaign/journal.ts';
import {
  copyProject,
  descendantsOf,
  ensureReady,
  isRunning,
  runCallfuzz,
  startCallfuzz,
  temporaryFolder,
} from './callfuzz-process.ts';

/** The parts of a summary that must not hang on how the work was shared out. */
const SUMMARY = v.object({
  schema: v.literal('callfuzz.summary/1'),
  cases: v.number(),
  modules: v.number(),
  verdicts: v.record(v.string(), v.number()),
  declined: v.record(v.string(), v.number()),
  findings: v.array(
    v.object({
      bucket: v.string(),
      kind: v.string(),
      known: v.nullable(v.string()),
      firstCase: v.number(),
      caseSeed: v.string(),
      hits: v.number(),
    }),
  ),
  harnessFaults: v.number(),
});

type Summary = v.InferOutput<typeof SUMMARY>;

interface Campaign {
  readonly code: number | null;
  readonly stderr: string;
  readonly summary: Summary;
  /** The one folder that the campaign made. */
  readonly folder: string;
}

const CASES = 400;
const SEED = '7';

let root: string;
let scratch: string;

beforeAll(async () => {
  await ensureReady();
  // Without known issues there are findings to lose.
  root = copyProject('campaign', () => false);
  scratch = temporaryFolder('campaign-reports');
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

function readSummary(file: string): Summary {
  const summary = v.parse(SUMMARY, JSON.parse(readFileSync(file, 'utf8')));
  const findings = summary.findings.toSorted((a, b) => (a.bucket < b.bucket ? -1 : 1));
  return { ...summary, findings };
}

function onlyFolder(reports: string): string {
  const names = readdirSync(reports).filter((name) => name.startsWith('seed'));
  expect(names).toHaveLength(1);
  return join(reports, names[0] ?? '');
}

/** `fuzz` into a reports folder of that name; few attempts at shrinking, so that it ends soon. */
function fuzzArgs(name: string, ...more: readonly string[]): readonly string[] {
  const common = ['--seed', SEED, '--cases', String(CASES), '--shrink-attempts', '20'];
  return [
    'fuzz',
    ...common,
    '--reports',
    join(scratch, name),
    '--json',
    join(scratch, `${name}.json`),
    ...more,
  ];
}

async function fuzz(name: string, ...more: readonly string[]): Promise<Campaign> {
  const { code, stderr } = await runCallfuzz(fuzzArgs(name, ...more), { root });
  const file = join(scratch, `${name}.json`);
  if (!existsSync(file)) throw new Error(`no summary, exit code ${code}: ${stderr}`);
  return { code, stderr, summary: readSummary(file), folder: onlyFolder(join(scratch, name)) };
}

/** Every finding of a campaign by its case, without when it was found. */
function journalFindings(folder: string): readonly Omit<JournalFinding, 'seconds'>[] {
  return readJournal(join(folder, 'journal.jsonl'))
    .chunks.flatMap((chunk) => chunk.findings)
    .map(({ seconds: _seconds, ...finding }) => finding)
    .toSorted((a, b) => a.index - b.index);
}

describe('a campaign', () => {
  let one: Campaign;

  beforeAll(async () => {
    one = await fuzz('one', '--jobs', '1');
  });

  it('runs every case, and ends with 1 where there are new findings', () => {
    expect(one.summary.cases).toBe(CASES);
    expect(Object.values(one.summary.verdicts).reduce((a, b) => a + b, 0)).toBe(CASES);
    expect(one.summary.verdicts['finding']).toBeGreaterThan(0);
    expect(one.summary.findings.length).toBeGreaterThan(0);
    expect(one.summary.harnessFaults).toBe(0);
    expect(one.code).toBe(1);
  });

  it('comes to the same with two workers', async () => {
    const two = await fuzz('two', '--jobs', '2');
    expect(two.summary).toEqual(one.summary);
    expect(journalFindings(two.folder)).toEqual(journalFindings(one.folder));
    expect(two.code).toBe(1);
  });

  it('comes to the same in two shards put together', async () => {
    const shards = [await fuzz('shard0', '--shard', '0/2'), await fuzz('shard1', '--shard', '1/2')];
    const both = shards
      .flatMap(({ folder }) => journalFindings(folder))
      .toSorted((a, b) => a.index - b.index);
    expect(both).toEqual(journalFindings(one.folder));
    expect(shards.map(({ summary }) => summary.cases)).toEqual([CASES / 2, CASES / 2]);
    for (const key of ['cases', 'modules'] as const) {
      expect(shards.reduce((sum, { summary }) => sum + summary[key], 0)).toBe(one.summary[key]);
    }
    for (const [kind, count] of Object.entries(one.summary.verdicts)) {
      expect(
        shards.reduce((sum, { summary }) => sum + (summary.verdicts[kind] ?? 0), 0),
        kind,
      ).toBe(count);
    }
    const hits = (list: readonly Campaign[]): number =>
      list.flatMap(({ summary }) => summary.findings).reduce((sum, finding) => sum + finding.hits, 0);
    expect(hits(shards)).toBe(hits([one]));
  });

  it('repeated leaves the folder of the first alone', async () => {
    const reports = join(scratch, 'one');
    const contents = (): readonly (readonly [string, string])[] =>
      readdirSync(one.folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
        .filter((item) => item.isFile())
        .map((item) => join(item.parentPath, item.name))
        .toSorted()
        .map((file) => [file, readFileSync(file, 'utf8')]);
    const before = contents();
    expect(before.length).toBeGreaterThan(2);
    const again = ['fuzz', '--seed', SEED, '--cases', '20', '--shrink-attempts', '0', '--reports', reports];
    await runCallfuzz(again, { root });
    expect(contents()).toEqual(before);
    expect(readdirSync(reports).filter((name) => name.startsWith('seed'))).toHaveLength(2);
  });
});

describe('a campaign whose findings are all known', () => {
  it('ends with 0 and counts them by their issue, in shards put together as in one', async () => {
    const known = async (name: string, ...more: readonly string[]): Promise<number | null> =>
      (await runCallfuzz(fuzzArgs(name, ...more))).code;
    expect(await known('known', '--jobs', '2')).toBe(0);
    expect(await known('known0', '--shard', '0/2')).toBe(0);
    expect(await known('known1', '--shard', '1/2')).toBe(0);
    const whole = readSummary(join(scratch, 'known.json'));
    expect(whole.findings.length).toBeGreaterThan(0);
    expect(whole.findings.every((finding) => finding.known !== null)).toBe(true);
    const parts = ['known0', 'known1'].map((name) => onlyFolder(join(scratch, name)));
    const merged = join(scratch, 'merged.json');
    const { code, stderr } = await runCallfuzz(['report', ...parts, '--json', merged]);
    expect(code, stderr).toBe(0);
    expect(readSummary(merged)).toEqual(whole);
  });
});

describe('a campaign killed in the middle', () => {
  const chunksIn = (file: string): number =>
    existsSync(file) ? Math.max(0, readFileSync(file, 'utf8').split('\n').length - 2) : 0;

  /** Starts a campaign, kills it without a warning once it has journaled `chunks` chunks; gives what it had started. */
  async function killAfter(chunks: number, ...more: readonly string[]): Promise<readonly number[]> {
    const child = startCallfuzz(fuzzArgs('killed', '--jobs', '2', ...more), { root });
    // Not when its streams close: a process left behind would hold them open.
    const end = once(child, 'exit');
    child.stderr?.resume();
    const reports = join(scratch, 'killed');
    const journal = (): string =>
      join(reports, (existsSync(reports) ? readdirSync(reports)[0] : undefined) ?? '-', 'journal.jsonl');
    await expect
      .poll(() => chunksIn(journal()), { timeout: 60_000, interval: 2 })
      .toBeGreaterThanOrEqual(chunks);
    const started = child.pid === undefined ? [] : descendantsOf(child.pid);
    child.kill('SIGKILL');
    expect(await end).toEqual([null, 'SIGKILL']);
    return started;
  }

  it('leaves no process behind, and resumed counts every case once and loses no finding', async () => {
    const whole = await fuzz('unbroken', '--jobs', '2');
    const started = [...(await killAfter(2)), ...(await killAfter(4, '--resume'))];
    // Two workers, each with a driver and a guest, twice.
    expect(started.length).toBeGreaterThanOrEqual(8);
    await expect.poll(() => started.filter(isRunning), { timeout: 10_000 }).toEqual([]);
    const folder = onlyFolder(join(scratch, 'killed'));
    const done = readJournal(join(folder, 'journal.jsonl')).chunks.length;
    expect(done).toBeGreaterThanOrEqual(4);
    expect(done).toBeLessThan(CASES / 50);

    const resumed = await fuzz('killed', '--jobs', '2', '--resume');
    expect(resumed.summary).toEqual(whole.summary);
    expect(resumed.folder).toBe(folder);
    const { chunks } = readJournal(join(folder, 'journal.jsonl'));
    expect(chunks.map(({ from }) => from).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: CASES / 50 }, (_, i) => i * 50),
    );
    expect(journalFindings(folder)).toEqual(journalFindings(whole.folder));
  });
});
