import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { UsageError } from '../clif/harness-error.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import { encodeCoverage, type CoverageSet } from '../coverage/coverage-set.ts';
import { aimsOf } from './aim.ts';
import type { Environment } from './environment.ts';
import { Journal, readJournal, type JournalChunk, type JournalHeader } from './journal.ts';
import { makeDirectory } from './make-directory.ts';
import type { RunReport } from './messages.ts';
import { addChunk, newTally, type Tally } from './tally.ts';
import { WorkerClient } from './worker-client.ts';

/** Cases in one chunk, unless a campaign says otherwise. */
const CHUNK_CASES = 50;

export interface Shard {
  readonly index: number;
  readonly count: number;
}

export interface CampaignOptions {
  readonly seed: string;
  readonly profile: string;
  /** Stop after this many cases (of all shards together) or this much time, whichever comes first. */
  readonly cases: number | null;
  readonly minutes: number | null;
  readonly jobs: number;
  readonly shard: Shard;
  readonly resume: boolean;
  readonly reportsDir: string;
  readonly environment: Environment;
  readonly knownIssues: readonly KnownIssue[];
  /** What was covered before; cases aim at the rest. Null: they aim at everything. */
  readonly knownCoverage: CoverageSet | null;
  readonly onProgress: (tally: Readonly<Tally>) => void;
  /**
   * Asked after each chunk: true ends the campaign once the chunks begun are done, so all before the one that decided it.
   */
  readonly isEnough?: (tally: Readonly<Tally>) => boolean;
  /** Cases in one chunk: the unit of the journal and of work handed to a worker. The same for a run and its resumption. */
  readonly chunkCases?: number;
}

export interface CampaignRun {
  readonly tally: Tally;
  /** Where the journal, findings and summary are. */
  readonly directory: string;
  readonly workers: readonly WorkerClient[];
  /** Seconds of campaign time so far, earlier runs of a resumed one included. */
  readonly seconds: () => number;
}

function slug(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
}

/** `<reports>/<seed>-<profile>-<version>[-<n>]`: the latest of that name, and the one after it. */
function directoriesFor(options: CampaignOptions): { readonly latest: string | null; readonly next: string } {
  const { seed, profile, shard, environment } = options;
  const part = shard.count > 1 ? `-shard${shard.index}of${shard.count}` : '';
  const base = slug(`seed${seed}-${profile}-${environment.craneliftText}${part}`);
  let latest: string | null = null;
  for (let n = 1; ; n += 1) {
    const directory = join(options.reportsDir, n === 1 ? base : `${base}-${n}`);
    if (!existsSync(directory)) return { latest, next: directory };
    latest = directory;
  }
}

function headerFor(options: CampaignOptions): JournalHeader {
  const { seed, profile, shard, environment, cases, minutes, knownCoverage } = options;
  return {
    schema: 'callfuzz.journal/2',
    seed,
    profile,
    cranelift: environment.craneliftText,
    veneers: environment.hasVeneers,
    emulator: environment.emulator,
    isa: [...environment.abilities.isa],
    shard: `${shard.index}/${shard.count}`,
    cases,
    minutes,
    knownCoverage: knownCoverage === null ? null : encodeCoverage(knownCoverage),
  };
}

interface Opened {
  readonly directory: string;
  readonly journal: Journal;
  readonly tally: Tally;
  /** First case of each chunk that is done. */
  readonly done: ReadonlySet<number>;
}

function openJournal(options: CampaignOptions): Opened {
  const tally = newTally();
  const { latest, next } = directoriesFor(options);
  const header = headerFor(options);
  if (!options.resume || latest === null || !existsSync(join(latest, 'journal.jsonl'))) {
    if (options.resume) {
      throw new UsageError(
        `nothing to resume for seed ${options.seed} in ${options.reportsDir}; run without --resume`,
      );
    }
    makeDirectory(next);
    return {
      directory: next,
      journal: new Journal(join(next, 'journal.jsonl'), header),
      tally,
      done: new Set(),
    };
  }
  const file = join(latest, 'journal.jsonl');
  const content = readJournal(file);
  for (const key of ['cranelift', 'emulator', 'shard', 'seed', 'profile'] as const) {
    if (content.header[key] === header[key]) continue;
    throw new UsageError(
      `${file}: made with ${key} ${content.header[key]}, this run has ${header[key]}; run without --resume`,
    );
  }
  if (content.header.isa.join() !== header.isa.join()) {
    throw new UsageError(
      `${file}: made with other ISA extensions than this emulator has; run without --resume`,
    );
  }
  if (content.header.knownCoverage !== header.knownCoverage) {
    throw new UsageError(
      `${file}: made with another --coverage file than this run has; give the same or run without --resume`,
    );
  }
  if (content.header.veneers !== header.veneers) {
    throw new UsageError(
      `${file}: made ${content.header.veneers ? 'without' : 'with'} --no-veneers, this run is not; give the same or run without --resume`,
    );
  }
  for (const chunk of content.chunks) addChunk(tally, chunk);
  return {
    directory: latest,
    journal: new Journal(file, null),
    tally,
    done: new Set(content.chunks.map((c) => c.from)),
  };
}

function indicesOf(from: number, to: number, shard: Shard): readonly number[] {
  const indices: number[] = [];
  for (let index = from; index < to; index += 1) if (index % shard.count === shard.index) indices.push(index);
  return indices;
}

function chunkRecord(from: number, to: number, report: RunReport, seconds: number): JournalChunk {
  return {
    from,
    to,
    cases: report.cases,
    modules: report.modules,
    seconds,
    verdicts: { ...report.verdicts },
    declined: { ...report.declined },
    phases: { ...report.phases },
    findings: report.findings.map(({ ageMs, ...finding }) => ({
      ...finding,
      seconds: Math.max(0, seconds - ageMs / 1000),
    })),
    coverage: report.coverage,
  };
}

/** Chunks still to do, in order; endless where only time bounds the campaign. */
function* chunksToDo(
  options: CampaignOptions,
  done: ReadonlySet<number>,
): Generator<readonly [number, number]> {
  const last = options.cases ?? Number.MAX_SAFE_INTEGER;
  const size = options.chunkCases ?? CHUNK_CASES;
  for (let from = 0; from < last; from += size) {
    if (!done.has(from)) yield [from, Math.min(from + size, last)];
  }
}

function leastLoaded(workers: readonly WorkerClient[]): WorkerClient {
  return workers.reduce((best, worker) => (worker.load < best.load ? worker : best));
}

/**
 * Runs the cases of a campaign and journals them chunk by chunk. Workers stay open for what comes after; the caller
 * closes them. Throws HarnessError, and UsageError for a journal or folder that does not fit.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignRun> {
  const { directory, journal, tally, done } = openJournal(options);
  const { environment, seed, profile, jobs, knownIssues } = options;
  const aims = aimsOf(options.knownCoverage);
  const workers = await Promise.all(
    Array.from({ length: jobs }, () => WorkerClient.start({ environment, seed, profile, knownIssues, aims })),
  );
  const started = performance.now();
  const before = tally.seconds;
  const seconds = (): number => before + (performance.now() - started) / 1000;
  const limit = pLimit(jobs * 2);
  const running = new Set<Promise<void>>();
  let failure: unknown = null;
  let isEnough = false;
  try {
    for (const [from, to] of chunksToDo(options, done)) {
      if (failure !== null || isEnough || (options.minutes !== null && seconds() >= options.minutes * 60))
        break;
      const task = limit(async () => {
        const report = await leastLoaded(workers).run(indicesOf(from, to, options.shard));
        const chunk = chunkRecord(from, to, report, seconds());
        journal.append(chunk);
        addChunk(tally, chunk);
        options.onProgress(tally);
        isEnough ||= options.isEnough?.(tally) ?? false;
      });
      const settled = task
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => running.delete(settled));
      running.add(settled);
      if (running.size >= jobs * 2) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    journal.close();
    if (failure !== null) await Promise.all(workers.map((w) => w.close()));
  }
  if (failure !== null) throw failure;
  tally.seconds = Math.max(tally.seconds, seconds());
  return { tally, directory, workers, seconds };
}
