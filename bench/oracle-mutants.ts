import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { UsageError } from '../src/campaign/errors.ts';
import { wholeNumber } from '../src/cli/number-option.ts';
import { HarnessError } from '../src/clif/harness-error.ts';
import { type Mutation, MUTATIONS } from './oracle/mutations.ts';
import { note, runScript } from './run-script.ts';

/** `dist/bench/oracle-mutants.js` lies two folders below the project's root. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

const EXIT_SURVIVOR = 1;
/** A mutant may loop for ever; one that does is found out. */
const TIMEOUT_MS = 300_000;
const FILES = ['src', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

interface Options {
  readonly only: string;
  readonly tests: string;
  readonly jobs: number;
}

/** A copy of what the oracle's unit tests need. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'callfuzz-mutants-'));
  for (const file of FILES) cpSync(join(ROOT, file), join(copy, file), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Whether these unit tests pass in this tree. Runtests are left out, which not every machine has. */
function testsPass(tree: string, tests: string): Promise<boolean> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = ['run', tests, '--exclude', '**/runtests.test.ts', '--bail', '1', '--reporter', 'dot'];
  // These tests share no state, and a process of its own for each file takes three times as long.
  args.push('--pool', 'threads', '--no-isolate', '--maxWorkers', '1');
  const child = spawn(process.execPath, [vitest, ...args], { cwd: tree, stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

/** The source as the mutation has it. */
function mutated({ what, file, from, to }: Mutation): string {
  const parts = readFileSync(join(ROOT, file), 'utf8').split(from);
  if (parts.length === 2) return parts.join(to);
  const found = `${parts.length - 1} of ${JSON.stringify(from)}, not one`;
  throw new HarnessError('campaign', `${what}: ${file} has ${found}`);
}

/** Whether a test fails where the oracle means something else by an instruction. */
async function isKilled(tree: string, one: Mutation, tests: string): Promise<boolean> {
  const path = join(tree, one.file);
  writeFileSync(path, mutated(one));
  const passes = await testsPass(tree, tests);
  writeFileSync(path, readFileSync(join(ROOT, one.file), 'utf8'));
  return !passes;
}

async function run({ only, tests, jobs }: Options): Promise<number> {
  // Before anything is run: all of them still fit the sources.
  for (const one of MUTATIONS) mutated(one);
  const chosen = MUTATIONS.filter(({ what }) => what.includes(only));
  if (chosen.length === 0) throw new UsageError(`no mutation's name holds '${only}'`);
  const trees = Array.from({ length: Math.min(jobs, chosen.length) }, copyTree);
  try {
    const [first] = trees;
    if (first !== undefined && !(await testsPass(first, tests)))
      throw new UsageError(`the unit tests of ${tests} fail as they are: run npx vitest run ${tests}`);
    const survivors: string[] = [];
    let next = 0;
    const ends = await Promise.allSettled(
      trees.map(async (tree) => {
        for (let one = chosen[next++]; one !== undefined; one = chosen[next++]) {
          const killed = await isKilled(tree, one, tests);
          if (!killed) survivors.push(one.what);
          note(`${killed ? 'killed  ' : 'SURVIVED'} ${one.file}: ${one.what}`);
        }
      }),
    );
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    process.stdout.write(`${chosen.length - survivors.length} killed, ${survivors.length} survived\n`);
    return survivors.length === 0 ? 0 : EXIT_SURVIVOR;
  } finally {
    for (const tree of trees) rmSync(tree, { recursive: true, force: true, maxRetries: 5 });
  }
}

const program = new Command('oracle-mutants')
  .description(
    "Changes the oracle's meaning of one instruction after the other, and demands that a unit test fails.",
  )
  .option('--only <text>', 'only mutations whose name holds this', '')
  .option('--tests <path>', 'the unit tests that shall fail', 'src/oracle')
  .option('--jobs <n>', 'copies of the tree at work at once', wholeNumber(1), 2)
  .addHelpText('after', '\nExit code: 0 all killed, 1 a survivor, 2 usage, 3 harness fault.');

await runScript(program, () => run(program.opts<Options>()));
