import type { Finding } from './verdict.ts';

/** A bug that is understood and filed: findings it matches are counted and reported and do not turn a run red. */
export interface KnownIssue {
  readonly id: string;
  readonly title: string;
  /** Where it is reported upstream, or the section of docs/findings.md. */
  readonly reference: string;
  readonly kind: Finding['kind'];
  /** Regular expression over the finding's place. */
  readonly place: string;
  /** Regular expression over the finding's detail; absent matches every detail. */
  readonly detail?: string | undefined;
  /** Opcodes of which the module must hold at least one; absent asks for none. */
  readonly opcodes?: readonly string[] | undefined;
  /** Cranelift versions that have it, as `0.121` or `0.121.2` prefixes. */
  readonly versions: readonly string[];
}

export function versionMatches(version: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => version === prefix || version.startsWith(`${prefix}.`));
}

/** The first known issue that explains `finding` under Cranelift `version`, or null. */
export function matchKnownIssue(
  issues: readonly KnownIssue[],
  finding: Pick<Finding, 'kind' | 'place' | 'detail'>,
  version: string,
  opcodes: ReadonlySet<string>,
): KnownIssue | null {
  const found = issues.find(
    (issue) =>
      issue.kind === finding.kind &&
      versionMatches(version, issue.versions) &&
      new RegExp(issue.place).test(finding.place) &&
      (issue.detail === undefined || new RegExp(issue.detail).test(finding.detail)) &&
      (issue.opcodes === undefined || issue.opcodes.some((op) => opcodes.has(op))),
  );
  return found ?? null;
}
