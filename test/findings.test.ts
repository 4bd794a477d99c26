import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clifErrorText, parseClif } from '../src/clif/parse.ts';
import { countInstructions } from '../src/clif/rewrite.ts';
import { copyProject, ensureReady, runCallfuzz } from './callfuzz-process.ts';

/** A campaign that knows of no bug has to find F1, F2 and F3 of docs/findings.md again within so many cases. */
const CASES = 1500;
const SEED = 'lowering3';

const MOST_FUNCTIONS = 3;
const MOST_INSTRUCTIONS = 20;

interface Repro {
  readonly file: string;
  readonly functions: number;
  readonly instructions: number;
  /** What `replay` says of it in the project, which knows the bugs. */
  readonly verdict: string;
}

let root: string;
let repros: readonly Repro[];

function sizeOf(file: string): Pick<Repro, 'functions' | 'instructions'> {
  const parsed = parseClif(readFileSync(file, 'utf8'), { file });
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const { module } = parsed.file;
  return { functions: module.functions.length, instructions: countInstructions(module) };
}

function reprosBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.clif'))
    .map((name) => join(folder, name));
}

beforeAll(async () => {
  await ensureReady();
  root = copyProject('findings', () => false);
  const reports = mkdtempSync(join(root, 'reports-'));
  const campaign = ['fuzz', '--seed', SEED, '--cases', String(CASES), '--jobs', '2', '--reports', reports];
  const { code, stderr } = await runCallfuzz(campaign, { root });
  expect(code, stderr).toBe(1);
  const files = reprosBelow(reports);
  const replayed = await runCallfuzz(['replay', ...files]);
  repros = files.map((file) => ({
    file,
    ...sizeOf(file),
    verdict: replayed.stdout.split('\n').find((line) => line.startsWith(`${file}: `)) ?? replayed.stderr,
  }));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe(`${CASES} cases on 0.135.8 with no issue known`, () => {
  it('fail in ways that the known issues explain, and in no other', () => {
    expect(repros.filter(({ verdict }) => !verdict.includes('(known issue '))).toEqual([]);
  });

  // F1 shows only where the allocator has a dozen floats at once, before it reaches fs1; making and using one takes up to four instructions, and memory that is passed along some more.
  it.each([
    ['F1', 'fs1-not-callee-saved', 100],
    ['F2', 'return-area-extension', MOST_INSTRUCTIONS],
    ['F3', 'narrow-float-result-spilled', MOST_INSTRUCTIONS],
  ])('find %s and make it small', (_, id, mostInstructions) => {
    const own = repros.filter(({ verdict }) => verdict.endsWith(`(known issue ${id})`));
    expect(own.length, JSON.stringify(repros, null, 2)).toBeGreaterThan(0);
    const large = own.filter((r) => r.functions > MOST_FUNCTIONS || r.instructions > mostInstructions);
    expect(large).toEqual([]);
  });

  it('find F3 where it makes a wrong result, not only where it breaks the ABI', () => {
    const wrong = repros.filter(({ verdict }) =>
      / miscompile, result .*\(known issue narrow-float/.test(verdict),
    );
    expect(wrong.length, JSON.stringify(repros, null, 2)).toBeGreaterThan(0);
  });
});
