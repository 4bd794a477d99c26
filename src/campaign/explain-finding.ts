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

/**
 * The ids of the known issues that explain a verdict, or null. An issue with a rewrite has to prove itself: the
 * rewritten case must agree, or fail only in ways that issues without a rewrite explain.
 */
export async function explainFinding(
  station: Station,
  kase: Case,
  verdict: Verdict,
  issues: readonly KnownIssue[],
  cranelift: string,
): Promise<string | null> {
  if (verdict.kind !== 'finding') return null;
  const opcodes = opcodesOf(kase);
  const explanation = matchKnownIssues(issues, verdict.finding, cranelift, opcodes);
  if (explanation === null || explanation.rewrites.length === 0) return explanation?.known ?? null;
  const rewritten = explanation.rewrites.reduce((k, rewrite) => rewriteCase(rewrite, k), withOnly(kase, verdict.finding));
  const again = await runCase({ ...station.bench, phases: noTime() }, rewritten);
  if (again.verdict.kind === 'agree') return explanation.known;
  if (again.verdict.kind !== 'finding') return null;
  const plain = issues.filter((issue) => issue.avoidedBy === undefined);
  return matchKnownIssues(plain, again.verdict.finding, cranelift, opcodes) === null ? null : explanation.known;
}
