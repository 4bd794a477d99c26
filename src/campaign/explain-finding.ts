import type { Case } from '../clif/case.ts';
import { matchKnownIssues, rewriteCase, type KnownIssue } from '../compare/known-issues.ts';
import type { Verdict } from '../compare/verdict.ts';
import { noTime } from './phases.ts';
import { runCase } from './run-case.ts';
import { withOnly, type Station } from './station.ts';

function opcodesOf(kase: Case): ReadonlySet<string> {
  const opcodes = new Set<string>();
  for (const fn of kase.module.functions) {
    for (const block of fn.blocks) for (const inst of block.insts) opcodes.add(inst.op);
  }
  return opcodes;
}

/** Whether the case agrees once `issues` are kept clear of, or fails only in ways that `plain` explains. */
async function isEndedBy(
  station: Station,
  kase: Case,
  candidates: readonly KnownIssue[],
  plain: readonly KnownIssue[],
  cranelift: string,
): Promise<boolean> {
  const rewritten = candidates.reduce(
    (k, issue) => (issue.avoidedBy === undefined ? k : rewriteCase(issue.avoidedBy, k)),
    kase,
  );
  const { verdict } = await runCase({ ...station.bench, phases: noTime() }, rewritten);
  if (verdict.kind === 'agree') return true;
  return (
    verdict.kind === 'finding' &&
    matchKnownIssues(plain, verdict.finding, cranelift, opcodesOf(kase)) !== null
  );
}

function joinIds(issues: readonly KnownIssue[]): string {
  return [...new Set(issues.map((issue) => issue.id))].sort().join('+');
}

/**
 * The ids of the known issues that explain a verdict, joined by `+`, or null. An issue with a rewrite has to prove
 * itself: the rewritten case must agree, or fail only in ways that issues without a rewrite explain.
 */
export async function explainFinding(
  station: Station,
  kase: Case,
  verdict: Verdict,
  issues: readonly KnownIssue[],
  cranelift: string,
): Promise<string | null> {
  if (verdict.kind !== 'finding') return null;
  const explanation = matchKnownIssues(issues, verdict.finding, cranelift, opcodesOf(kase));
  if (explanation === null) return null;
  const { certain, candidates } = explanation;
  if (candidates.length === 0) return joinIds(certain);
  const failing = withOnly(kase, verdict.finding);
  const plain = issues.filter((issue) => issue.avoidedBy === undefined);
  const attempts = [...candidates.map((issue) => [issue]), ...(candidates.length > 1 ? [candidates] : [])];
  for (const attempt of attempts) {
    if (await isEndedBy(station, failing, attempt, plain, cranelift))
      return joinIds([...certain, ...attempt]);
  }
  return null;
}
