import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runCampaign, type CampaignOptions, type Shard } from '../campaign/campaign.ts';
import { openEnvironment, readKnownIssues } from '../campaign/environment.ts';
import { finishCampaign, writeSummary } from '../campaign/finish.ts';
import { CaseHarnessError, HarnessError, UsageError } from '../campaign/errors.ts';
import { makeDirectory } from '../campaign/make-directory.ts';
import { readCoverage } from '../report/coverage.ts';
import { summaryText, type Summary } from '../report/summary.ts';
import { PROFILE_NAMES } from '../campaign/profile-names.ts';
import { EXIT_CLEAN, EXIT_FINDINGS } from './exit-code.ts';
import { endOnInterrupt } from './interrupt.ts';
import { openProgress, type Progress } from './progress.ts';
import { commandText } from './shell-text.ts';
import type { Terminal } from './terminal.ts';

export interface FuzzOptions {
  readonly seed: string;
  readonly cases?: number;
  readonly minutes?: number;
  readonly cranelift: string;
  readonly profile: string;
  readonly jobs?: number;
  readonly shard: Shard;
  readonly json?: string;
  readonly coverage?: string;
  readonly resume?: boolean;
  readonly veneers: boolean;
  readonly debugAssertions?: boolean;
  readonly reports: string;
  readonly shrinkAttempts: number;
}

/** Without bounds: this many cases, or this much time, whichever ends first; set-up and shrinking come on top. */
const DEFAULT_CASES = 20_000;
const DEFAULT_MINUTES = 1.25;
const SHRINK_PER_BUCKET = 2;
const SHRINK_LIMIT_MS = 60_000;

function boundsOf(options: FuzzOptions): { readonly cases: number | null; readonly minutes: number | null } {
  if (options.cases === undefined && options.minutes === undefined) {
    return { cases: DEFAULT_CASES, minutes: DEFAULT_MINUTES };
  }
  return { cases: options.cases ?? null, minutes: options.minutes ?? null };
}

/** What would run the rest of the campaign. */
function resumeCommand(options: FuzzOptions): string {
  const { seed, cases, minutes, cranelift, profile, shard, reports } = options;
  const bounds = [
    ...(cases === undefined ? [] : ['--cases', String(cases)]),
    ...(minutes === undefined ? [] : ['--minutes', String(minutes)]),
  ];
  const part = shard.count === 1 ? [] : ['--shard', `${shard.index}/${shard.count}`];
  const args = [
    '--seed',
    seed,
    ...bounds,
    '--profile',
    profile,
    '--cranelift',
    cranelift,
    ...part,
    ...(options.veneers ? [] : ['--no-veneers']),
    ...(options.debugAssertions === true ? ['--debug-assertions'] : []),
    '--reports',
    reports,
  ];
  return commandText('fuzz', [...args, '--resume']);
}

function repeatCommand(options: FuzzOptions, caseSeed: string): string {
  return commandText('replay', [
    '--case',
    caseSeed,
    '--profile',
    options.profile,
    '--cranelift',
    options.cranelift,
    ...(options.veneers ? [] : ['--no-veneers']),
    ...(options.debugAssertions === true ? ['--debug-assertions'] : []),
  ]);
}

async function runToEnd(
  campaign: CampaignOptions,
  options: FuzzOptions,
  progress: Progress,
): Promise<FinishedRun> {
  const run = await runCampaign(campaign);
  try {
    const summary = await finishCampaign(campaign, run, {
      shrinkPerBucket: SHRINK_PER_BUCKET,
      maxAttempts: options.shrinkAttempts,
      timeLimitMs: SHRINK_LIMIT_MS,
      onProgress: progress.note,
      coverageFile: options.coverage ?? null,
    });
    return { summary, directory: run.directory };
  } finally {
    await Promise.all(run.workers.map((worker) => worker.close()));
  }
}

interface FinishedRun {
  readonly summary: Summary;
  readonly directory: string;
}

/** Runs a campaign; gives the exit code: 0 clean, 1 new findings. */
export async function fuzz(options: FuzzOptions, terminal: Terminal, root: string): Promise<number> {
  if (!PROFILE_NAMES.includes(options.profile)) {
    throw new UsageError(`no profile ${options.profile}; there are ${PROFILE_NAMES.join(', ')}`);
  }
  // What cannot be written must not cost a driver's build or a whole campaign: try first.
  if (options.json !== undefined) terminal.checkWritable(options.json);
  if (options.coverage !== undefined) terminal.checkWritable(options.coverage);
  const knownCoverage = options.coverage === undefined ? null : readCoverage(options.coverage);
  makeDirectory(options.reports);
  const knownIssues = readKnownIssues(join(root, 'known-issues'));
  const environment = await openEnvironment({
    cranelift: options.cranelift,
    hasVeneers: options.veneers,
    debugAssertions: options.debugAssertions,
    onProgress: terminal.buildNote,
  });
  const bounds = boundsOf(options);
  const progress = openProgress(terminal.errors, bounds, () => performance.now());
  const campaign: CampaignOptions = {
    seed: options.seed,
    profile: options.profile,
    ...bounds,
    jobs: options.jobs ?? availableParallelism(),
    shard: options.shard,
    resume: options.resume ?? false,
    reportsDir: options.reports,
    environment,
    knownIssues,
    knownCoverage,
    onProgress: progress.update,
  };
  const stopWatching = endOnInterrupt(() => {
    progress.end();
    terminal.note(`callfuzz: interrupted; to go on: ${resumeCommand(options)}`);
  });
  try {
    const { summary, directory } = await runToEnd(campaign, options, progress);
    progress.end();
    if (options.json !== undefined) writeSummary(options.json, summary);
    terminal.print(summaryText(summary));
    terminal.print(`journal, findings and summary: ${directory}`);
    return summary.findings.some((f) => f.known === null) ? EXIT_FINDINGS : EXIT_CLEAN;
  } catch (error) {
    progress.end();
    if (error instanceof CaseHarnessError) {
      terminal.note(`case seed ${error.caseSeed}; to repeat it: ${repeatCommand(options, error.caseSeed)}`);
    }
    if (error instanceof HarnessError) terminal.note(`to go on with the rest: ${resumeCommand(options)}`);
    throw error;
  } finally {
    stopWatching();
  }
}
