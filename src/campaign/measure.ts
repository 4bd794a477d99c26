import type { Artifact } from '../backend/artifact.ts';
import { Driver } from '../backend/driver.ts';
import type { Case, Configuration } from '../clif/case.ts';
import { findFunction } from '../clif/module.ts';
import { printModule } from '../clif/print.ts';
import { executeCase } from '../emulator/execute.ts';
import { Guest } from '../emulator/guest.ts';
import { makeCase } from '../gen/case-arbitrary.ts';
import { caseSeedFor, findProfile, memberFor } from '../gen/profiles.ts';
import { aimsOf } from './aim.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import type { Environment } from './environment.ts';
import { hasImplicitReturnArea, linkCase } from './link-case.ts';
import { addPhases, noTime, type Phases } from './phases.ts';
import { poisonSeeds } from '../clif/poison-seeds.ts';
import { processorTimeMs } from './processor-time.ts';
import { WorkerClient } from './worker-client.ts';

export interface MeasureOptions {
  readonly environment: Environment;
  readonly knownIssues: readonly KnownIssue[];
  readonly seed: string;
  readonly profile: string;
  readonly cases: number;
  readonly jobs: number;
  readonly rounds: number;
  readonly now: () => number;
}

/** Rates are per second; the two sides of a ratio come from the same modules in alternating rounds of one run. */
export interface Measurement {
  readonly casesPerSecond: number;
  readonly modulesPerSecond: number;
  readonly compileOnlyModulesPerSecond: number;
  readonly noVeneersModulesPerSecond: number;
  /** Of modules per second with veneers to those without, round by round. */
  readonly veneerRatios: readonly number[];
  /** Of modules per second to compile-only modules per second, round by round. */
  readonly ratios: readonly number[];
  /** Of a worker with its driver and guests, in milliseconds a module, round by round; 0 where the system does not tell. */
  readonly processorMs: readonly number[];
  readonly compileOnlyProcessorMs: readonly number[];
  readonly phases: Readonly<Phases>;
  /** Largest sum over workers of resident memory, each with its driver and guest. */
  readonly peakWorkerKilobytes: number;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function timeOf(workers: readonly WorkerClient[]): number {
  return workers.reduce((sum, { pid }) => sum + (pid === undefined ? 0 : processorTimeMs(pid)), 0);
}

function share(cases: number, worker: number, workers: number): readonly number[] {
  return Array.from({ length: cases }, (_, i) => i).filter((i) => i % workers === worker);
}

/** Until then the workers' own code is still being compiled, which a campaign of some minutes does not notice. */
const WARM_UP_ROUNDS = 8;

/**
 * Runs and compiles the same cases in turn, each on `jobs` workers of its own: what waits to be compiled again would be in the way of those
 * that run. The first rounds are not counted.
 */
export async function measureThroughput(options: MeasureOptions): Promise<Measurement> {
  const { environment, knownIssues, seed, profile, cases, jobs, now } = options;
  const start = (hasVeneers: boolean): Promise<readonly WorkerClient[]> =>
    Promise.all(
      Array.from({ length: jobs }, () => {
        const aims = aimsOf(null);
        return WorkerClient.start({
          environment: { ...environment, hasVeneers },
          seed,
          profile,
          knownIssues,
          aims,
        });
      }),
    );
  const workers = await start(true);
  const bare = await start(false);
  const compilers = await start(true);
  const phases = noTime();
  const full: number[] = [];
  const noVeneers: number[] = [];
  const compileOnly: number[] = [];
  const processorMs: number[] = [];
  const compileOnlyProcessorMs: number[] = [];
  let peakWorkerKilobytes = 0;
  try {
    await Promise.all(compilers.map((w, i) => w.prepare(share(cases, i, jobs))));
    for (let round = 0; round < options.rounds + WARM_UP_ROUNDS; round += 1) {
      const timeBefore = timeOf(compilers);
      const compileStarted = now();
      const compiled = await Promise.all(compilers.map((w) => w.compile()));
      const compileSeconds = (now() - compileStarted) / 1000;
      const compileTime = timeOf(compilers) - timeBefore;
      const workedBefore = timeOf(workers);
      const started = now();
      const reports = await Promise.all(workers.map((w, i) => w.run(share(cases, i, jobs))));
      const ended = now();
      const worked = timeOf(workers) - workedBefore;
      const without = await Promise.all(bare.map((w, i) => w.run(share(cases, i, jobs))));
      const withoutSeconds = (now() - ended) / 1000;
      const seconds = (ended - started) / 1000;
      if (round < WARM_UP_ROUNDS) continue;
      const compiledModules = compiled.reduce((a, b) => a + b, 0);
      const modules = reports.reduce((sum, r) => sum + r.modules, 0);
      compileOnly.push(compiledModules / compileSeconds);
      compileOnlyProcessorMs.push(compileTime / compiledModules);
      processorMs.push(worked / modules);
      noVeneers.push(without.reduce((sum, r) => sum + r.modules, 0) / withoutSeconds);
      full.push(modules / seconds);
      for (const report of reports) addPhases(phases, report.phases);
      const resident = reports.reduce((sum, r) => sum + r.residentKilobytes, 0);
      peakWorkerKilobytes = Math.max(peakWorkerKilobytes, resident);
    }
  } finally {
    await Promise.all([...workers, ...bare, ...compilers].map((w) => w.close()));
  }
  const modulesPerSecond = median(full);
  return {
    casesPerSecond: (modulesPerSecond * cases) / modulesOf(options),
    modulesPerSecond,
    compileOnlyModulesPerSecond: median(compileOnly),
    noVeneersModulesPerSecond: median(noVeneers),
    veneerRatios: full.map((rate, i) => rate / (noVeneers[i] ?? rate)),
    ratios: full.map((rate, i) => rate / (compileOnly[i] ?? rate)),
    processorMs,
    compileOnlyProcessorMs,
    phases,
    peakWorkerKilobytes,
  };
}

function caseAt(options: MeasureOptions, index: number): Case {
  const profile = findProfile(options.profile);
  if (profile === undefined) throw new RangeError(`no profile ${options.profile}`);
  const seed = caseSeedFor(options.seed, profile.name, index);
  return makeCase(memberFor(profile, seed).config, options.environment.abilities, seed);
}

function modulesOf(options: MeasureOptions): number {
  let modules = 0;
  for (let i = 0; i < options.cases; i += 1) modules += caseAt(options, i).configurations.length;
  return modules;
}

interface Executable {
  readonly artifact: Artifact;
  readonly kase: Case;
  readonly configuration: Configuration;
}

async function executables(
  options: MeasureOptions,
  guest: Guest,
  count: number,
): Promise<readonly Executable[]> {
  const driver = await Driver.start(options.environment.driverPath);
  try {
    const list: Executable[] = [];
    for (let i = 0; i < count; i += 1) {
      const kase = caseAt(options, i);
      const results = await driver.compile(printModule(kase.module), kase.configurations);
      results.forEach((result, k) => {
        const configuration = kase.configurations[k];
        if (result.kind !== 'compiled' || configuration === undefined) return;
        list.push({
          artifact: linkCase(
            guest,
            kase.module,
            configuration,
            result.functions,
            options.environment.hasVeneers,
            options.environment.cranelift,
          ),
          kase,
          configuration,
        });
      });
    }
    return list;
  } finally {
    await driver.close();
  }
}

/** Executes `item` on every input under both poisons, or, with `call`, that one call alone. Gives the number of calls. */
async function execute(guest: Guest, item: Executable, call?: number): Promise<number> {
  const { kase, artifact, configuration } = item;
  const entry = findFunction(kase.module, kase.entry);
  if (entry === undefined) throw new RangeError('a case has its entry');
  const seeds = poisonSeeds(kase.seed);
  const implicitReturnArea = hasImplicitReturnArea(configuration);
  const input = call === undefined ? undefined : Math.floor(call / seeds.length);
  const inputs = input === undefined ? kase.inputs : kase.inputs.slice(input, input + 1);
  const chosen = call === undefined ? seeds : [seeds[call % seeds.length] ?? seeds[0]];
  const perInput = inputs.map(() => chosen);
  await executeCase(guest, artifact, kase.entry, entry.signature, { implicitReturnArea }, inputs, perInput);
  return inputs.length * chosen.length;
}

/** Calls are runs of an entry: one input under one poison. A module has six of them. */
export interface GuestMeasurement {
  readonly persistentModulesPerSecond: number;
  readonly persistentCallsPerSecond: number;
  /** An emulator started for each module, which then makes all of its calls. */
  readonly freshModulesPerSecond: number;
  /** An emulator started for each call. */
  readonly freshCallsPerSecond: number;
}

/** Executes the same linked modules through one live guest, and through emulators started for each module or call. */
export async function measureGuest(options: MeasureOptions, count: number): Promise<GuestMeasurement> {
  const { environment, now } = options;
  const open = async (): Promise<Guest> => {
    const guest = new Guest({ emulated: environment.cpu, program: environment.guestPath });
    await guest.start();
    return guest;
  };
  const guest = await open();
  const list = await executables(options, guest, count);
  const started = now();
  const counts = await Promise.all(list.map((item) => execute(guest, item)));
  const persistent = (now() - started) / 1000;
  await guest.close();
  const few = list.slice(0, Math.max(1, Math.floor(list.length / 20)));
  const inFresh = async (item: Executable, call?: number): Promise<void> => {
    const fresh = await open();
    await execute(fresh, item, call);
    await fresh.close();
  };
  const modulesStarted = now();
  for (const item of few) await inFresh(item);
  const callsStarted = now();
  for (const item of few) await inFresh(item, 0);
  const ended = now();
  return {
    persistentModulesPerSecond: list.length / persistent,
    persistentCallsPerSecond: counts.reduce((a, b) => a + b, 0) / persistent,
    freshModulesPerSecond: few.length / ((callsStarted - modulesStarted) / 1000),
    freshCallsPerSecond: few.length / ((ended - callsStarted) / 1000),
  };
}
