import { hex, outcomeText } from '../compare/outcomes.ts';
import type { Conclusion, Vote } from '../compare/votes.ts';

/** What was said to each input of one case; `problems` where the module breaks CLIF's rules and was not run. */
export interface TriagedCase {
  readonly problems: readonly string[];
  readonly skipped: readonly string[];
  readonly inputs: readonly {
    readonly input: readonly bigint[];
    readonly votes: readonly Vote[];
    readonly conclusion: Conclusion;
  }[];
}

function voteText({ outcome, remark }: Vote): string {
  if (outcome === null) return `could not vote: ${remark ?? 'no reason given'}`;
  const text = outcome.kind === 'died' ? `crashed: ${outcome.detail}` : outcomeText(outcome);
  return remark === null ? text : `${text}; ${remark}`;
}

/** The votes as lines: each input, each voter with its values in hex, and who stands alone. */
export function triageLines(triaged: TriagedCase): readonly string[] {
  const inputs = triaged.inputs.flatMap(({ input, votes, conclusion }, i) => {
    const width = Math.max(...votes.map((vote) => vote.voter.length));
    return [
      `  input ${i}: (${input.map(hex).join(', ')})`,
      ...votes.map((vote) => `    ${vote.voter.padEnd(width)}  ${voteText(vote)}`),
      `    => ${conclusion.text}`,
    ];
  });
  return [
    ...triaged.problems.map((problem) => `  not run, the module breaks CLIF's rules: ${problem}`),
    ...triaged.skipped.map((reason) => `  one configuration skipped: ${reason}`),
    ...inputs,
  ];
}

/** Whether anybody disagrees on any input. */
export function isDisagreement(triaged: TriagedCase): boolean {
  return triaged.inputs.some(({ conclusion }) => !conclusion.isUnanimous);
}
