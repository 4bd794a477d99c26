import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { openEnvironment, readKnownIssues } from '../../src/campaign/environment.ts';
import { UsageError } from '../../src/campaign/errors.ts';
import { wholeNumber } from '../../src/cli/number-option.ts';
import { defaultCacheDir } from '../../src/backend/driver-build.ts';
import { plantFault, registrySource } from './apply-fault.ts';
import { readFaultTable, type Fault, type FaultTable } from './fault-table.ts';
import { huntFault, MAX_FUNCTIONS, MAX_INSTRUCTIONS, type Hunt } from './hunt-fault.ts';

/** `dist/bench/faults/run-faults.js` lies three folders below the project's root. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const EXIT_MISSED = 1;
const EXIT_USAGE = 2;
const EXIT_HARNESS_FAULT = 3;

interface Options {
  readonly only: readonly string[];
  readonly cases: number;
  readonly seed: string;
  readonly profile: string;
  readonly jobs: number;
  readonly json?: string;
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

function chosen(table: FaultTable, only: readonly string[]): readonly Fault[] {
  for (const name of only) {
    if (table.faults.some((fault) => fault.name === name)) continue;
    throw new UsageError(`no fault ${name}; there are ${table.faults.map((fault) => fault.name).join(', ')}`);
  }
  return only.length === 0 ? table.faults : table.faults.filter((fault) => only.includes(fault.name));
}

function verdictOf(hunt: Hunt): 'found' | 'not shrunk' | 'missed' {
  if (hunt.first === null) return 'missed';
  return hunt.best === null ? 'not shrunk' : 'found';
}

function huntText(hunt: Hunt): string {
  const { first } = hunt;
  const head = `${hunt.name}: ${verdictOf(hunt)}, build ${hunt.buildSeconds.toFixed(1)} s`;
  if (first === null) return `${head}, nothing new in ${hunt.cases} cases`;
  const shown = hunt.best === null ? hunt.repros : [hunt.best];
  return [
    `${head}, first in case ${first.cases} after ${first.seconds.toFixed(1)} s (${first.bucket}), ${hunt.newFindings} of ${hunt.cases} cases`,
    ...shown.map(
      (r) =>
        `  ${r.functions} functions, ${r.instructions} instructions after ${r.attempts} attempts in ${r.seconds.toFixed(1)} s` +
        `${r.isBounded ? ' (bounded)' : ''}${r.isSoundClean ? '' : ', fails without the fault too'}: ${r.bucket}\n  ${r.file}`,
    ),
  ].join('\n');
}

async function run(options: Options): Promise<number> {
  const table = readFaultTable(join(ROOT, 'bench/faults/fault-table.json'));
  const faults = chosen(table, options.only);
  const source = registrySource(join(ROOT, 'driver'), table.crate, table.version);
  const knownIssues = readKnownIssues(join(ROOT, 'known-issues'));
  const sound = await openEnvironment({ cranelift: table.version, onProgress: note });
  const hunts: Hunt[] = [];
  for (const fault of faults) {
    note(`${fault.name}: ${fault.what}`);
    const directory = join(defaultCacheDir(process.env), 'faults', fault.name);
    plantFault(source, directory, fault);
    const hunt = await huntFault({
      name: fault.name,
      directory,
      seed: options.seed,
      profile: options.profile,
      cases: options.cases,
      jobs: options.jobs,
      reportsDir: join(ROOT, 'reports/faults', fault.name),
      knownIssues,
      sound,
      onProgress: (line) => note(`  ${line}`),
    });
    process.stdout.write(`${huntText(hunt)}\n`);
    hunts.push(hunt);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(hunts, null, 2)}\n`);
  }
  const count = (verdict: string): number => hunts.filter((hunt) => verdictOf(hunt) === verdict).length;
  process.stdout.write(
    `${count('found')} found, ${count('not shrunk')} found but not shrunk to ${MAX_FUNCTIONS} functions and ${MAX_INSTRUCTIONS} instructions, ${count('missed')} missed\n`,
  );
  return count('found') === hunts.length ? 0 : EXIT_MISSED;
}

const program = new Command('faults')
  .description(
    'Plants faults in a copy of cranelift-codegen and shows that the fuzzer finds and shrinks each of them.',
  )
  .option(
    '--only <name>',
    'this fault alone; may be given again',
    (name, all: string[]) => [...all, name],
    [],
  )
  .option('--cases <n>', 'cases at most for each fault', wholeNumber(1), 4000)
  .option('--seed <seed>', 'campaign seed', '1')
  .option('--profile <name>', 'region of the space of cases', 'default')
  .option('--jobs <n>', 'worker processes', wholeNumber(1), availableParallelism())
  .option('--json <file>', 'also write the results as JSON')
  .addHelpText('after', '\nExit code: 0 all found and shrunk, 1 some not, 2 usage, 3 harness fault.');

try {
  program.parse();
  process.exitCode = await run(program.opts<Options>());
} catch (error) {
  note(
    error instanceof UsageError
      ? `faults: ${error.message}`
      : `faults: harness fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_HARNESS_FAULT;
}
