import { layoutSignature } from '../abi/layout.ts';
import { findFunction, functionNameText, isCall, isReturnCall } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { STACK_OVERFLOW, stackLimitLoads, vmctxParam } from '../clif/stack-limit.ts';
import { LIMIT_MISJUDGED, LIMIT_PASSED } from '../compare/stack-end.ts';
import type { Finding } from '../compare/verdict.ts';
import { planCall } from '../emulator/marshal.ts';
import type { Observation } from '../emulator/observe.ts';
import { hasImplicitReturnArea } from './link-case.ts';
import { executeAtEnd, knowsFrames, SETUP_BYTES, type StackEnd } from './stack-end.ts';

/** What a limit lies above the lowest byte that it leaves: less than the alignment of sp. */
const ABOVE_BYTES = 8;
/** A frame as large is added only to a limit that sp has not passed already (`machinst/abi.rs`, `insert_stack_check`). */
const CHECKED_FIRST_BYTES = 0x8000;
/** To which any smaller frame can be added. */
const HIGHEST_ADDED_TO = 0xffff_ffff_ffff_8000n;
const HIGHEST_LIMIT = 0xffff_ffff_ffff_fff8n;
/** Enough for one call; where there is any the check was passed. */
const LOG_BYTES = 4096;

/** Bytes below sp at entry, less what `SETUP_BYTES` are for, that a function and the first thing its callees do may write. */
interface StackNeed {
  readonly bytes: number;
  /** Whether it is not less either, whatever an optimiser makes of the body. */
  readonly isExact: boolean;
}

/**
 * What the check of a stack limit has to count (cranelift-codegen `machinst/abi.rs`, `gen_prologue`). A call that `plain` made is in the code, whatever an
 * optimiser made of others.
 */
function stackNeed(
  { entry, kase, configuration }: StackEnd,
  frameBytes: number,
  plain: Observation,
): StackNeed {
  const implicitReturnArea = hasImplicitReturnArea(configuration);
  const areaOf = (signature: Signature): number =>
    layoutSignature(signature, { implicitReturnArea }).argumentAreaBytes;
  const calls = (plain.calls?.entries ?? []).filter((logged) => logged.kind === 'call' && logged.depth <= 1);
  const left = calls.find(({ depth }) => depth === 0)?.callee?.name;
  const target = left === undefined ? null : (findFunction(kase.module, left) ?? null);
  const enlarged = target === null ? 0 : Math.max(0, areaOf(target.signature) - areaOf(entry.signature));
  const insts = entry.blocks.flatMap((block) => block.insts);
  const tails = insts.filter(isReturnCall);
  return {
    bytes: frameBytes + enlarged + (calls.length > 0 ? SETUP_BYTES : 0),
    isExact: calls.length > 0 === insts.some(isCall) && tails.length === (target === null ? 0 : 1),
  };
}

/** The word of a row that holds the entry's limit; null where it has none, or loads it from elsewhere. */
function limitWord({ entry, configuration }: StackEnd): number | null {
  if (stackLimitLoads(entry)?.length !== 0) return null;
  const vmctx = vmctxParam(entry.signature);
  const plan = planCall(entry.signature, hasImplicitReturnArea(configuration));
  const move = plan.moves.find(({ param }) => param === vmctx);
  return move === undefined ? null : move.at / 8;
}

/** An entry's run under a limit. What a callee makes of the limit is its own affair. */
interface Trial {
  /** Added to sp at entry where `isFromSp`, and the whole limit where not. */
  readonly limit: bigint;
  readonly isFromSp: boolean;
  readonly mustStop: boolean;
  readonly text: string;
}

/** Limits that are just too near, just far enough, and so high that what is added to them may wrap around. */
function trialsFor(need: StackNeed, knowsFrame: boolean): readonly Trial[] {
  const [near, far] = [need.bytes + ABOVE_BYTES, need.bytes + SETUP_BYTES];
  const high = need.bytes < CHECKED_FIRST_BYTES ? HIGHEST_ADDED_TO : HIGHEST_LIMIT;
  const below = (bytes: number): Pick<Trial, 'limit' | 'isFromSp' | 'text'> => ({
    limit: BigInt(-bytes),
    isFromSp: true,
    text: `${bytes} bytes below sp at entry`,
  });
  const trials = [
    { ...below(near), mustStop: true },
    { limit: high, isFromSp: false, text: `of 0x${high.toString(16)}`, mustStop: true },
  ];
  return need.isExact && knowsFrame ? [...trials, { ...below(far), mustStop: false }] : trials;
}

/** Whether the check of the entry's stack limit counts what the entry takes, and no more. */
export async function runLimits(stack: StackEnd): Promise<readonly Finding[]> {
  const { entry, kase, functions, cranelift, seed } = stack;
  const [told] = stack.told;
  const word = limitWord(stack);
  const own = functions.find(({ name }) => functionNameText(name) === functionNameText(kase.entry));
  if (word === null || own === undefined || told === undefined) return [];
  const plainInput = kase.inputs[told.input] ?? [];
  const [plain] = await executeAtEnd(stack, [plainInput], [{ seed, input: 0 }], { logBytes: LOG_BYTES });
  if (plain === undefined) return [];
  const need = stackNeed(stack, own.frameSizeBytes, plain);
  // A leaf that needs no stack is not checked.
  if (need.bytes === 0) return [];
  const trials = trialsFor(need, knowsFrames(cranelift));
  const vmctx = vmctxParam(entry.signature);
  const inputs = trials.map(({ limit }) =>
    plainInput.map((bits, i) => (i === vmctx ? BigInt.asUintN(64, limit) : bits)),
  );
  const runs = trials.map(({ isFromSp }, input) => ({ seed, input, ...(isFromSp ? { fromSp: word } : {}) }));
  const observations = await executeAtEnd(stack, inputs, runs, { logBytes: LOG_BYTES });
  const wrong = trials.findIndex(({ mustStop }, nth) => isStoppedByLimit(observations[nth]) !== mustStop);
  const trial = trials[wrong];
  const observed = observations[wrong]?.outcome;
  if (trial === undefined || observed === undefined) return [];
  const { mustStop, text } = trial;
  const detail =
    `the entry takes ${need.bytes} bytes of stack${mustStop ? ' and more' : ''} below its caller's and ${SETUP_BYTES} for what it saves first; ` +
    `a limit ${text} ${mustStop ? 'did not stop' : 'stopped'} it`;
  const place = mustStop ? LIMIT_PASSED : LIMIT_MISJUDGED;
  const { input, outcome: expected } = told;
  return [{ kind: 'abi-violation', place, detail, configuration: stack.index, input, expected, observed }];
}

/** Whether the entry's own check trapped: before any call. */
function isStoppedByLimit(observation: Observation | undefined): boolean {
  const { outcome, calls } = observation ?? {};
  return outcome?.kind === 'trapped' && outcome.code === STACK_OVERFLOW && calls?.entries.length === 0;
}
