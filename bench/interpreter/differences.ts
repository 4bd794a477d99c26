import type { Opinions } from '../../src/backend/opinions.ts';
import type { Opinion } from '../../src/backend/opinions-reply.ts';
import { expectedOutcomes } from '../../src/campaign/run-case.ts';
import type { Case } from '../../src/clif/case.ts';
import { findFunction, functionNameText, type Module } from '../../src/clif/module.ts';
import type { Outcome } from '../../src/clif/outcome.ts';
import { printModule } from '../../src/clif/print.ts';
import { exposesArithmeticNan } from '../../src/compare/nan.ts';
import { outcomeText, sameValue } from '../../src/compare/outcomes.ts';
import { limitsByHand } from '../../src/compare/stack-limits.ts';
import { viewsAsAdapters } from './adapters.ts';
import { bitcastsLaneByLane } from './lane-by-lane.ts';
import { paddedSlots } from './padded-slots.ts';

/** A way in which Cranelift's interpreter departs from CLIF; `docs/interpreter-differences.md` says more of each. */
export interface KnownDifference {
  readonly name: string;
  /** The module, same in meaning, without what the interpreter gets wrong; itself where it has none of that. */
  readonly avoiding: (module: Module) => Module;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  { name: 'bitcast of a scalar to a vector', avoiding: bitcastsLaneByLane },
  { name: 'result seen at another width', avoiding: viewsAsAdapters },
  { name: 'alignment of a stack slot', avoiding: paddedSlots },
  { name: 'stack limit', avoiding: (module) => limitsByHand(module, () => true) },
];

/** Every choice of known differences, small ones first. */
const COMBINATIONS: readonly (readonly KnownDifference[])[] = KNOWN_DIFFERENCES.reduce<
  readonly (readonly KnownDifference[])[]
>((all, one) => [...all, ...all.map((some) => [...some, one])], [[]])
  .filter((some) => some.length > 0)
  .toSorted((a, b) => a.length - b.length);

/** Whether both say the same, NaNs of arithmetic having any bits. */
export function isSame(kase: Case, ours: Outcome | undefined, theirs: Opinion): boolean {
  if (ours?.kind === 'trapped') return theirs.kind === 'trapped' && theirs.code === ours.code;
  if (ours?.kind !== 'returned' || theirs.kind !== 'returned') return false;
  if (ours.results.every((bits, i) => bits === theirs.results[i])) return true;
  const types = findFunction(kase.module, kase.entry)?.signature.returns ?? [];
  const anyNan = exposesArithmeticNan(kase.module);
  return types.every(({ type }, i) => {
    const [left, right] = [ours.results[i], theirs.results[i]];
    return left !== undefined && right !== undefined && sameValue(type, left, right, anyNan);
  });
}

/**
 * Whether both agree once the case is written without the constructs of `known`, on which side the oracle's answer may not
 * move: else the rewrite is wrong and explains nothing.
 */
async function explains(
  known: readonly KnownDifference[],
  opinions: Opinions,
  kase: Case,
  input: readonly bigint[],
  ours: Outcome,
): Promise<boolean> {
  const module = known.reduce((now, { avoiding }) => avoiding(now), kase.module);
  if (module === kase.module) return false;
  const rewritten: Case = { ...kase, module, inputs: [input] };
  const [again] = expectedOutcomes(rewritten);
  if (again === undefined || outcomeText(again) !== outcomeText(ours)) return false;
  const name = functionNameText(kase.entry);
  const [theirs] = await opinions.ask(printModule(module), name, rewritten.inputs);
  return theirs !== undefined && isSame(rewritten, ours, theirs);
}

/** The class of a difference on one input: the known ones that explain it, or what each side said. */
export async function differenceOf(
  opinions: Opinions,
  kase: Case,
  input: readonly bigint[],
  ours: Outcome,
  theirs: Opinion,
): Promise<{ readonly name: string; readonly isKnown: boolean }> {
  for (const known of COMBINATIONS) {
    if (await explains(known, opinions, kase, input, ours))
      return { name: known.map(({ name }) => name).join(', '), isKnown: true };
  }
  const say = (side: Outcome | Opinion): string =>
    side.kind === 'trapped' ? `trapped with ${side.code}` : side.kind;
  return { name: `ours ${say(ours)}, theirs ${say(theirs)}`, isKnown: false };
}
