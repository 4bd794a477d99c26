import { checkModule } from '../clif/check.ts';
import type { Case } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import { functionNameText } from '../clif/module.ts';
import type { Verdict } from '../compare/verdict.ts';
import { UnsupportedError } from '../oracle/unsupported-error.ts';
import { runCase } from './run-case.ts';
import type { Station } from './station.ts';

/** `file: instruction f128 fadd in u0:1 is not supported` and the like become the user's to know. */
function unsupported(file: string, error: UnsupportedError): UsageError {
  return new UsageError(`${file}: ${error.message}`);
}

/** The configurations of `kase` that Cranelift and emulator at hand can do, and why the others cannot. */
function usable(kase: Case, isa: readonly string[]): { readonly kase: Case; readonly skipped: readonly string[] } {
  const skipped: string[] = [];
  const configurations = kase.configurations.filter((configuration) => {
    const missing = configuration.isa.filter((flag) => !isa.includes(flag));
    if (missing.length > 0) skipped.push(`skipped: this emulator or Cranelift has no ${missing.join(', ')}`);
    return missing.length === 0;
  });
  return { kase: { ...kase, configurations }, skipped };
}

export interface Replayed {
  readonly verdict: Verdict;
  readonly skipped: readonly string[];
  readonly modules: number;
}

/**
 * Checks a case that may come from anywhere and runs it. A module that breaks CLIF's rules is `invalid` and is not run.
 * Throws UsageError where the oracle cannot judge it.
 */
export async function replayCase(station: Station, kase: Case, isa: readonly string[], file: string): Promise<Replayed> {
  const problems = checkModule(kase.module);
  const first = problems[0];
  if (first !== undefined) {
    const explanation = problems.map((p) => p.message).join('; ');
    return { verdict: { kind: 'invalid', explanation }, skipped: [], modules: 0 };
  }
  const { kase: chosen, skipped } = usable(kase, isa);
  if (chosen.configurations.length === 0) return { verdict: { kind: 'agree' }, skipped, modules: 0 };
  try {
    const run = await runCase(station.bench, chosen);
    return { verdict: await station.confirm(chosen, run.verdict), skipped, modules: run.modules };
  } catch (error) {
    if (error instanceof UnsupportedError) throw unsupported(file, error);
    throw error;
  }
}

export function caseTitle(file: string, kase: Case): string {
  return `${file}: ${functionNameText(kase.entry)}`;
}
