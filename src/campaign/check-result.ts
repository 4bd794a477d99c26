import type { Check } from '../corpus/filetest.ts';
import type { SideConformance } from '../report/conformance.ts';

/** What became of one directive on one side. */
export type CheckResult =
  | { readonly kind: 'pass' }
  | { readonly kind: 'miss'; readonly detail: string }
  | { readonly kind: 'skipped'; readonly reason: string };

export const PASS: CheckResult = { kind: 'pass' };

/** Adds up the results of a file's checks, one each. */
export function sideOf(
  checks: readonly Pick<Check, 'text'>[],
  results: readonly CheckResult[],
): SideConformance {
  const skipped: Record<string, number> = {};
  for (const result of results) {
    if (result.kind === 'skipped') skipped[result.reason] = (skipped[result.reason] ?? 0) + 1;
  }
  return {
    passed: results.filter((result) => result.kind === 'pass').length,
    misses: results.flatMap((result, i) =>
      result.kind === 'miss' ? [{ directive: checks[i]?.text ?? '', detail: result.detail }] : [],
    ),
    skipped,
  };
}
