import { layoutSignature } from '../abi/layout.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import { linkObstacle } from '../backend/link.ts';
import type { Configuration } from '../clif/case.ts';
import { findFunction, functionNameText, type Function } from '../clif/module.ts';
import { reachableFunctions } from '../clif/reachable.ts';
import type { Signature } from '../clif/signature.ts';
import { expectationMiss } from '../compare/expectation.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import { exposesArithmeticNan } from '../compare/nan.ts';
import { compareInput, type Comparison } from '../compare/outcomes.ts';
import type { Finding, Observed } from '../compare/verdict.ts';
import type { Check, Filetest } from '../corpus/filetest.ts';
import { executeCase } from '../emulator/execute.ts';
import { UnsupportedError } from '../oracle/unsupported-error.ts';
import type { Dependence } from '../report/conformance.ts';
import { PASS, type CheckResult } from './check-result.ts';
import type { Environment } from './environment.ts';
import { explainFinding } from './explain-finding.ts';
import type { OracleAnswer } from './oracle-answers.ts';
import { hasImplicitReturnArea, linkCase } from './link-case.ts';
import { poisonSeeds } from '../clif/poison-seeds.ts';
import type { Station } from './station.ts';

/** What filetests are run with. */
export interface ConformanceRig {
  readonly environment: Environment;
  readonly station: Station;
  readonly knownIssues: readonly KnownIssue[];
  /** See `findPlainSeed`. */
  readonly plainSeed: bigint;
}

/** The checks of one function, whose inputs run in one message. */
export interface CheckGroup {
  readonly entry: Function;
  /** As the filetest runner calls: it loads narrow integers from memory, extended. */
  readonly plainSignature: Signature;
  /** Places in the file's list of checks. */
  readonly indices: readonly number[];
}

/** The checks of a file by function. */
export function groupChecks(test: Pick<Filetest, 'module' | 'checks'>): readonly CheckGroup[] {
  const indices = new Map<string, number[]>();
  for (const [i, { entry }] of test.checks.entries()) {
    const name = functionNameText(entry);
    const known = indices.get(name);
    if (known === undefined) indices.set(name, [i]);
    else known.push(i);
  }
  return test.module.functions.flatMap((entry) => {
    const own = indices.get(functionNameText(entry.name));
    if (own === undefined || findFunction(test.module, entry.name) !== entry) return [];
    const params = entry.signature.params.map((param) =>
      param.extension === 'none' ? { ...param, extension: 'uext' as const } : param,
    );
    return [{ entry, plainSignature: { ...entry.signature, params }, indices: own }];
  });
}

/** What one configuration showed of one check. */
export interface Seen {
  readonly result: CheckResult;
  readonly dependence: Dependence | null;
}

export function seen(result: CheckResult): Seen {
  return { result, dependence: null };
}

/** Holds the plain run against the file, or for `print` against the oracle. */
function judgeMachine(
  check: Check,
  answer: OracleAnswer,
  plain: Observed,
  comparison: Comparison,
): CheckResult {
  if (check.expectation !== null) {
    const detail = expectationMiss(check.expectation, plain.outcome);
    return detail === null ? PASS : { kind: 'miss', detail };
  }
  if (answer.kind === 'unknown') {
    return { kind: 'skipped', reason: `print expects nothing, and the oracle: ${answer.reason}` };
  }
  const [finding] = compareInput(comparison, answer.outcome, [{ outcome: plain.outcome, violations: [] }]);
  return finding === undefined ? PASS : { kind: 'miss', detail: finding.detail };
}

async function explainDependence(
  rig: ConformanceRig,
  test: Filetest,
  configuration: Configuration,
  check: Check,
  found: Finding,
): Promise<Dependence> {
  const finding = { ...found, configuration: 0, input: 0 };
  const kase = {
    seed: caseSeed(test, check.entry),
    module: test.module,
    entry: check.entry,
    inputs: [check.input],
    configurations: [configuration],
  };
  const { station, knownIssues, environment } = rig;
  const { detail } = finding;
  const place = `${finding.kind}, ${finding.place}`;
  try {
    const verdict = { kind: 'finding', finding } as const;
    const known = await explainFinding(station, kase, verdict, knownIssues, environment.cranelift);
    return { directive: check.text, place, detail, known };
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return { directive: check.text, place, detail, known: null };
  }
}

function caseSeed(test: Filetest, entry: Check['entry']): string {
  return `${test.file} ${functionNameText(entry)}`;
}

/** Runs the checks of one function, as the filetest runner would and under two poisons. One `Seen` per index. */
export async function runGroup(
  rig: ConformanceRig,
  test: Filetest,
  group: CheckGroup,
  configuration: Configuration,
  functions: readonly CompiledFunction[],
  answers: readonly OracleAnswer[],
): Promise<readonly Seen[]> {
  const guest = await rig.station.bench.guests.for(configuration);
  const { entry, plainSignature, indices } = group;
  const checks = indices.flatMap((i) => test.checks[i] ?? []);
  const inputs = checks.map((check) => check.input);
  const names = new Set(reachableFunctions(test.module, entry.name).map((fn) => functionNameText(fn.name)));
  // Without what this entry never comes to: that may need something nobody provides.
  const needed = functions.filter((fn) => names.has(functionNameText(fn.name)));
  const obstacle = linkObstacle(needed);
  if (obstacle !== null) return indices.map(() => seen({ kind: 'skipped', reason: obstacle }));
  const { hasVeneers, cranelift } = rig.environment;
  const artifact = linkCase(guest, test.module, configuration, needed, hasVeneers, cranelift);
  const options = { implicitReturnArea: hasImplicitReturnArea(configuration) };
  const poisons = poisonSeeds(caseSeed(test, entry.name));
  const run = (signature: Signature, seeds: readonly bigint[]): ReturnType<typeof executeCase> =>
    executeCase(
      guest,
      artifact,
      entry.name,
      signature,
      options,
      inputs,
      inputs.map(() => seeds),
    );
  const [plain, poisoned] = await Promise.all([
    run(plainSignature, [rig.plainSeed]),
    run(entry.signature, poisons),
  ]);
  const layout = layoutSignature(entry.signature, options);
  const anyNan = (): boolean => exposesArithmeticNan(test.module);
  return Promise.all(
    checks.map(async (check, input) => {
      const comparison = { signature: entry.signature, layout, configuration: 0, input, anyNan };
      const answer = answers[indices[input] ?? 0];
      const observed = plain[input];
      if (answer === undefined || observed === undefined)
        return seen({ kind: 'skipped', reason: 'never run' });
      const result = judgeMachine(check, answer, observed, comparison);
      if (result.kind !== 'pass') return seen(result);
      const runs = [observed, ...poisoned.slice(input * poisons.length, (input + 1) * poisons.length)];
      const [finding] = compareInput(comparison, observed.outcome, runs);
      if (finding === undefined) return seen(result);
      return { result, dependence: await explainDependence(rig, test, configuration, check, finding) };
    }),
  );
}
