import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { defaultCacheDir } from '../../src/backend/driver-build.ts';
import { openEnvironment, readKnownIssues, type Environment } from '../../src/campaign/environment.ts';
import { UsageError } from '../../src/campaign/errors.ts';
import type { JournalFinding } from '../../src/campaign/journal.ts';
import { PROFILE_NAMES } from '../../src/campaign/profile-names.ts';
import { wholeNumber } from '../../src/cli/number-option.ts';
import type { KnownIssue } from '../../src/compare/known-issues.ts';
import { plantFault, registrySource } from './apply-fault.ts';
import { CHECKS, type Check } from './check-name.ts';
import { FAULT_CLASSES, readFaultTable, type Fault } from './fault-table.ts';
import { hunt, type HuntOptions } from './hunt.ts';
import { readReleaseTable, type ReleaseBug } from './release-table.ts';
import { isFound, isRightSize, resultText, totalText, type Result } from './result-text.ts';
import { note, runScript } from '../run-script.ts';

/** `dist/bench/power/run-power.js` lies three folders below the project's root. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const EXIT_MISSED = 1;

interface Options {
  readonly only: readonly string[];
  readonly class?: string;
  readonly releases?: boolean;
  readonly by?: Check;
  readonly cases: number;
  readonly seconds: number;
  readonly seed: string;
  readonly profile?: string;
  readonly jobs: number;
  readonly veneers: boolean;
  readonly shrink: boolean;
  readonly keep?: boolean;
  readonly json?: string;
}

/** Something to look for. */
interface Target {
  readonly name: string;
  readonly class: string;
  readonly what: string;
  readonly profile: string;
  readonly isWanted: (finding: JournalFinding) => boolean;
  /** The faulty Cranelift in words, given its version. */
  readonly version: (cranelift: string) => string;
  /** Makes the faulty Cranelift ready and names it as `--cranelift` does. */
  readonly prepare: () => string;
  /** A Cranelift without it. */
  readonly sound: string;
  readonly discard: () => void;
}

function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  only: readonly string[],
): readonly T[] {
  for (const name of only) {
    if (all.some((one) => one.name === name)) continue;
    throw new UsageError(`no ${name}; there are ${all.map((one) => one.name).join(', ')}`);
  }
  return only.length === 0 ? all : all.filter((one) => only.includes(one.name));
}

function faultTargets(options: Options): readonly Target[] {
  const table = readFaultTable(join(ROOT, 'bench/power/fault-table.json'));
  const source = registrySource(join(ROOT, 'driver'), table.crate, table.version);
  const inClass = table.faults.filter(
    (fault) => options.class === undefined || fault.class === options.class,
  );
  return chosen(inClass, options.only).map((fault: Fault) => {
    const directory = join(defaultCacheDir(process.env), 'faults', fault.name);
    return {
      name: fault.name,
      class: fault.class,
      what: fault.what,
      profile: options.profile ?? fault.profile ?? 'default',
      isWanted: () => true,
      version: (cranelift) => `${cranelift} with fault ${fault.name}`,
      prepare: () => {
        plantFault(source, directory, fault);
        return `path:${directory}`;
      },
      sound: table.version,
      discard: () => {
        if (options.keep !== true) rmSync(directory, { recursive: true, force: true });
        else note(`  kept: --cranelift path:${directory}`);
      },
    };
  });
}

function releaseTargets(options: Options): readonly Target[] {
  const bugs = readReleaseTable(join(ROOT, 'bench/power/release-table.json'));
  return chosen(bugs, options.only).map((bug: ReleaseBug) => ({
    name: bug.name,
    class: `${bug.version}, ${bug.reference}`,
    what: bug.what,
    profile: options.profile ?? bug.profile,
    isWanted: (finding) => finding.kind === bug.kind && finding.detail.includes(bug.detail ?? ''),
    version: (cranelift) => cranelift,
    prepare: () => bug.version,
    // A release has other bugs too; this one is gone in the release that mended it.
    sound: bug.fixedIn,
    discard: () => undefined,
  }));
}

async function runTarget(
  target: Target,
  options: Options,
  knownIssues: readonly KnownIssue[],
  soundOnes: Map<string, Environment>,
): Promise<Result> {
  note(`${target.name}: ${target.what}`);
  let sound = soundOnes.get(target.sound);
  if (sound === undefined) {
    sound = await openEnvironment({
      cranelift: target.sound,
      hasVeneers: options.veneers,
      onProgress: note,
    });
    soundOnes.set(target.sound, sound);
  }
  const started = performance.now();
  const faulty = await openEnvironment({
    cranelift: target.prepare(),
    hasVeneers: options.veneers,
    onProgress: () => undefined,
  });
  const buildSeconds = (performance.now() - started) / 1000;
  const huntOptions: HuntOptions = {
    faulty,
    sound,
    version: target.version(faulty.cranelift),
    seed: options.seed,
    profile: target.profile,
    cases: options.cases,
    seconds: options.seconds,
    jobs: options.jobs,
    isShrinking: options.shrink,
    isWanted: target.isWanted,
    by: options.by ?? null,
    reportsDir: join(ROOT, 'reports/power', target.name),
    knownIssues,
    onProgress: (line) => note(`  ${line}`),
  };
  const result: Result = {
    name: target.name,
    class: target.class,
    what: target.what,
    profile: target.profile,
    buildSeconds,
    hunt: await hunt(huntOptions),
    isShrunk: options.shrink,
  };
  target.discard();
  return result;
}

async function run(options: Options): Promise<number> {
  const targets = options.releases === true ? releaseTargets(options) : faultTargets(options);
  const knownIssues = readKnownIssues(join(ROOT, 'known-issues'));
  const soundOnes = new Map<string, Environment>();
  const results: Result[] = [];
  for (const target of targets) {
    const result = await runTarget(target, options, knownIssues, soundOnes);
    process.stdout.write(`${resultText(result)}\n`);
    results.push(result);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  process.stdout.write(`${totalText(results)}\n`);
  return results.every((result) => isFound(result) && isRightSize(result)) ? 0 : EXIT_MISSED;
}

const program = new Command('power')
  .description(
    'Plants faults in the call lowering of a copy of cranelift-codegen, one at a time, and shows by what, how soon and\n' +
      'with how small a repro the fuzzer finds each; or looks for bugs of old releases.',
  )
  .option(
    '--only <name>',
    'this fault or bug alone; may be given again',
    (name, all: string[]) => [...all, name],
    [],
  )
  .addOption(new Option('--class <class>', 'faults of this class alone').choices(FAULT_CLASSES))
  .option('--releases', 'bugs of old releases instead of planted faults')
  .addOption(new Option('--by <check>', 'count what this check finds, nothing else').choices(CHECKS))
  .option('--cases <n>', 'cases at most for each', wholeNumber(1), 20_000)
  .option('--seconds <n>', 'seconds at most for each, builds and shrinking apart', wholeNumber(1), 60)
  .option('--seed <seed>', 'campaign seed', '1')
  .addOption(
    new Option('--profile <name>', 'region of the space of cases, whatever a fault asks for').choices(
      PROFILE_NAMES,
    ),
  )
  .option('--jobs <n>', 'worker processes', wholeNumber(1), availableParallelism())
  .option('--no-veneers', 'do not watch calls inside the module')
  .option('--no-shrink', 'do not make repros small')
  .option('--keep', 'leave the faulty crates in the cache, for --cranelift path:DIR')
  .option('--json <file>', 'also write the results as JSON')
  .addHelpText('after', '\nExit code: 0 all found and made small, 1 some not, 2 usage, 3 harness fault.');

await runScript(program, () => run(program.opts<Options>()));
