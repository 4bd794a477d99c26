import type { Case } from '../clif/case.ts';
import { staysInBucket } from '../compare/bucket.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import type { Finding } from '../compare/verdict.ts';
import { UnsupportedError } from '../oracle/unsupported-error.ts';
import { shrinkCase } from '../shrink/shrink-case.ts';
import { explainFinding } from './explain-finding.ts';
import { judgeCase } from './judge-case.ts';
import type { ShrinkReport } from './messages.ts';
import { runCase, type CaseRun } from './run-case.ts';
import { withOnly, type Station } from './station.ts';
import { locateFinding } from './trace-case.ts';

export interface ShrinkBounds {
  readonly maxAttempts: number;
  readonly timeLimitMs: number;
}

/** Candidates tried at once: what one driver and one guest can overlap. */
const PARALLEL = 3;

/** Whether a case still has the finding it had; a case the oracle cannot judge has none. */
async function stillHas(
  station: Station,
  kase: Case,
  first: Finding,
  unlike: readonly KnownIssue[],
): Promise<boolean> {
  let run: CaseRun;
  try {
    run = await runCase(station.bench, kase);
  } catch (error) {
    if (error instanceof UnsupportedError) return false;
    throw error;
  }
  const { verdict } = run;
  if (verdict.kind !== 'finding' || !staysInBucket(first, verdict.finding)) return false;
  return (await explainFinding(station, kase, verdict, unlike, station.bench.cranelift)) === null;
}

/**
 * Makes a failing case small while it stays in its coarse bucket. What no known issue explains does not become something
 * that one does. Null where the case no longer fails.
 */
export async function shrinkFinding(
  station: Station,
  kase: Case,
  bounds: ShrinkBounds,
  knownIssues: readonly KnownIssue[],
): Promise<ShrinkReport | null> {
  const started = performance.now();
  const first = await judgeCase(station, kase, knownIssues);
  if (first.verdict.kind !== 'finding') return null;
  const { finding } = first.verdict;
  const unlike = first.known === null ? knownIssues : [];
  const result = await shrinkCase(
    withOnly(kase, finding),
    async (candidate) => stillHas(station, candidate, finding, unlike),
    {
      maxAttempts: bounds.maxAttempts,
      deadline: () => performance.now() - started > bounds.timeLimitMs,
      parallel: PARALLEL,
    },
  );
  const last = await runCase(station.bench, result.case);
  if (last.verdict.kind !== 'finding') return null;
  return {
    case: result.case,
    finding: last.verdict.finding,
    attempts: result.attempts,
    isBounded: result.exhausted,
    milliseconds: performance.now() - started,
    expected: last.expected,
    located: await locateFinding(station.bench, result.case, last.verdict.finding),
  };
}
