import type { Case } from '../clif/case.ts';
import { carryNarrowFloatResults } from './narrow-float-results.ts';
import { PLACE_SEPARATOR } from './outcomes.ts';
import type { Finding } from './verdict.ts';

/** Rewrites by name: see `rewriteCase`. */
export type Rewrite = 'carry-narrow-float-results';

export const REWRITES: readonly Rewrite[] = ['carry-narrow-float-results'];

export function rewriteCase(rewrite: Rewrite, kase: Case): Case {
  switch (rewrite) {
    case 'carry-narrow-float-results':
      return carryNarrowFloatResults(kase);
  }
}

/** A bug that is understood and filed: findings it matches are counted and reported and do not turn a run red. */
export interface KnownIssue {
  readonly id: string;
  readonly title: string;
  /** Where it is reported upstream, or the section of docs/findings.md. */
  readonly reference: string;
  readonly kind: Finding['kind'];
  /** Regular expression over one part of the finding's place. */
  readonly place: string;
  /** Regular expression over the finding's detail; absent matches every detail. */
  readonly detail?: string | undefined;
  /** Opcodes of which the module must hold at least one; absent asks for none. */
  readonly opcodes?: readonly string[] | undefined;
  /** A rewrite that keeps what the module means and keeps clear of the bug: the issue explains only what it ends. */
  readonly avoidedBy?: Rewrite | undefined;
  /** Cranelift versions that have it, as `0.121` or `0.121.2` prefixes. */
  readonly versions: readonly string[];
}

export function versionMatches(version: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => version === prefix || version.startsWith(`${prefix}.`));
}

/** The first known issue that explains one part of a place, or null. */
function explain(
  issues: readonly KnownIssue[],
  finding: Pick<Finding, 'kind' | 'detail'>,
  part: string,
  version: string,
  opcodes: ReadonlySet<string>,
): KnownIssue | null {
  const found = issues.find(
    (issue) =>
      issue.kind === finding.kind &&
      versionMatches(version, issue.versions) &&
      new RegExp(issue.place).test(part) &&
      (issue.detail === undefined || new RegExp(issue.detail).test(finding.detail)) &&
      (issue.opcodes === undefined || issue.opcodes.some((op) => opcodes.has(op))),
  );
  return found ?? null;
}

/** What explains a finding, provided that each rewrite ends the part of the failure that its issue stands for. */
export interface Explanation {
  /** Ids joined by `+`. */
  readonly known: string;
  readonly rewrites: readonly Rewrite[];
}

/**
 * The known issues that together explain all of `finding` under Cranelift `version`; null where any part of it is left
 * unexplained.
 */
export function matchKnownIssues(
  issues: readonly KnownIssue[],
  finding: Pick<Finding, 'kind' | 'place' | 'detail'>,
  version: string,
  opcodes: ReadonlySet<string>,
): Explanation | null {
  const ids = new Set<string>();
  const rewrites = new Set<Rewrite>();
  for (const part of finding.place.split(PLACE_SEPARATOR)) {
    const issue = explain(issues, finding, part, version, opcodes);
    if (issue === null) return null;
    ids.add(issue.id);
    if (issue.avoidedBy !== undefined) rewrites.add(issue.avoidedBy);
  }
  return { known: [...ids].join('+'), rewrites: [...rewrites] };
}
