import type { Outcome } from '../clif/outcome.ts';
import type { Function } from '../clif/module.ts';
import { expectationMiss } from '../compare/expectation.ts';
import type { Check, Filetest } from '../corpus/filetest.ts';
import { outcomeText } from '../compare/outcomes.ts';
import { type AddressSpace, DEFAULT_SPACE, OTHER_SPACE } from '../oracle/address-space.ts';
import { interpret } from '../oracle/interpret.ts';
import { prepare } from '../oracle/prepare.ts';
import { UnsupportedError } from '../oracle/unsupported-error.ts';
import { PASS, type CheckResult } from './check-result.ts';

/** Instructions for one directive: filetests loop a million times where they test tail calls. */
const FUEL = 50_000_000;
/** Nested calls; where the host's stack bears fewer, that ends the run the same way. */
const MAX_DEPTH = 2_000;

/** What the oracle says to one directive; `unknown` where it gives up or does not know an instruction. */
export type OracleAnswer =
  | { readonly kind: 'known'; readonly outcome: Outcome }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Why the oracle has no outcome. Addresses differ from file to file, and reasons are counted. */
function giveUpText(reason: string): string {
  if (!reason.startsWith('wild')) return `the oracle gave up: ${reason}`;
  return `undefined by CLIF: ${reason.replace(/ (?:at|to) 0x[0-9a-f]+$/, '')} outside everything the module has`;
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

/** One answer for each check of the file. Slots that nobody wrote read as zero, as in a fresh process. */
export function oracleAnswers(test: Pick<Filetest, 'module' | 'checks'>): readonly OracleAnswer[] {
  const answers = answersIn(test, DEFAULT_SPACE);
  if (!test.module.functions.some(asksForFrame)) return answers;
  const elsewhere = answersIn(test, OTHER_SPACE);
  return answers.map((answer, i) => {
    const other = elsewhere[i];
    if (answer.kind === 'unknown' || isSame(answer, other)) return answer;
    return {
      kind: 'unknown',
      reason: 'the outcome depends on where frames and code lie, which CLIF does not say',
    };
  });
}

const FRAME_OPS: ReadonlySet<string> = new Set([
  'get_frame_pointer',
  'get_stack_pointer',
  'get_return_address',
]);

function asksForFrame(fn: Function): boolean {
  return fn.blocks.some((block) => block.insts.some((inst) => FRAME_OPS.has(inst.op)));
}

function isSame(answer: OracleAnswer, other: OracleAnswer | undefined): boolean {
  return (
    answer.kind === 'known' &&
    other?.kind === 'known' &&
    outcomeText(answer.outcome) === outcomeText(other.outcome)
  );
}

function answersIn(test: Pick<Filetest, 'module' | 'checks'>, space: AddressSpace): readonly OracleAnswer[] {
  const program = prepare(test.module, space);
  return test.checks.map(({ entry, input }): OracleAnswer => {
    try {
      const outcome = interpret(program, entry, input, {
        fuel: FUEL,
        maxDepth: MAX_DEPTH,
        strictUninit: false,
      });
      if (outcome.kind !== 'exhausted') return { kind: 'known', outcome };
      return { kind: 'unknown', reason: giveUpText(outcome.reason) };
    } catch (error) {
      if (isStackOverflow(error)) return { kind: 'unknown', reason: giveUpText('call depth') };
      if (!(error instanceof UnsupportedError)) throw error;
      return { kind: 'unknown', reason: error.message };
    }
  });
}

/** Holds an answer against the file. A `print` line expects nothing. */
export function judgeOracle(check: Check, answer: OracleAnswer | undefined): CheckResult {
  if (answer === undefined) return { kind: 'skipped', reason: 'never asked' };
  if (answer.kind === 'unknown') return { kind: 'skipped', reason: answer.reason };
  if (check.expectation === null) return PASS;
  const detail = expectationMiss(check.expectation, answer.outcome);
  return detail === null ? PASS : { kind: 'miss', detail };
}
