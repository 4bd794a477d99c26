import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationText } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import { fineBucket } from '../compare/bucket.ts';
import type { Entry } from '../corpus/entry.ts';
import { writeEntry } from '../corpus/entry-files.ts';
import { uniteCoverage } from '../coverage/coverage-set.ts';
import { coverageMarkdown, summaryCoverage, writeCoverage } from '../report/coverage.ts';
import type { Summary, SummaryFinding } from '../report/summary.ts';
import { summaryMarkdown } from '../report/summary.ts';
import type { CampaignOptions, CampaignRun } from './campaign.ts';
import type { JournalFinding } from './journal.ts';
import type { ShrinkReport } from './messages.ts';
import { entryFromShrink } from './shrunk-entry.ts';
import { findingsByBucket } from './tally.ts';
import type { WorkerClient } from './worker-client.ts';

export interface FinishOptions {
  /** Cases shrunk in each coarse bucket: two bugs may share one. */
  readonly shrinkPerBucket: number;
  readonly maxAttempts: number;
  readonly timeLimitMs: number;
  readonly onProgress: (line: string) => void;
  /** Where the cells filled so far are kept over campaigns. */
  readonly coverageFile: string | null;
}

interface Shrunk {
  readonly first: JournalFinding;
  readonly hits: number;
  readonly report: ShrinkReport | null;
}

function entryFor(run: CampaignOptions, first: JournalFinding, report: ShrinkReport): Entry {
  const { seed, profile, environment } = run;
  const provenance = { seed, profile, caseSeed: first.caseSeed, caseIndex: first.index, upstream: null };
  return entryFromShrink(report, provenance, environment.craneliftText);
}

/** Shrinks one finding after the other on each worker, in the order of the list. */
async function shrinkAll(
  workers: readonly WorkerClient[],
  todo: readonly JournalFinding[],
  options: FinishOptions,
): Promise<ReadonlyMap<number, ShrinkReport | null>> {
  const reports = new Map<number, ShrinkReport | null>();
  const queue = [...todo];
  await Promise.all(
    workers.map(async (worker) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        options.onProgress(`shrinking case ${next.index} (${next.coarse})`);
        reports.set(next.index, await worker.shrink(next.index, options.maxAttempts, options.timeLimitMs));
      }
    }),
  );
  return reports;
}

function mergeByBucket(
  campaign: CampaignOptions,
  directory: string,
  shrunk: readonly Shrunk[],
): SummaryFinding[] {
  const merged = new Map<string, SummaryFinding>();
  for (const item of shrunk) {
    const { first, report } = item;
    const bucket = report === null ? (first.known ?? first.coarse) : fineBucket(report.finding, report.case);
    const known = merged.get(bucket);
    if (known !== undefined) {
      merged.set(bucket, { ...known, hits: known.hits + item.hits });
      continue;
    }
    const repro =
      report === null
        ? null
        : writeEntry(
            join(directory, 'findings'),
            entryFor(campaign, first, report),
            `case-${first.caseSeed}`,
          );
    const configuration = report?.case.configurations[report.finding.configuration];
    merged.set(bucket, {
      bucket,
      kind: first.kind,
      known: first.known,
      firstCase: first.index,
      caseSeed: first.caseSeed,
      hits: item.hits,
      secondsToFirst: first.seconds,
      repro,
      configuration: configuration === undefined ? '' : configurationText(configuration),
      detail: report === null ? first.detail : [report.finding.detail, ...report.located].join('; '),
    });
  }
  return [...merged.values()];
}

/**
 * Shrinks the first findings of each bucket, saves them beside the journal and makes the summary. Findings that a known
 * issue explains are counted, not shrunk.
 */
export async function finishCampaign(
  campaign: CampaignOptions,
  run: CampaignRun,
  options: FinishOptions,
): Promise<Summary> {
  const groups = [...findingsByBucket(run.tally).values()];
  const todo = groups.flatMap((group) =>
    group[0]?.known === null ? group.slice(0, options.shrinkPerBucket) : [],
  );
  const started = performance.now();
  const reports = await shrinkAll(run.workers, todo, options);
  const shrinkMs = [...reports.values()].reduce((sum, r) => sum + (r?.milliseconds ?? 0), 0);
  run.tally.phases.shrink += reports.size === 0 ? 0 : Math.max(shrinkMs, performance.now() - started);
  const shrunk: Shrunk[] = groups.flatMap((group): Shrunk[] => {
    const heads = group[0]?.known === null ? group.slice(0, options.shrinkPerBucket) : group.slice(0, 1);
    return heads.map((first, i) => ({
      first,
      // What was not shrunk is counted with the first of its coarse bucket.
      hits: i === 0 ? group.length - heads.length + 1 : 1,
      report: reports.get(first.index) ?? null,
    }));
  });
  const { tally } = run;
  const summary: Summary = {
    schema: 'callfuzz.summary/1',
    seed: campaign.seed,
    profile: campaign.profile,
    cranelift: campaign.environment.craneliftText,
    emulator: campaign.environment.emulator,
    shard: `${campaign.shard.index}/${campaign.shard.count}`,
    cases: tally.cases,
    modules: tally.modules,
    seconds: tally.seconds,
    casesPerSecond: tally.seconds === 0 ? 0 : tally.cases / tally.seconds,
    verdicts: tally.verdicts,
    declined: tally.declined,
    phases: { ...tally.phases },
    findings: mergeByBucket(campaign, run.directory, shrunk),
    flaky: tally.findings
      .filter((f) => f.verdict === 'flaky')
      .map(({ caseSeed, detail }) => ({ caseSeed, detail })),
    harnessFaults: 0,
    coverage: summaryCoverage(tally.coverage),
  };
  writeSummary(join(run.directory, 'summary.json'), summary);
  writeFileSync(join(run.directory, 'summary.md'), summaryMarkdown(summary));
  writeFileSync(join(run.directory, 'coverage.md'), coverageMarkdown(tally.coverage));
  if (options.coverageFile !== null && campaign.knownCoverage !== null) {
    const all = Uint8Array.from(campaign.knownCoverage);
    uniteCoverage(all, tally.coverage);
    writeCoverage(options.coverageFile, all);
  }
  return summary;
}

/** Writes a summary as JSON. Throws UsageError where the file cannot be written. */
export function writeSummary(file: string, summary: Summary): void {
  try {
    writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
  } catch (error) {
    throw new UsageError(`cannot write ${file} (${error instanceof Error ? error.message : String(error)})`);
  }
}
