import { ensureOpinions } from '../backend/opinions-build.ts';
import { Opinions } from '../backend/opinions.ts';
import type { Opinion } from '../backend/opinions-reply.ts';
import { DEFAULT_CRANELIFT } from '../backend/driver-build.ts';
import { checkModule, problemText } from '../clif/check.ts';
import { configurationText, type Case, type Configuration } from '../clif/case.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { findFunction, functionNameText, type Function } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { printModule } from '../clif/print.ts';
import { reachableFunctions } from '../clif/reachable.ts';
import { exposesArithmeticNan } from '../compare/nan.ts';
import { hex, outcomeText } from '../compare/outcomes.ts';
import { concludeVotes, type Conclusion, type Vote } from '../compare/votes.ts';
import type { Abilities } from '../gen/config.ts';
import { UnsupportedError } from '../oracle/unsupported-error.ts';
import { observeConfiguration } from './observe-case.ts';
import { usable } from './replay.ts';
import { expectedOutcomes, type Bench } from './run-case.ts';

/** Those asked beside oracle and QEMU. */
export interface Witnesses {
  readonly interpreter: Opinions;
  readonly jit: Opinions;
  readonly close: () => Promise<void>;
}

export interface InputTriage {
  readonly input: readonly bigint[];
  readonly votes: readonly Vote[];
  readonly conclusion: Conclusion;
}

export interface CaseTriage {
  /** Rules of CLIF that the module breaks; it was not run then. */
  readonly problems: readonly string[];
  /** Configurations that cannot be run here, by the reason. */
  readonly skipped: readonly string[];
  readonly inputs: readonly InputTriage[];
}

/** Builds `opinions/` where it is not in the cache. Throws UsageError where that fails. */
export async function openWitnesses(onProgress: (line: string) => void): Promise<Witnesses> {
  const path = await ensureOpinions({ onProgress });
  const interpreter = new Opinions(path, 'interpret');
  const jit = new Opinions(path, 'jit');
  return {
    interpreter,
    jit,
    close: async () => {
      await Promise.all([interpreter.close(), jit.close()]);
    },
  };
}

function opinionVote(side: 'cranelift-interpreter' | 'x86_64', voter: string, opinion: Opinion): Vote {
  const vote = { side, voter, remark: null };
  switch (opinion.kind) {
    case 'silent':
      return { ...vote, outcome: null, remark: opinion.reason };
    case 'crashed':
      return { ...vote, outcome: { kind: 'died', detail: opinion.how } };
    default:
      return { ...vote, outcome: opinion };
  }
}

function oracleVote(outcome: Outcome | string | undefined): Vote {
  const vote = { side: 'ours', voter: 'ours' } as const;
  if (outcome === undefined) throw new HarnessError('campaign', 'an input without an outcome');
  if (typeof outcome === 'string') return { ...vote, outcome: null, remark: outcome };
  if (outcome.kind === 'exhausted') return { ...vote, outcome: null, remark: outcomeText(outcome) };
  return { ...vote, outcome, remark: null };
}

function oracleOutcomes(kase: Case): readonly (Outcome | string)[] {
  try {
    return expectedOutcomes(kase);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return kase.inputs.map(() => error.message);
  }
}

const NO_SETTINGS: Configuration = { shared: {}, isa: [] };

/** x86_64's votes by input: one for each lot of settings that it follows, however many configurations have it. */
async function nativeVotes(
  jit: Opinions,
  text: string,
  kase: Case,
  configurations: readonly Configuration[],
): Promise<readonly (readonly Vote[])[]> {
  const name = functionNameText(kase.entry);
  const byVoter = new Map<string, readonly Opinion[]>();
  const asked = new Set<string>();
  for (const { shared } of configurations.length === 0 ? [NO_SETTINGS] : configurations) {
    const settings = configurationText({ shared, isa: [] });
    if (asked.has(settings)) continue;
    asked.add(settings);
    const { opinions, followed } = await jit.askWith(text, name, kase.inputs, shared);
    const kept = Object.fromEntries(Object.entries(shared).filter(([key]) => followed.includes(key)));
    const lot = configurationText({ shared: kept, isa: [] });
    byVoter.set(lot === '' ? 'x86_64' : `x86_64 [${lot}]`, opinions);
  }
  return kase.inputs.map((_, i) =>
    [...byVoter].flatMap(([voter, opinions]) => {
      const opinion = opinions[i];
      return opinion === undefined ? [] : [opinionVote('x86_64', voter, opinion)];
    }),
  );
}

/** Votes of one configuration by input: one, or one a poison where those differ. */
async function riscv64Votes(
  bench: Bench,
  kase: Case,
  entry: Function,
  index: number,
): Promise<readonly (readonly Vote[])[]> {
  const configuration = kase.configurations[index];
  const text = configuration === undefined ? '' : configurationText(configuration);
  const voter = text === '' ? 'riscv64' : `riscv64 [${text}]`;
  const seen = await observeConfiguration(bench, kase, entry, index);
  if (typeof seen === 'string') {
    return kase.inputs.map(() => [{ side: 'riscv64', voter, outcome: null, remark: seen }]);
  }
  const poisons = seen.length / Math.max(1, kase.inputs.length);
  return kase.inputs.map((_, i) => {
    const votes = seen.slice(i * poisons, (i + 1) * poisons).map(({ outcome, violations }): Vote => {
      const rules = violations.map((v) => `${v.name} is ${hex(v.found)} instead of ${hex(v.expected)}`);
      return { side: 'riscv64', voter, outcome, remark: rules.length === 0 ? null : rules.join('; ') };
    });
    const kinds = new Set(
      votes.map((vote) => outcomeText(vote.outcome ?? { kind: 'returned', results: [] })),
    );
    if (kinds.size > 1)
      return votes.map((vote, poison) => ({ ...vote, voter: `${voter}, poison ${poison}` }));
    return votes
      .filter((vote) => vote.remark !== null)
      .concat(votes)
      .slice(0, 1);
  });
}

/**
 * What oracle, Cranelift's interpreter, the x86_64 host and each riscv64 configuration make of each input of a case that may
 * come from anywhere, and who stands alone. Throws HarnessError only.
 */
export async function triageCase(
  bench: Bench,
  witnesses: Witnesses,
  whole: Case,
  abilities: Abilities,
): Promise<CaseTriage> {
  const problems = checkModule(whole.module).map(problemText);
  if (problems.length > 0) return { problems, skipped: [], inputs: [] };
  const { kase, skipped } = usable(whole, abilities);
  const entry = findFunction(kase.module, kase.entry);
  if (entry === undefined) throw new HarnessError('campaign', `no function ${functionNameText(kase.entry)}`);
  // What the entry does not reach shall not keep anybody from voting.
  const functions = reachableFunctions(kase.module, kase.entry);
  const text = printModule({ ...kase.module, functions }, { cranelift: DEFAULT_CRANELIFT });
  const name = functionNameText(kase.entry);
  const ours = oracleOutcomes(kase);
  const [interpreted, native] = await Promise.all([
    witnesses.interpreter.ask(text, name, kase.inputs),
    nativeVotes(witnesses.jit, text, kase, whole.configurations),
  ]);
  const machine: (readonly (readonly Vote[])[])[] = [];
  for (const index of kase.configurations.keys()) machine.push(await riscv64Votes(bench, kase, entry, index));
  const types = entry.signature.returns.map((result) => result.type);
  const anyNan = exposesArithmeticNan(kase.module);
  const inputs = kase.inputs.map((input, i): InputTriage => {
    const votes = [
      oracleVote(ours[i]),
      ...[interpreted[i]].flatMap((o) =>
        o === undefined ? [] : [opinionVote('cranelift-interpreter', 'cranelift-interpreter', o)],
      ),
      ...(native[i] ?? []),
      ...machine.flatMap((configuration) => configuration[i] ?? []),
    ];
    return { input, votes, conclusion: concludeVotes(votes, types, anyNan) };
  });
  return { problems, skipped, inputs };
}
