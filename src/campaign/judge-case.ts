import type { Case } from '../clif/case.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import { explainFinding } from './explain-finding.ts';
import { runCase, verdictOfFinding, type CaseRun, type OnCompiled } from './run-case.ts';
import type { Station } from './station.ts';

/** What a case showed, and the known issues that explain its verdict; null for none. */
export interface JudgedCase extends CaseRun {
  readonly known: string | null;
}

/**
 * Runs a valid case and explains what it shows. Where known issues explain the verdict, the finding of another configuration may be the
 * verdict instead: the first that they do not explain. Throws HarnessError only.
 */
export async function judgeCase(
  station: Station,
  kase: Case,
  issues: readonly KnownIssue[],
  onCompiled?: OnCompiled,
): Promise<JudgedCase> {
  const { bench } = station;
  const run = await runCase(bench, kase, onCompiled);
  const known = await explainFinding(station, kase, run.verdict, issues, bench.cranelift);
  if (known === null) return { ...run, known };
  for (const finding of run.others) {
    const verdict = verdictOfFinding(kase, finding, run.expected);
    if (verdict.kind !== 'finding') continue;
    const other = await explainFinding(station, kase, verdict, issues, bench.cranelift);
    if (other === null) return { ...run, verdict, known: null };
  }
  return { ...run, known };
}
