import type { CompileResult } from '../backend/compile-result.ts';
import { configurationText, type Case } from '../clif/case.ts';
import { findFunction, type Function } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { printModule } from '../clif/print.ts';
import { compileFinding } from '../compare/compile-finding.ts';
import { outcomeText } from '../compare/outcomes.ts';
import { executeCase } from '../emulator/execute.ts';
import type { Observation } from '../emulator/observe.ts';
import { hasImplicitReturnArea, linkCase } from './link-case.ts';
import { poisonSeeds } from '../clif/poison-seeds.ts';
import { poisonBytes } from './poison.ts';
import { compileOptions, expectedOutcomes, guestFor, type Bench } from './run-case.ts';

function hex(bits: bigint): string {
  return `0x${bits.toString(16)}`;
}

function observationText(observation: Observation): string {
  const violations = observation.violations.map(
    (v) => `${v.name} ${hex(v.found)} instead of ${hex(v.expected)}`,
  );
  return [outcomeText(observation.outcome), ...violations].join('; ');
}

/** What the compiler said instead of code. */
function refusal(result: Exclude<CompileResult, { kind: 'compiled' }>): string {
  return result.kind === 'bad-flag' ? result.message : compileFinding(result).detail;
}

/** One line per input; both poisons where they showed different things. */
function inputLines(
  kase: Case,
  expected: readonly Outcome[],
  seen: readonly Observation[],
): readonly string[] {
  const poisons = seen.length / Math.max(1, kase.inputs.length);
  return kase.inputs.flatMap((_, i) => {
    const texts = seen.slice(i * poisons, (i + 1) * poisons).map(observationText);
    const wanted = expected[i];
    const mark = wanted !== undefined && texts.every((text) => text === outcomeText(wanted)) ? ' ' : '!';
    const isOne = new Set(texts).size === 1;
    return isOne
      ? [`${mark}   input ${i}: ${texts[0]}`]
      : texts.map((text, poison) => `${mark}   input ${i}, poison ${poison}: ${text}`);
  });
}

/** What the machine did on each input under each poison, in the order of the inputs; or why there is no code. */
export async function observeConfiguration(
  bench: Bench,
  kase: Case,
  entry: Function,
  index: number,
): Promise<readonly Observation[] | string> {
  const configuration = kase.configurations[index];
  if (configuration === undefined) return 'no such configuration';
  const [result] = await bench.driver.compile(
    printModule(kase.module, { cranelift: bench.cranelift }),
    [configuration],
    compileOptions(kase),
  );
  if (result === undefined) return 'no result';
  if (result.kind !== 'compiled') return refusal(result);
  const seeds = poisonSeeds(kase.seed);
  const guest = await guestFor(bench, configuration, seeds[0]);
  return executeCase(
    guest,
    linkCase(guest, kase.module, configuration, result.functions, bench.hasVeneers, bench.cranelift),
    kase.entry,
    entry.signature,
    {
      implicitReturnArea: hasImplicitReturnArea(configuration),
      poisonBytes: poisonBytes(kase.module, result.functions),
    },
    kase.inputs,
    kase.inputs.map(() => seeds),
  );
}

/**
 * A valid case in full, for people: its text, its inputs with what the oracle expects, and under each configuration what
 * was seen, lines that differ marked with `!`. Throws UnsupportedError where the oracle has no expectation.
 */
export async function describeCase(bench: Bench, kase: Case): Promise<readonly string[]> {
  const entry = findFunction(kase.module, kase.entry);
  if (entry === undefined) return ['the entry is not in the module'];
  const expected = expectedOutcomes(kase);
  const lines = [printModule(kase.module, { cranelift: bench.cranelift }).trimEnd(), ''];
  kase.inputs.forEach((input, i) => {
    const outcome = expected[i];
    lines.push(`input ${i}: (${input.map(hex).join(', ')})`);
    lines.push(`  expected: ${outcome === undefined ? 'unknown' : outcomeText(outcome)}`);
  });
  for (const [index, configuration] of kase.configurations.entries()) {
    lines.push(`configuration ${index}: ${configurationText(configuration)}`);
    const seen = await observeConfiguration(bench, kase, entry, index);
    if (typeof seen === 'string') lines.push(`!   ${seen}`);
    else lines.push(...inputLines(kase, expected, seen));
  }
  return lines;
}
