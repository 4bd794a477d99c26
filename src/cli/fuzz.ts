import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runCampaign, type CampaignOptions, type Shard } from '../campaign/campaign.ts';
import { openEnvironment, readKnownIssues } from '../campaign/environment.ts';
import { finishCampaign, writeSummary } from '../campaign/finish.ts';
import { UsageError } from '../campaign/errors.ts';
import { summaryText, type Summary } from '../report/summary.ts';
import { PROFILE_NAMES } from '../campaign/profile-names.ts';
import { openProgress } from './progress.ts';
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
  readonly resume?: boolean;
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

/** Runs a campaign; gives the exit code: 0 clean, 1 new findings. */
export async function fuzz(options: FuzzOptions, terminal: Terminal, root: string): Promise<number> {
  if (!PROFILE_NAMES.includes(options.profile)) {
    throw new UsageError(`no profile ${options.profile}; there are ${PROFILE_NAMES.join(', ')}`);
  }
  // A summary that cannot be written must not cost a whole campaign: try the file first.
  if (options.json !== undefined) terminal.checkWritable(options.json);
  const environment = await openEnvironment({ cranelift: options.cranelift, onProgress: terminal.note });
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
    knownIssues: readKnownIssues(join(root, 'known-issues')),
    onProgress: progress.update,
  };
  const run = await runCampaign(campaign);
  let summary: Summary;
  try {
    summary = await finishCampaign(campaign, run, {
      shrinkPerBucket: SHRINK_PER_BUCKET,
      maxAttempts: options.shrinkAttempts,
      timeLimitMs: SHRINK_LIMIT_MS,
      onProgress: progress.note,
    });
  } finally {
    progress.end();
    await Promise.all(run.workers.map((worker) => worker.close()));
  }
  if (options.json !== undefined) writeSummary(options.json, summary);
  terminal.print(summaryText(summary));
  terminal.print(`journal, findings and summary: ${run.directory}`);
  return summary.findings.some((f) => f.known === null) ? 1 : 0;
}
