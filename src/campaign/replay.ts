import { checkModule } from '../clif/check.ts';
import type { Case } from '../clif/case.ts';
import { functionNameText } from '../clif/module.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import type { Verdict } from '../compare/verdict.ts';
import type { Abilities } from '../gen/config.ts';
import { UnsupportedError } from '../oracle/unsupported-error.ts';
import { fitCase } from './emulator-defects.ts';
import { judgeCase } from './judge-case.ts';
import type { Station } from './station.ts';

export type ReplayVerdict =
  | Verdict
  /** Nothing was learnt: the oracle does not know an instruction or type, or no configuration can be run here. */
  | { readonly kind: 'cannot-run'; readonly reason: string };

export interface Replayed {
  readonly verdict: ReplayVerdict;
  /** Known issues that explain a finding, or null. */
  readonly known: string | null;
  /** What was left out, one line each. */
  readonly skipped: readonly string[];
  readonly modules: number;
}

/** The case with the configurations that Cranelift and emulator at hand can do, and why the others cannot. */
export function usable(
  kase: Case,
  abilities: Abilities,
): { readonly kase: Case; readonly skipped: readonly string[] } {
  const fits = kase.configurations.map((configuration) => fitCase(kase, configuration, abilities));
  const configurations = fits.flatMap((fit) => (fit.kind === 'fits' ? [fit.configuration] : []));
  const skipped = fits.flatMap((fit) => (fit.kind === 'misfit' ? [fit.reason] : []));
  return { kase: { ...kase, configurations }, skipped };
}

/** Said of a file whose targets are all of other ISAs. */
export const NO_TARGET = 'the file has no riscv64 target';

/** Why a module is not CLIF by the rules, or null. */
function invalidity(kase: Case): string | null {
  const problems = checkModule(kase.module);
  return problems.length === 0 ? null : problems.map((p) => p.message).join('; ');
}

/**
 * Checks a case that may come from anywhere and runs it. A module that breaks CLIF's rules is `invalid` and is not run.
 * Throws HarnessError only.
 */
export async function replayCase(
  station: Station,
  kase: Case,
  abilities: Abilities,
  knownIssues: readonly KnownIssue[],
): Promise<Replayed> {
  const explanation = invalidity(kase);
  if (explanation !== null) {
    return { verdict: { kind: 'invalid', explanation }, known: null, skipped: [], modules: 0 };
  }
  const { kase: chosen, skipped } = usable(kase, abilities);
  if (chosen.configurations.length === 0) {
    const reason = skipped.length === 0 ? NO_TARGET : skipped.join('; ');
    return { verdict: { kind: 'cannot-run', reason }, known: null, skipped: [], modules: 0 };
  }
  try {
    const { verdict, known, modules } = await judgeCase(station, chosen, knownIssues);
    return { verdict: await station.confirm(chosen, verdict), known, skipped, modules };
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return { verdict: { kind: 'cannot-run', reason: error.message }, known: null, skipped, modules: 0 };
  }
}

export function caseTitle(file: string, kase: Case): string {
  return `${file}: ${functionNameText(kase.entry)}`;
}
