import pLimit from 'p-limit';
import type { Case } from '../clif/case.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { coarseBucket } from '../compare/bucket.ts';
import { printModuleBytes } from '../clif/print.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import { encodeCoverage, newCoverage } from '../coverage/coverage-set.ts';
import type { Verdict } from '../compare/verdict.ts';
import { caseSeedFor, findProfile, type Profile } from '../gen/profiles.ts';
import { aimedSeed } from './aim.ts';
import { caseCoverer } from './cover-case.ts';
import type { Environment } from './environment.ts';
import { caseFromSeed } from './generated-case.ts';
import type { FromWorker, RunFinding, RunReport, ToWorker } from './messages.ts';
import { addPhases, noTime } from './phases.ts';
import { judgeCase } from './judge-case.ts';
import { shrinkFinding } from './shrink-finding.ts';
import { openStation, type Station } from './station.ts';

/** Cases a worker has in flight: enough to keep driver and guest busy while it generates the next. */
const CASES_IN_FLIGHT = 4;

interface Job {
  readonly station: Station;
  readonly environment: Environment;
  readonly profile: Profile;
  readonly seed: string;
  readonly knownIssues: readonly KnownIssue[];
  /** Cells that cases aim at. */
  readonly aims: readonly number[];
  /** Cases kept for `compile`, with their texts. */
  readonly prepared: { readonly kase: Case; readonly text: Uint8Array }[];
}

/** A finding, and when it was made. */
type TimedFinding = Omit<RunFinding, 'ageMs'> & { readonly atMs: number };

function findingRecord(
  index: number,
  kase: Case,
  verdict: Verdict,
  known: string | null,
): TimedFinding | null {
  if (verdict.kind !== 'finding' && verdict.kind !== 'flaky') return null;
  const { finding } = verdict;
  return {
    index,
    caseSeed: kase.seed,
    verdict: verdict.kind,
    coarse: coarseBucket(finding),
    kind: finding.kind,
    place: finding.place,
    detail: finding.detail,
    configuration: finding.configuration,
    known,
    atMs: performance.now(),
  };
}

function count(into: Record<string, number>, key: string): void {
  into[key] = (into[key] ?? 0) + 1;
}

function seedAt(job: Job, index: number): string {
  return aimedSeed(caseSeedFor(job.seed, job.profile.name, index), job.aims);
}

class CaseFault extends Error {
  readonly caseSeed: string;
  constructor(caseSeed: string, cause: unknown) {
    super(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause), { cause });
    this.caseSeed = caseSeed;
  }
}

async function runIndices(job: Job, indices: readonly number[]): Promise<RunReport> {
  const limit = pLimit(CASES_IN_FLIGHT);
  const { station, environment, profile } = job;
  const phases = noTime();
  const verdicts: Record<string, number> = {};
  const declined: Record<string, number> = {};
  const findings: TimedFinding[] = [];
  const coverage = newCoverage();
  let modules = 0;
  const runs = indices.map((index) =>
    limit(async () => {
      const caseSeed = seedAt(job, index);
      try {
        const started = performance.now();
        const kase = caseFromSeed(profile, environment.abilities, caseSeed);
        station.bench.phases.generate += performance.now() - started;
        const run = await judgeCase(station, kase, job.knownIssues, caseCoverer(coverage, kase));
        const { known } = run;
        // What a known issue explains is counted as it is: a second look costs as much as dozens of cases.
        const verdict = known === null ? await station.confirm(kase, run.verdict) : run.verdict;
        modules += run.modules;
        count(verdicts, verdict.kind);
        if (verdict.kind === 'declined') count(declined, verdict.reason);
        const record = findingRecord(index, kase, verdict, known);
        if (record !== null) findings.push(record);
      } catch (error) {
        throw new CaseFault(caseSeed, error);
      }
    }),
  );
  const settled = await Promise.allSettled(runs);
  const failed = settled.find((s) => s.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  addPhases(phases, station.takePhases());
  const endMs = performance.now();
  return {
    cases: indices.length,
    modules,
    verdicts,
    declined,
    phases,
    residentKilobytes: station.residentKilobytes(),
    coverage: encodeCoverage(coverage),
    findings: findings
      .sort((a, b) => a.index - b.index)
      .map(({ atMs, ...finding }) => ({ ...finding, ageMs: endMs - atMs })),
  };
}

function prepareCases(job: Job, indices: readonly number[]): number {
  job.prepared.length = 0;
  for (const index of indices) {
    const kase = caseFromSeed(job.profile, job.environment.abilities, seedAt(job, index));
    job.prepared.push({ kase, text: printModuleBytes(kase.module) });
  }
  return indices.length;
}

/** Compiles what was prepared and does nothing with it; gives the number of modules that compiled. */
async function compilePrepared(job: Job): Promise<number> {
  const limit = pLimit(CASES_IN_FLIGHT);
  const counts = await Promise.all(
    job.prepared.map(({ kase, text }) =>
      limit(async () => {
        const results = await job.station.bench.driver.compile(text, kase.configurations);
        return results.filter((r) => r.kind === 'compiled').length;
      }),
    ),
  );
  return counts.reduce((a, b) => a + b, 0);
}

async function startJob(message: Extract<ToWorker, { kind: 'start' }>): Promise<Job> {
  const profile = findProfile(message.profile);
  if (profile === undefined) throw new HarnessError('campaign', `no profile ${message.profile}`);
  const station = await openStation(message.environment, message.knownIssues);
  const { environment, seed, knownIssues, aims } = message;
  const bent = profile.parties === undefined ? aims : [];
  return { station, environment, profile, seed, knownIssues, aims: bent, prepared: [] };
}

function isToWorker(message: unknown): message is ToWorker {
  return typeof message === 'object' && message !== null && 'kind' in message;
}

/** How long a worker that was interrupted waits for its parent to end it. */
const INTERRUPTED_MS = 2000;

let isMuted = false;

function tell(message: FromWorker): void {
  // What comes after an interrupt or without a parent is the end of driver and guest, not what the cases did.
  // A parent that is gone without a word is known by the end of the channel; an error of the pipe says the same.
  if (!isMuted && process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** Ctrl-C reaches driver and guest too: a finding made of their death must not be told. The parent ends what is left. */
function interrupted(): void {
  isMuted = true;
  setTimeout(() => process.connected && process.disconnect(), INTERRUPTED_MS).unref();
}

async function obey(job: Promise<Job>, message: ToWorker): Promise<void> {
  const ready = await job;
  switch (message.kind) {
    case 'start':
      tell({ kind: 'ready' });
      return;
    case 'run':
      tell({ kind: 'ran', id: message.id, report: await runIndices(ready, message.indices) });
      return;
    case 'prepare':
      tell({ kind: 'done', id: message.id, modules: prepareCases(ready, message.indices) });
      return;
    case 'compile':
      tell({ kind: 'done', id: message.id, modules: await compilePrepared(ready) });
      return;
    case 'shrink': {
      const kase = caseFromSeed(ready.profile, ready.environment.abilities, seedAt(ready, message.index));
      const report = await shrinkFinding(ready.station, kase, message, ready.knownIssues);
      tell({ kind: 'shrunk', id: message.id, report });
      return;
    }
    case 'stop':
      process.disconnect();
  }
}

/** The life of a worker process: obeys what its parent sends until it is told to stop or the parent is gone. */
function main(): void {
  let job: Promise<Job> | null = null;
  process.on('message', (message) => {
    if (!isToWorker(message)) return;
    if (message.kind === 'start') job = startJob(message);
    if (job === null) return;
    const id = 'id' in message ? message.id : -1;
    obey(job, message).catch((error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tell({
        kind: 'fault',
        id,
        message: text,
        caseSeed: error instanceof CaseFault ? error.caseSeed : null,
      });
    });
  });
  // A parent that died takes its workers along: without driver and guest nothing keeps this process alive.
  process.on('disconnect', () => {
    job?.then((ready) => ready.station.close()).catch(() => {});
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
}

main();
