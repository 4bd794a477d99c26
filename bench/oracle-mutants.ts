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

/** `dist/bench/oracle-mutants.js` lies two folders below the project's root. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

const EXIT_SURVIVOR = 1;
const EXIT_USAGE = 2;
const EXIT_HARNESS_FAULT = 3;
/** A mutant may loop for ever; one that does is found out. */
const TIMEOUT_MS = 300_000;
const FILES = ['src', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

interface Options {
  readonly only: string;
  readonly jobs: number;
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A copy of what the oracle's unit tests need. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'callfuzz-mutants-'));
  for (const file of FILES) cpSync(join(ROOT, file), join(copy, file), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Whether the oracle's unit tests pass in this tree. Runtests are left out, which not every machine has. */
function testsPass(tree: string): Promise<boolean> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = ['run', 'src/oracle', '--exclude', '**/runtests.test.ts', '--bail', '1', '--reporter', 'dot'];
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

/** Whether a test fails where the oracle means something else by an instruction. */
async function isKilled(tree: string, { what, file, from, to }: Mutation): Promise<boolean> {
  const path = join(tree, file);
  const source = readFileSync(join(ROOT, file), 'utf8');
  const parts = source.split(from);
  if (parts.length !== 2)
    throw new HarnessError(
      'campaign',
      `${what}: ${file} has ${parts.length - 1} of ${JSON.stringify(from)}, not one`,
    );
  writeFileSync(path, parts.join(to));
  const passes = await testsPass(tree);
  writeFileSync(path, source);
  return !passes;
}

async function run({ only, jobs }: Options): Promise<number> {
  const chosen = MUTATIONS.filter(({ what }) => what.includes(only));
  if (chosen.length === 0) throw new UsageError(`no mutation's name holds '${only}'`);
  const trees = Array.from({ length: jobs }, copyTree);
  try {
    const [first] = trees;
    if (first !== undefined && !(await testsPass(first)))
      throw new UsageError('the unit tests of src/oracle fail as it is: run npx vitest run src/oracle');
    const survivors: string[] = [];
    let next = 0;
    await Promise.all(
      trees.map(async (tree) => {
        for (let one = chosen[next++]; one !== undefined; one = chosen[next++]) {
          const killed = await isKilled(tree, one);
          if (!killed) survivors.push(one.what);
          note(`${killed ? 'killed  ' : 'SURVIVED'} ${one.file}: ${one.what}`);
        }
      }),
    );
    process.stdout.write(`${chosen.length - survivors.length} killed, ${survivors.length} survived\n`);
    return survivors.length === 0 ? 0 : EXIT_SURVIVOR;
  } finally {
    for (const tree of trees) rmSync(tree, { recursive: true, force: true });
  }
}

const program = new Command('oracle-mutants')
  .description(
    "Changes the oracle's meaning of one instruction after the other, and demands that a unit test fails.",
  )
  .option('--only <text>', 'only mutations whose name holds this', '')
  .option('--jobs <n>', 'copies of the tree at work at once', wholeNumber(1), 2)
  .addHelpText('after', '\nExit code: 0 all killed, 1 a survivor, 2 usage, 3 harness fault.');

try {
  program.parse();
  process.exitCode = await run(program.opts<Options>());
} catch (error) {
  note(
    error instanceof UsageError
      ? `oracle-mutants: ${error.message}`
      : `oracle-mutants: harness fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_HARNESS_FAULT;
}
