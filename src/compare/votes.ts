import type { Outcome } from '../clif/outcome.ts';
import type { Type } from '../clif/type.ts';
import { outcomeText, sameValue } from './outcomes.ts';

/** The four executions: this project's oracle, Cranelift's interpreter, cranelift-jit on x86_64, riscv64 under QEMU. */
export type Side = 'ours' | 'cranelift-interpreter' | 'x86_64' | 'riscv64';

/** What one side says to one input; riscv64 votes once for each configuration. */
export interface Vote {
  readonly side: Side;
  /** `riscv64 opt_level=speed`; for the others the side. */
  readonly voter: string;
  /** Null where it could not vote. */
  readonly outcome: Outcome | null;
  /** Why it could not vote, or rules of the ABI it broke. */
  readonly remark: string | null;
}

export interface Conclusion {
  /** Nobody who voted disagrees, and nobody broke a rule. */
  readonly isUnanimous: boolean;
  /** One line for people. */
  readonly text: string;
}

function isSame(a: Outcome, b: Outcome, types: readonly Type[], anyNan: boolean): boolean {
  if (a.kind !== 'returned' || b.kind !== 'returned') return outcomeText(a) === outcomeText(b);
  return types.every((type, i) => {
    const [left, right] = [a.results[i], b.results[i]];
    return left !== undefined && right !== undefined && sameValue(type, left, right, anyNan);
  });
}

function sidesOf(votes: readonly Vote[]): readonly Side[] {
  return [...new Set(votes.map((vote) => vote.side))];
}

/** `a`, `a and b`, `a, b and c`: those who vote, each once. */
function votersText(votes: readonly Vote[]): string {
  const names = [...new Set(votes.map((vote) => vote.voter))];
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

/** The verb that goes with them: `stands`, or `stand` for several. */
function verb(votes: readonly Vote[], stem: string): string {
  return new Set(votes.map((vote) => vote.voter)).size === 1 ? `${stem}s` : stem;
}

/** Votes with the same outcome together, in the order in which they came. */
function groupsOf(votes: readonly Vote[], types: readonly Type[], anyNan: boolean): readonly Vote[][] {
  const groups: Vote[][] = [];
  for (const vote of votes) {
    const { outcome } = vote;
    if (outcome === null) continue;
    const group = groups.find(([first]) => first?.outcome && isSame(first.outcome, outcome, types, anyNan));
    if (group === undefined) groups.push([vote]);
    else group.push(vote);
  }
  return groups;
}

/** Sides whose configurations are on both sides of the question. */
function splitText(majority: readonly Vote[], others: readonly Vote[]): string {
  const elsewhere = new Set(sidesOf(others));
  const torn = sidesOf(majority).filter((side) => elsewhere.has(side));
  return torn.map((side) => `; the votes of ${side} are split`).join('');
}

/** Who differs from the majority, and whether from each other too. */
function minorityText(groups: readonly (readonly Vote[])[]): string {
  const others = groups.flat();
  if (groups.length === 1) {
    const isOneSide = sidesOf(others).length === 1;
    return isOneSide
      ? `${votersText(others)} ${verb(others, 'stand')} alone`
      : `${votersText(others)} differ from the majority`;
  }
  const parts = groups.map((group) => `${votersText(group)} ${verb(group, 'stand')} alone`);
  return `${parts.join(', ')}: ${groups.length} answers beside that of the majority`;
}

/**
 * Who stands alone among the votes on one input. `types` are those of the results; `anyNan` lets NaNs have any bits. The
 * majority counts sides, not configurations: ten configurations of one backend are one witness.
 */
export function concludeVotes(votes: readonly Vote[], types: readonly Type[], anyNan: boolean): Conclusion {
  const groups = groupsOf(votes, types, anyNan).toSorted((a, b) => sidesOf(b).length - sidesOf(a).length);
  const [first, second] = groups;
  if (first === undefined) return { isUnanimous: true, text: 'nobody could vote' };
  const broken = votes.filter((vote) => vote.outcome !== null && vote.remark !== null);
  const rules =
    broken.length === 0 ? '' : `; ${votersText(broken)} ${verb(broken, 'break')} rules of the ABI`;
  if (second === undefined) {
    const sides = sidesOf(first).length;
    const text = sides === 1 ? `only ${sidesOf(first).join()} could vote` : `all ${sides} that voted agree`;
    return { isUnanimous: broken.length === 0, text: text + rules };
  }
  if (sidesOf(first).length === sidesOf(second).length) {
    const camps = groups.map(votersText).join(' against ');
    return { isUnanimous: false, text: `votes are split, no majority: ${camps}${rules}` };
  }
  const others = groups.slice(1);
  const text = minorityText(others) + splitText(first, others.flat());
  return { isUnanimous: false, text: text + rules };
}
