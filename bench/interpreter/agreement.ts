import type { Opinions } from '../../src/backend/opinions.ts';
import type { Opinion } from '../../src/backend/opinions-reply.ts';
import { expectedOutcomes } from '../../src/campaign/run-case.ts';
import type { Case } from '../../src/clif/case.ts';
import { functionNameText } from '../../src/clif/module.ts';
import type { Outcome } from '../../src/clif/outcome.ts';
import { printModule } from '../../src/clif/print.ts';
import { makeCase } from '../../src/gen/case-arbitrary.ts';
import { caseSeedFor, PROFILES } from '../../src/gen/profiles.ts';
import { SAMPLE_ABILITIES } from '../../src/gen/sample-abilities.ts';
import { differenceOf, isSame } from './differences.ts';

/** A class of differences with its shortest module. */
export interface Example {
  readonly isKnown: boolean;
  readonly count: number;
  /** Numbers of the cases of the class. */
  readonly cases: readonly number[];
  readonly text: string;
  readonly input: readonly bigint[];
  readonly ours: Outcome;
  readonly theirs: Opinion;
}

export interface Agreement {
  modules: number;
  /** Modules of which at least one input was compared. */
  compared: number;
  inputs: number;
  agreeing: number;
  /** Inputs that one side could not run, by the reason without its numbers. */
  readonly skipped: Map<string, number>;
  readonly differences: Map<string, Example>;
}

/** Cases in flight for each interpreter process: one is interpreted while the next is generated. */
const IN_FLIGHT = 3;

/** `v12` and `v7` are one reason; types and source lines stay. */
function reasonClass(reason: string): string {
  return reason
    .replaceAll(/\b(?:0x[0-9a-f]+|[a-z]{1,5}\d+)\b/g, (word) => (/^[if]\d+$/.test(word) ? word : '#'))
    .slice(0, 140);
}

async function note(
  result: Agreement,
  opinions: Opinions,
  index: number,
  kase: Case,
  i: number,
  ours: Outcome,
  theirs: Opinion,
): Promise<void> {
  const text = printModule(kase.module);
  const input = kase.inputs[i] ?? [];
  const { name, isKnown } = await differenceOf(opinions, kase, input, ours, theirs);
  const before = result.differences.get(name);
  const count = (before?.count ?? 0) + 1;
  const cases = [...new Set([...(before?.cases ?? []), index])];
  const isShorter = before === undefined || text.length < before.text.length;
  const example = isShorter ? { isKnown, text, input, ours, theirs } : before;
  result.differences.set(name, { ...example, count, cases });
}

async function compareCase(result: Agreement, opinions: Opinions, index: number, kase: Case): Promise<void> {
  const text = printModule(kase.module);
  const asking = opinions.ask(text, functionNameText(kase.entry), kase.inputs);
  const expected = expectedOutcomes(kase);
  const said = await asking;
  let isCompared = false;
  for (const [i, ours] of expected.entries()) {
    const theirs = said[i];
    if (theirs === undefined) continue;
    const reason =
      ours.kind === 'exhausted' ? `ours: ${ours.reason}` : theirs.kind === 'silent' ? theirs.reason : null;
    if (reason !== null) {
      const name = reasonClass(reason);
      result.skipped.set(name, (result.skipped.get(name) ?? 0) + 1);
      continue;
    }
    isCompared = true;
    result.inputs += 1;
    if (isSame(kase, ours, theirs)) result.agreeing += 1;
    else await note(result, opinions, index, kase, i, ours, theirs);
  }
  result.modules += 1;
  if (isCompared) result.compared += 1;
}

/** Runs the generated modules of these numbers, over every profile in turn, through the oracle and Cranelift's interpreter. */
export async function compareInterpreters(
  processes: readonly Opinions[],
  seed: string,
  indexes: Iterable<number>,
  onProgress: (modules: number) => void,
): Promise<Agreement> {
  const result: Agreement = {
    modules: 0,
    compared: 0,
    inputs: 0,
    agreeing: 0,
    skipped: new Map(),
    differences: new Map(),
  };
  const left = indexes[Symbol.iterator]();
  const work = async (opinions: Opinions): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      const index = next.value;
      const profile = PROFILES[index % PROFILES.length];
      if (profile === undefined) throw new RangeError('no profile');
      const seedText = caseSeedFor(seed, profile.name, index);
      await compareCase(result, opinions, index, makeCase(profile.config, SAMPLE_ABILITIES, seedText));
      if (result.modules % 1000 === 0) onProgress(result.modules);
    }
  };
  const workers = processes.flatMap((process) => Array.from({ length: IN_FLIGHT }, () => process));
  await Promise.all(workers.map(work));
  return result;
}
