import { configurationText, type Case } from '../clif/case.ts';
import { printModule } from '../clif/print.ts';
import { countInstructions } from '../clif/rewrite.ts';
import { coarseBucket } from '../compare/bucket.ts';
import {
  matchKnownIssues,
  opcodesOf,
  rewriteCase,
  type KnownIssue,
  type Rewrite,
} from '../compare/known-issues.ts';
import { isAtStackEnd } from '../compare/stack-end.ts';
import type { Finding, Verdict } from '../compare/verdict.ts';
import { noTime } from './phases.ts';
import { runCase } from './run-case.ts';
import { withOnly, type Station } from './station.ts';

/** What runs a rewritten case, and the issues there are. */
interface Prover {
  readonly station: Station;
  /** Under the failing configuration alone. */
  readonly kase: Case;
  readonly issues: readonly KnownIssue[];
  readonly plain: readonly KnownIssue[];
  readonly cranelift: string;
  readonly opcodes: () => ReadonlySet<string>;
  readonly finding: Finding;
  /** What rewrites that changed something led to (`failureWithout`), by their names: attempts overlap. */
  readonly failures: Map<string, Verdict | null>;
}

/** Whether a rewrite found nothing to change: running the case again would show the same again. */
function isUntouched({ cranelift }: Prover, kase: Case, rewritten: Case): boolean {
  const isSetAlike = rewritten.configurations.every((configuration, i) => {
    const own = kase.configurations[i];
    return own !== undefined && configurationText(own) === configurationText(configuration);
  });
  if (!isSetAlike) return false;
  const [before, after] = [kase.module.functions, rewritten.module.functions];
  if (before.length !== after.length) return false;
  if (before.every((fn, i) => fn === after[i])) return true;
  if (countInstructions(kase.module) !== countInstructions(rewritten.module)) return false;
  return printModule(kase.module, { cranelift }) === printModule(rewritten.module, { cranelift });
}

/** How the case still fails once `avoided` are kept clear of: null where it agrees or fails only in ways that plain issues explain. */
async function failureWithout(prover: Prover, avoided: readonly KnownIssue[]): Promise<Verdict | null> {
  const { detail } = prover.finding;
  let rewritten = prover.kase;
  const applied = new Set<Rewrite>();
  for (const rewrite of new Set(avoided.flatMap(({ avoidedBy }) => avoidedBy ?? []))) {
    const next = rewriteCase(rewrite, rewritten, detail);
    if (isUntouched(prover, rewritten, next)) continue;
    rewritten = next;
    applied.add(rewrite);
  }
  if (applied.size === 0) return { kind: 'finding', finding: prover.finding };
  const key = [...applied].sort().join();
  const before = prover.failures.get(key);
  if (before !== undefined) return before;
  const failure = await failureOf(prover, rewritten);
  prover.failures.set(key, failure);
  return failure;
}

/** How `rewritten` fails, told as `failureWithout` does. */
async function failureOf(prover: Prover, rewritten: Case): Promise<Verdict | null> {
  // The end of the stack is looked at where plain runs are right: what shows there was hidden by nothing.
  const looksAtStackEnd = isAtStackEnd(prover.finding.place);
  const { verdict } = await runCase(
    { ...prover.station.bench, phases: noTime(), looksAtStackEnd },
    rewritten,
  );
  if (verdict.kind === 'agree') return null;
  const { plain, cranelift, opcodes } = prover;
  const isPlain =
    verdict.kind === 'finding' && matchKnownIssues(plain, verdict.finding, cranelift, opcodes) !== null;
  return isPlain ? null : verdict;
}

/** Those of `proved` without any one of which the case fails again, one of `candidates` at least: others do not show as this finding does. */
async function smallestProof(
  prover: Prover,
  proved: readonly KnownIssue[],
  candidates: readonly KnownIssue[],
): Promise<readonly KnownIssue[]> {
  const shown = new Set(candidates.map(({ id }) => id));
  let needed = proved;
  for (const { avoidedBy } of proved) {
    const fewer = needed.filter((issue) => issue.avoidedBy !== avoidedBy);
    if (fewer.length === needed.length || !fewer.some(({ id }) => shown.has(id))) continue;
    if ((await failureWithout(prover, fewer)) === null) needed = fewer;
  }
  return needed;
}

/** All together; then all but one, as a rewrite may lead to what Cranelift refuses (more results than there are registers for). */
function together(issues: readonly KnownIssue[]): readonly (readonly KnownIssue[])[] {
  const allButOne = issues.map((issue) => issues.filter((other) => other !== issue));
  return issues.length > 1 ? [issues, ...allButOne] : [issues];
}

/**
 * The issues whose rewrites end the failure, beginning with those of `avoided`: what they leave may be other issues', which then join. Only what
 * is left first is tried with one of those left out, so that the attempts do not multiply.
 */
async function proveFrom(
  prover: Prover,
  avoided: readonly KnownIssue[],
  isFirst = true,
): Promise<readonly KnownIssue[] | null> {
  const left = await failureWithout(prover, avoided);
  if (left === null) return avoided;
  if (left.kind !== 'finding') return null;
  const { issues, cranelift, opcodes } = prover;
  const further = matchKnownIssues(issues, left.finding, cranelift, opcodes)?.candidates ?? [];
  const joining = further.filter((issue) => !avoided.some(({ avoidedBy }) => avoidedBy === issue.avoidedBy));
  // What is still in the finding's bucket once rewritten is not another bug come to light.
  if (joining.length === 0 || coarseBucket(left.finding) === coarseBucket(prover.finding)) return null;
  for (const joined of isFirst ? together(joining) : [joining]) {
    const proved = await proveFrom(prover, [...avoided, ...joined], false);
    if (proved !== null) return proved;
  }
  return null;
}

/** The pattern of issues that may show in any way. */
const ANY_PLACE = '.';

/** The issues whose rewrites end the failure, as few as will do; null where none do. Each candidate first, then several. */
async function prove(
  prover: Prover,
  candidates: readonly KnownIssue[],
): Promise<readonly KnownIssue[] | null> {
  // What is particular about a finding first.
  const ordered = candidates.toSorted(
    (a, b) => Number(a.place === ANY_PLACE) - Number(b.place === ANY_PLACE),
  );
  const several = together(ordered).filter((attempt) => attempt.length > 1);
  const attempts = [...ordered.map((issue) => [issue]), ...several];
  for (const attempt of attempts) {
    const proved = await proveFrom(prover, attempt);
    if (proved !== null) return smallestProof(prover, proved, candidates);
  }
  return null;
}

function joinIds(issues: readonly KnownIssue[]): string {
  return [...new Set(issues.map((issue) => issue.id))].sort().join('+');
}

/**
 * The ids of the known issues that explain a verdict, joined by `+`, or null. An issue with a rewrite has to prove
 * itself: the rewritten case must agree, fail only in ways that issues without a rewrite explain, or fail otherwise, by a bug that the
 * first one hid and that another issue explains in the same way. Where several rewrites are needed, those are named that none of the
 * others make up for.
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
  const opcodes = opcodesOf(kase);
  const explanation = matchKnownIssues(issues, finding, cranelift, opcodes);
  if (explanation === null) return null;
  const { certain, candidates } = explanation;
  if (candidates.length === 0) return joinIds(certain);
  const failing = withOnly(kase, finding);
  const plain = issues.filter((issue) => issue.avoidedBy === undefined);
  const failures = new Map<string, Verdict | null>();
  const prover: Prover = { station, kase: failing, issues, plain, cranelift, opcodes, finding, failures };
  const proof = await prove(prover, candidates);
  return proof === null ? null : joinIds([...certain, ...proof]);
}
