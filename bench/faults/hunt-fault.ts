import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCampaign, type CampaignOptions, type CampaignRun } from '../../src/campaign/campaign.ts';
import { openEnvironment, type Environment } from '../../src/campaign/environment.ts';
import type { JournalFinding } from '../../src/campaign/journal.ts';
import type { ShrinkReport } from '../../src/campaign/messages.ts';
import { replayCase } from '../../src/campaign/replay.ts';
import { openStation } from '../../src/campaign/station.ts';
import { findingsByBucket } from '../../src/campaign/tally.ts';
import type { Case } from '../../src/clif/case.ts';
import type { KnownIssue } from '../../src/compare/known-issues.ts';
import { fineBucket } from '../../src/compare/bucket.ts';
import { writeEntry } from '../../src/corpus/entry-files.ts';

/** What a repro may have at most. */
export const MAX_FUNCTIONS = 3;
export const MAX_INSTRUCTIONS = 15;

/** Findings that are shrunk at most, each from another bucket where there are several. */
const MAX_SHRUNK = 6;
const SHRINK_ATTEMPTS = 3000;
const SHRINK_LIMIT_MS = 60_000;

/** A campaign goes on in these steps (cases, in all) until it has found something new. */
const STEPS: readonly number[] = [100, 500, 2000];

export interface HuntOptions {
  readonly name: string;
  /** The changed crate. */
  readonly directory: string;
  readonly seed: string;
  readonly profile: string;
  /** Cases at most. */
  readonly cases: number;
  readonly jobs: number;
  /** Where journal and repros go; emptied first. */
  readonly reportsDir: string;
  readonly knownIssues: readonly KnownIssue[];
  /** The crate without the fault: what is found must be gone there. */
  readonly sound: Environment;
  readonly onProgress: (line: string) => void;
}

/** A finding made small. */
export interface Repro {
  readonly bucket: string;
  readonly functions: number;
  readonly instructions: number;
  readonly attempts: number;
  readonly seconds: number;
  /** A bound on attempts or time ended the shrinking. */
  readonly isBounded: boolean;
  /** The crate without the fault runs it rightly. */
  readonly isSoundClean: boolean;
  readonly file: string;
}

export interface Hunt {
  readonly name: string;
  readonly buildSeconds: number;
  /** Cases run, and how many of them fail in a way no known issue explains. */
  readonly cases: number;
  readonly newFindings: number;
  /** Coarse bucket of the first new finding, how many cases came up to it, and after how long; null where there is none. */
  readonly first: { readonly bucket: string; readonly cases: number; readonly seconds: number } | null;
  readonly repros: readonly Repro[];
  /** The smallest that passes; null where none does. */
  readonly best: Repro | null;
}

function instructionsOf(kase: Case): number {
  const blocks = kase.module.functions.flatMap((fn) => fn.blocks);
  return blocks.reduce((sum, block) => sum + block.insts.length, 0);
}

function isSmall(repro: Repro): boolean {
  return repro.isSoundClean && repro.functions <= MAX_FUNCTIONS && repro.instructions <= MAX_INSTRUCTIONS;
}

/** The first finding of each bucket in the order of cases, then the second ones, and so on. */
function candidates(run: CampaignRun): readonly JournalFinding[] {
  const groups = [...findingsByBucket(run.tally).values()].filter((group) => group[0]?.known === null);
  const ranked = groups.flatMap((group) => group.map((finding, rank) => ({ finding, rank })));
  ranked.sort((a, b) => a.rank - b.rank || a.finding.index - b.finding.index);
  return ranked.slice(0, MAX_SHRUNK).map(({ finding }) => finding);
}

/** Runs until something new is found or `cases` are done. The workers of the last step stay open. */
async function campaign(options: CampaignOptions, cases: number): Promise<CampaignRun> {
  const steps = [...STEPS.filter((step) => step < cases), cases];
  let run: CampaignRun | null = null;
  for (const step of steps) {
    if (run !== null) await Promise.all(run.workers.map((worker) => worker.close()));
    run = await runCampaign({ ...options, cases: step, resume: run !== null });
    if (candidates(run).length > 0) break;
  }
  if (run === null) throw new RangeError('a campaign has at least one step');
  return run;
}

/** Whether the sound crate runs the case as the oracle says. */
async function isCleanOn(
  sound: Environment,
  kase: Case,
  knownIssues: readonly KnownIssue[],
): Promise<boolean> {
  const station = await openStation(sound);
  try {
    return (await replayCase(station, kase, sound.abilities, knownIssues)).verdict.kind === 'agree';
  } finally {
    await station.close();
  }
}

async function toRepro(options: HuntOptions, first: JournalFinding, report: ShrinkReport): Promise<Repro> {
  const { finding, case: kase } = report;
  const bucket = fineBucket(finding, kase);
  const file = writeEntry(
    join(options.reportsDir, 'repros'),
    {
      bucket,
      kind: finding.kind,
      seed: options.seed,
      caseSeed: first.caseSeed,
      caseIndex: first.index,
      profile: options.profile,
      cranelift: { fails: [`fault ${options.name}`], passes: [options.sound.cranelift] },
      module: kase.module,
      configurations: kase.configurations,
      inputs: kase.inputs,
      expected: report.expected,
      observed: kase.inputs.map((_, i) => (i === finding.input ? finding.observed : null)),
      note: finding.detail,
      upstream: null,
      status: 'open',
    },
    `case-${first.caseSeed}`,
  );
  return {
    bucket,
    functions: kase.module.functions.length,
    instructions: instructionsOf(kase),
    attempts: report.attempts,
    seconds: report.milliseconds / 1000,
    isBounded: report.isBounded,
    isSoundClean: await isCleanOn(options.sound, kase, options.knownIssues),
    file,
  };
}

/** Shrinks one finding per worker at a time until one is small enough. */
async function shrinkUntilSmall(options: HuntOptions, run: CampaignRun): Promise<readonly Repro[]> {
  const todo = [...candidates(run)];
  const repros: Repro[] = [];
  while (todo.length > 0 && !repros.some(isSmall)) {
    const batch = todo.splice(0, run.workers.length);
    const made = await Promise.all(
      batch.map(async (finding, i) => {
        options.onProgress(`shrinking case ${finding.index} (${finding.coarse})`);
        const report =
          (await run.workers[i]?.shrink(finding.index, SHRINK_ATTEMPTS, SHRINK_LIMIT_MS)) ?? null;
        return report === null ? [] : [await toRepro(options, finding, report)];
      }),
    );
    repros.push(...made.flat());
  }
  return repros;
}

/** Builds the changed crate's driver, fuzzes it until something new turns up, and makes that small. */
export async function huntFault(options: HuntOptions): Promise<Hunt> {
  const started = performance.now();
  const environment = await openEnvironment({
    cranelift: `path:${options.directory}`,
    onProgress: () => undefined,
  });
  const buildSeconds = (performance.now() - started) / 1000;
  options.onProgress(`driver ready after ${buildSeconds.toFixed(1)} s`);
  rmSync(options.reportsDir, { recursive: true, force: true });
  const run = await campaign(
    {
      seed: options.seed,
      profile: options.profile,
      cases: null,
      minutes: null,
      jobs: options.jobs,
      shard: { index: 0, count: 1 },
      resume: false,
      reportsDir: options.reportsDir,
      environment,
      knownCoverage: null,
      knownIssues: options.knownIssues,
      onProgress: () => undefined,
    },
    options.cases,
  );
  try {
    const fresh = run.tally.findings.filter((f) => f.verdict === 'finding' && f.known === null);
    const first = fresh.toSorted((a, b) => a.index - b.index)[0];
    const repros = await shrinkUntilSmall(options, run);
    const small = repros.filter(isSmall).toSorted((a, b) => a.instructions - b.instructions);
    return {
      name: options.name,
      buildSeconds,
      cases: run.tally.cases,
      newFindings: fresh.length,
      first:
        first === undefined ? null : { bucket: first.coarse, cases: first.index + 1, seconds: first.seconds },
      repros,
      best: small[0] ?? null,
    };
  } finally {
    await Promise.all(run.workers.map((worker) => worker.close()));
  }
}
