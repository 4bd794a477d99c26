import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCampaign, type CampaignRun } from '../../src/campaign/campaign.ts';
import type { Environment } from '../../src/campaign/environment.ts';
import type { JournalFinding } from '../../src/campaign/journal.ts';
import type { ShrinkReport } from '../../src/campaign/messages.ts';
import { entryFromShrink } from '../../src/campaign/shrunk-entry.ts';
import { countInstructions } from '../../src/clif/rewrite.ts';
import { fineBucket } from '../../src/compare/bucket.ts';
import type { KnownIssue } from '../../src/compare/known-issues.ts';
import { writeEntry } from '../../src/corpus/entry-files.ts';
import type { Check } from './check-name.ts';
import { isCleanOn } from './refine-check.ts';
import { openVetting, type Hit } from './vetting.ts';

/** What a repro may have at most to count as small. */
export const MAX_FUNCTIONS = 3;
export const MAX_INSTRUCTIONS = 15;

/** Findings that are shrunk at most, each from another bucket where there are several. */
const MAX_SHRUNK = 6;
const SHRINK_ATTEMPTS = 3000;
const SHRINK_LIMIT_MS = 45_000;
const CHUNK_CASES = 10;

export interface HuntOptions {
  /** The Cranelift that is wrong. */
  readonly faulty: Environment;
  /** One that is not: what is found must be gone there. */
  readonly sound: Environment;
  /** Of the faulty one, for its repros. */
  readonly version: string;
  readonly seed: string;
  readonly profile: string;
  /** Bounds of the search. */
  readonly cases: number;
  readonly seconds: number;
  readonly jobs: number;
  readonly isShrinking: boolean;
  /** What counts; other new findings are passed over. */
  readonly isWanted: (finding: JournalFinding) => boolean;
  /** Findings of other checks do not count either. */
  readonly by: Check | null;
  /** Where journal and repros go; emptied first. */
  readonly reportsDir: string;
  readonly knownIssues: readonly KnownIssue[];
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
  /** The sound Cranelift runs it rightly. */
  readonly isSoundClean: boolean;
  readonly file: string;
}

export interface First {
  readonly bucket: string;
  readonly check: Check;
  readonly detail: string;
  /** Cases up to it, itself included. */
  readonly cases: number;
  /** Campaign time. */
  readonly seconds: number;
  readonly caseSeed: string;
}

export interface Hunt {
  /** Cases run, seconds it took, and how many findings were looked at. */
  readonly cases: number;
  readonly seconds: number;
  readonly looked: number;
  readonly first: First | null;
  readonly repros: readonly Repro[];
  /** The smallest that the sound Cranelift runs rightly; null where there is none. */
  readonly best: Repro | null;
}

export function isSmall(repro: Repro): boolean {
  return repro.functions <= MAX_FUNCTIONS && repro.instructions <= MAX_INSTRUCTIONS;
}

/** Confirmed findings that no known issue explains, in the order of cases. */
function newFindings(options: HuntOptions, findings: readonly JournalFinding[]): readonly JournalFinding[] {
  const counted = findings.filter((f) => f.verdict === 'finding' && f.known === null && options.isWanted(f));
  return counted.toSorted((a, b) => a.index - b.index);
}

/** The hit, then the first finding of each bucket in the order of cases, then the second ones, and so on. */
function candidates(findings: readonly JournalFinding[], hit: JournalFinding): readonly JournalFinding[] {
  const seen = new Map<string, number>();
  const ranked = findings.map((finding) => {
    const rank = seen.get(finding.coarse) ?? 0;
    seen.set(finding.coarse, rank + 1);
    return { finding, rank };
  });
  ranked.sort((a, b) => a.rank - b.rank || a.finding.index - b.finding.index);
  const others = ranked.map(({ finding }) => finding).filter(({ index }) => index !== hit.index);
  return [hit, ...others].slice(0, MAX_SHRUNK);
}

async function toRepro(options: HuntOptions, first: JournalFinding, report: ShrinkReport): Promise<Repro> {
  const kase = report.case;
  const provenance = {
    seed: options.seed,
    profile: options.profile,
    caseSeed: first.caseSeed,
    caseIndex: first.index,
    upstream: null,
  };
  return {
    bucket: fineBucket(report.finding, kase),
    functions: kase.module.functions.length,
    instructions: countInstructions(kase.module),
    attempts: report.attempts,
    seconds: report.milliseconds / 1000,
    isBounded: report.isBounded,
    isSoundClean: await isCleanOn(options.sound, kase, options.knownIssues),
    file: writeEntry(
      join(options.reportsDir, 'repros'),
      entryFromShrink(report, provenance, options.version),
      `case-${first.caseSeed}`,
    ),
  };
}

/** Shrinks one finding per worker at a time until one is small enough. */
async function shrinkUntilSmall(
  options: HuntOptions,
  run: CampaignRun,
  findings: readonly JournalFinding[],
  hit: JournalFinding,
): Promise<readonly Repro[]> {
  const todo = [...candidates(findings, hit)];
  const repros: Repro[] = [];
  while (todo.length > 0 && !repros.some((repro) => repro.isSoundClean && isSmall(repro))) {
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

/** Fuzzes a Cranelift that is known to be wrong until something new that counts turns up, and makes that small. */
export async function hunt(options: HuntOptions): Promise<Hunt> {
  rmSync(options.reportsDir, { recursive: true, force: true });
  const vetting = await openVetting(options);
  try {
    const run = await runCampaign({
      seed: options.seed,
      profile: options.profile,
      cases: options.cases,
      minutes: options.seconds / 60,
      jobs: options.jobs,
      shard: { index: 0, count: 1 },
      resume: false,
      reportsDir: options.reportsDir,
      environment: options.faulty,
      knownIssues: options.knownIssues,
      knownCoverage: null,
      onProgress: () => undefined,
      // Small, for a fault that fails most cases makes each of them slow.
      chunkCases: CHUNK_CASES,
      isEnough: (tally) => {
        vetting.offer(newFindings(options, tally.findings));
        return vetting.hasHit();
      },
    });
    try {
      const hit = await vetting.settle();
      const repros =
        options.isShrinking && hit !== null
          ? await shrinkUntilSmall(options, run, newFindings(options, run.tally.findings), hit.finding)
          : [];
      const sound = repros.filter((repro) => repro.isSoundClean);
      return {
        cases: run.tally.cases,
        seconds: run.tally.seconds,
        looked: vetting.looked(),
        first: hit === null ? null : firstOf(hit),
        repros,
        best: sound.toSorted((a, b) => a.instructions - b.instructions)[0] ?? null,
      };
    } finally {
      await Promise.all(run.workers.map((worker) => worker.close()));
    }
  } finally {
    await vetting.close();
  }
}

function firstOf({ finding, check }: Hit): First {
  const { coarse: bucket, detail, seconds, caseSeed, index } = finding;
  return { bucket, check, detail, cases: index + 1, seconds, caseSeed };
}
