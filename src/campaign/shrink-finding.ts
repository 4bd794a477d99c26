import type { Case } from '../clif/case.ts';
import { coarseBucket } from '../compare/bucket.ts';
import type { Finding } from '../compare/verdict.ts';
import { UnsupportedError } from '../oracle/unsupported-error.ts';
import { shrinkCase } from '../shrink/shrink-case.ts';
import type { ShrinkReport } from './messages.ts';
import { runCase, type CaseRun } from './run-case.ts';
import { withOnly, type Station } from './station.ts';

export interface ShrinkBounds {
  readonly maxAttempts: number;
  readonly timeLimitMs: number;
}

/** Candidates tried at once: what one driver and one guest can overlap. */
const PARALLEL = 3;

/** The finding of a case if it has one in `bucket`; a case the oracle cannot judge has none. */
async function findingIn(station: Station, kase: Case, bucket: string): Promise<Finding | null> {
  let run: CaseRun;
  try {
    run = await runCase(station.bench, kase);
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
  const { verdict } = run;
  return verdict.kind === 'finding' && coarseBucket(verdict.finding) === bucket ? verdict.finding : null;
}

/** Makes a failing case small while it stays in its coarse bucket. Null where it no longer fails. */
export async function shrinkFinding(
  station: Station,
  kase: Case,
  bounds: ShrinkBounds,
): Promise<ShrinkReport | null> {
  const started = performance.now();
  const first = await runCase(station.bench, kase);
  if (first.verdict.kind !== 'finding') return null;
  const bucket = coarseBucket(first.verdict.finding);
  const result = await shrinkCase(
    withOnly(kase, first.verdict.finding),
    async (candidate) => (await findingIn(station, candidate, bucket)) !== null,
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
  };
}
