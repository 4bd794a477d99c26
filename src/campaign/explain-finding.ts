import type { Case } from '../clif/case.ts';
import { coarseBucket } from '../compare/bucket.ts';
import { matchKnownIssues, rewriteCase, type KnownIssue } from '../compare/known-issues.ts';
import type { Finding, Verdict } from '../compare/verdict.ts';
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

function joinIds(issues: readonly KnownIssue[]): string {
  return [...new Set(issues.map((issue) => issue.id))].sort().join('+');
}

/** How often what a rewrite uncovers is explained in turn. */
const MOST_UNCOVERED = 2;

/** What a proof works with. */
interface Proof {
  readonly station: Station;
  readonly issues: readonly KnownIssue[];
  readonly cranelift: string;
  /** Issues whose rewrites the case has been through. */
  readonly avoided: readonly KnownIssue[];
}

/**
 * The issues that explain `finding` of `kase` beside `candidates`, once these are kept clear of: none where the case agrees or
 * fails only in ways of issues without a rewrite; where another bug comes to light, those that explain it. Null where nothing does.
 */
async function restAfter(
  proof: Proof,
  kase: Case,
  finding: Finding,
  candidates: readonly KnownIssue[],
): Promise<readonly KnownIssue[] | null> {
  const { station, issues, cranelift, avoided } = proof;
  const rewritten = candidates.reduce(
    (k, issue) => (issue.avoidedBy === undefined ? k : rewriteCase(issue.avoidedBy, k)),
    kase,
  );
  const { verdict } = await runCase({ ...station.bench, phases: noTime() }, rewritten);
  if (verdict.kind === 'agree') return [];
  if (verdict.kind !== 'finding') return null;
  const plain = issues.filter((issue) => issue.avoidedBy === undefined);
  if (matchKnownIssues(plain, verdict.finding, cranelift, opcodesOf(kase)) !== null) return [];
  if (avoided.length >= MOST_UNCOVERED || coarseBucket(verdict.finding) === coarseBucket(finding))
    return null;
  return prove({ ...proof, avoided: [...avoided, ...candidates] }, rewritten, verdict.finding);
}

async function prove(proof: Proof, kase: Case, finding: Finding): Promise<readonly KnownIssue[] | null> {
  const { issues, cranelift, avoided } = proof;
  const left = issues.filter((issue) => !avoided.includes(issue));
  const explanation = matchKnownIssues(left, finding, cranelift, opcodesOf(kase));
  if (explanation === null) return null;
  const { certain, candidates } = explanation;
  if (candidates.length === 0) return certain;
  const attempts = [...candidates.map((issue) => [issue]), ...(candidates.length > 1 ? [candidates] : [])];
  for (const attempt of attempts) {
    const rest = await restAfter(proof, kase, finding, attempt);
    if (rest !== null) return [...certain, ...attempt, ...rest];
  }
  return null;
}

/**
 * The ids of the known issues that explain a verdict, joined by `+`, or null. An issue with a rewrite has to prove itself: the
 * rewritten case must agree, fail only in ways that issues without a rewrite explain, or fail otherwise, by a bug that the first
 * one hid and that another issue explains in the same way.
 */
export async function explainFinding(
  station: Station,
  kase: Case,
  verdict: Verdict,
  issues: readonly KnownIssue[],
  cranelift: string,
): Promise<string | null> {
  if (verdict.kind !== 'finding') return null;
  const { finding } = verdict;
  const explained = await prove({ station, issues, cranelift, avoided: [] }, withOnly(kase, finding), {
    ...finding,
    configuration: 0,
  });
  return explained === null ? null : joinIds(explained);
}
