import type { Outcome } from '../clif/outcome.ts';
import { runValueText } from '../clif/run-value.ts';
import type { Type } from '../clif/type.ts';
import { outcomeText } from './outcomes.ts';

/** What a `; run:` line says of the results: bit patterns, one per result. */
export interface Expectation {
  readonly comparison: '==' | '!=';
  readonly types: readonly Type[];
  readonly results: readonly bigint[];
}

/** Results as run lines write them: `3`, `[0x1.0, -1]`. */
function resultsText(results: readonly bigint[], types: readonly Type[]): string {
  const texts = results.map((bits, i) => {
    const type = types[i];
    return type === undefined ? `0x${bits.toString(16)}` : runValueText(bits, type);
  });
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/**
 * What is wrong with an outcome, or null where it is as expected. Values compare bit by bit, NaNs too (cranelift-reader
 * `run_command.rs`, `RunCommand::run`: `bitwise_eq`). A run that does not return meets no expectation: run lines have no word for
 * a trap.
 */
export function expectationMiss(expectation: Expectation, outcome: Outcome): string | null {
  if (outcome.kind !== 'returned') return outcomeText(outcome);
  const { comparison, types, results } = expectation;
  const isEqual =
    results.length === outcome.results.length && results.every((bits, i) => bits === outcome.results[i]);
  if (isEqual === (comparison === '==')) return null;
  return `returned ${resultsText(outcome.results, types)}`;
}
