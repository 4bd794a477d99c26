import { isModelled } from '../abi/convention.ts';
import { layoutSignature } from '../abi/layout.ts';
import type { Artifact } from '../backend/artifact.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Case, Configuration } from '../clif/case.ts';
import { functionNameText, isCall, signatureOfCall, type Function } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { releaseNumber } from '../clif/release.ts';
import type { Signature } from '../clif/signature.ts';
import { callsForCertain, STACK_OVERFLOW, stackLimitLoads } from '../clif/stack-limit.ts';
import { violationDraft } from '../compare/outcomes.ts';
import { GUARD_NEAR, GUARD_PASSED, LIMIT_MISJUDGED, LIMIT_PASSED } from '../compare/stack-end.ts';
import type { Finding } from '../compare/verdict.ts';
import { executeRuns } from '../emulator/execute.ts';
import type { Guest } from '../emulator/guest.ts';
import { planCall } from '../emulator/marshal.ts';
import type { Observation } from '../emulator/observe.ts';
import { PAGE_BYTES, type RequestedRun } from '../emulator/protocol.ts';
import { hasImplicitReturnArea } from './link-case.ts';
import { poisonBytes } from './poison.ts';

/*
 * What the end of the stack shows and plain runs do not: whether a prologue probes all of its frame before anything below is written, and
 * whether the check of a stack limit counts all of it.
 */

/** Where in the stack that a run takes its guard lies, from 0 to 65536: the top, the very end, and as many between as 64 KiB have pages. */
const GUARD_PLACES: readonly number[] = Array.from({ length: 16 }, (_, i) => Math.max(1, i * 0x1111));

/** Of the return address and the frame pointer. */
const SETUP_BYTES = 16;
/** What a limit lies above the lowest byte that it leaves: less than the alignment of sp. */
const ABOVE_BYTES = 8;
/** Enough for one call; where there is any the check was passed. */
const LOG_BYTES = 4096;
/** Of each run with a guard and of those between them: the guest has room for 3 MiB in all. */
const GUARD_LOG_BYTES = 128 << 10;
/** The first release that tells of a frame with all that belongs to it (`driver/build.rs`). */
const FRAME_LAYOUT_RELEASE = 125;

/** A configuration of a case, compiled and linked, whose plain runs were right. */
export interface StackRuns {
  readonly guest: Guest;
  readonly artifact: Artifact;
  readonly kase: Case;
  readonly entry: Function;
  readonly configuration: Configuration;
  /** Index into the case's configurations. */
  readonly index: number;
  readonly functions: readonly CompiledFunction[];
  /** Of the case's inputs those that the oracle has an answer to. */
  readonly told: readonly { readonly outcome: Outcome; readonly input: number }[];
  readonly seed: bigint;
  readonly cranelift: string;
}

/**
 * How much of the stack may fault, bytes: what `probestack_size_log2` says, or a page, which is probed as well where that is less. Null where no
 * frame is as large, or none is probed.
 */
function guardBytes({ shared }: Configuration, functions: readonly CompiledFunction[]): number | null {
  if (shared['enable_probestack'] !== 'true') return null;
  const bytes = Math.max(PAGE_BYTES, 2 ** Number(shared['probestack_size_log2'] ?? '12'));
  return functions.some(({ frameSizeBytes }) => frameSizeBytes >= bytes) ? bytes : null;
}

async function execute(
  stack: StackRuns,
  inputs: readonly (readonly bigint[])[],
  runs: readonly RequestedRun[],
  options: { readonly guardBytes?: number; readonly logBytes?: number },
): Promise<readonly Observation[]> {
  const { guest, artifact, kase, entry, configuration, functions } = stack;
  const implicitReturnArea = hasImplicitReturnArea(configuration);
  const settings = { implicitReturnArea, poisonBytes: poisonBytes(kase.module, functions), ...options };
  return executeRuns(guest, artifact, kase.entry, entry.signature, settings, inputs, runs);
}

/** Whether all calls are seen, which tells where frames begin. */
function isWatched({ artifact, functions, kase, cranelift }: StackRuns): boolean {
  if (functions.length > 1 && artifact.stubs.length === 0) return false;
  return kase.module.functions.every(({ signature }) => isModelled(signature.callConv, cranelift));
}

/** Tops of frames, below what `SETUP_BYTES` are for, as a run's log tells; of the entry too, whose sp is `sp`. */
function frameTops({ calls }: Observation, sp: bigint): readonly bigint[] {
  const called = (calls?.entries ?? []).flatMap((entry) => (entry.kind === 'call' ? [entry.sp] : []));
  return [sp, ...called].map((at) => at - BigInt(SETUP_BYTES));
}

/** Whether the guard lies in the two areas next to a frame's top. */
function isNextTo(top: bigint, guard: bigint, bytes: number): boolean {
  return guard + BigInt(bytes) <= top && guard > top - BigInt(2 * bytes);
}

/** `plain` is the same run without a guard. */
function guardDraft(
  { violations }: Observation,
  plain: Observation | undefined,
  bytes: number,
): Pick<Finding, 'kind' | 'place' | 'detail'> | null {
  const violation = violations.find(({ kind }) => kind === 'guard' || kind === 'late-guard');
  const draft = violation === undefined ? null : violationDraft([violation]);
  if (violation === undefined || draft === null) return null;
  const { kind, name, expected: guard, found } = violation;
  const sp = found + BigInt(name.slice('sp-'.length));
  const area = `${bytes} bytes from sp-0x${(sp - guard).toString(16)} on`;
  if (kind === 'late-guard')
    return { ...draft, detail: `${name} was written before the guard, ${area}, was touched` };
  if (plain?.calls?.isCut !== false) return null;
  const isNear = frameTops(plain, sp).some((top) => isNextTo(top, guard, bytes));
  return {
    ...draft,
    place: isNear ? GUARD_NEAR : draft.place,
    detail: `${name} was written and the guard, ${area}, not touched`,
  };
}

/** Runs of one input with a guard at one place after the other, behind one without, which tells the guest how deep the stack gets. */
async function guardFindings(stack: StackRuns): Promise<readonly Finding[]> {
  const bytes = guardBytes(stack.configuration, stack.functions);
  const [told] = stack.told;
  if (bytes === null || told === undefined || !isWatched(stack)) return [];
  const { seed, kase, index: configuration } = stack;
  const { input, outcome: expected } = told;
  const runs = [{ seed, input: 0 }, ...GUARD_PLACES.map((guard) => ({ seed, input: 0, guard }))];
  const options = { guardBytes: bytes, logBytes: GUARD_LOG_BYTES };
  const [plain, ...guarded] = await execute(stack, [kase.inputs[input] ?? []], runs, options);
  // Whatever else comes of a run that may end anywhere says nothing.
  const found = guarded.flatMap((observation): readonly Finding[] => {
    const draft = guardDraft(observation, plain, bytes);
    return draft === null
      ? []
      : [{ ...draft, configuration, input, expected, observed: observation.outcome }];
  });
  // Each way once, and first that which no loop of probes makes up for (docs/findings.md, F24).
  const ways = found.filter(({ place }, nth) => found.findIndex((other) => other.place === place) === nth);
  return ways.toSorted((a, b) => Number(b.place === GUARD_PASSED) - Number(a.place === GUARD_PASSED));
}

/** Bytes below sp at entry, less what `SETUP_BYTES` are for, that a function and the first thing its callees do may write. */
interface StackNeed {
  readonly bytes: number;
  /** Whether it is not less either, whatever an optimiser makes of the body. */
  readonly isExact: boolean;
}

/** What the check of a stack limit has to count (cranelift-codegen `machinst/abi.rs`, `gen_prologue`), as far as the module tells. */
function stackNeed(fn: Function, frameBytes: number, implicitReturnArea: boolean): StackNeed {
  const insts = fn.blocks.flatMap((block) => block.insts);
  const tails = insts.filter(({ op }) => op.startsWith('return_call'));
  const first = fn.blocks[0]?.insts ?? [];
  const leaving = tails.filter((inst) => inst === first.at(-1));
  const leavesForCertain = leaving.length > 0 && !first.some(({ op }) => op.startsWith('trap'));
  const areaOf = (signature: Signature): number =>
    layoutSignature(signature, { implicitReturnArea }).argumentAreaBytes;
  const areas = leaving.map((inst) => areaOf(signatureOfCall(fn, inst) ?? fn.signature));
  const enlarged = leavesForCertain ? Math.max(0, ...areas) - areaOf(fn.signature) : 0;
  const calls = callsForCertain(fn.blocks[0]);
  return {
    bytes: frameBytes + Math.max(0, enlarged) + (calls ? SETUP_BYTES : 0),
    isExact: calls === insts.some(isCall) && (leavesForCertain ? tails.length === 1 : tails.length === 0),
  };
}

/** The word of a row that holds the entry's limit; null where it has none, or loads it from elsewhere. */
function limitWord({ entry, configuration }: StackRuns): number | null {
  if (stackLimitLoads(entry)?.length !== 0) return null;
  const vmctx = entry.signature.params.findIndex(({ purpose }) => purpose.kind === 'vmctx');
  const plan = planCall(entry.signature, hasImplicitReturnArea(configuration));
  const move = plan.moves.find(({ param }) => param === vmctx);
  return move === undefined ? null : move.at / 8;
}

/** Runs under a limit that is just too near, and under one that just is not. What a callee makes of the limit is its own affair. */
async function limitFindings(stack: StackRuns): Promise<readonly Finding[]> {
  const { entry, kase, functions, configuration, cranelift, seed, index } = stack;
  const [of] = stack.told;
  const fromSp = limitWord(stack);
  const own = functions.find(({ name }) => functionNameText(name) === functionNameText(kase.entry));
  if (fromSp === null || own === undefined || of === undefined) return [];
  const need = stackNeed(entry, own.frameSizeBytes, hasImplicitReturnArea(configuration));
  // A leaf that needs no stack is not checked.
  if (need.bytes === 0) return [];
  const knowsFrame = (releaseNumber(cranelift) ?? Infinity) >= FRAME_LAYOUT_RELEASE;
  const distances = [need.bytes + ABOVE_BYTES, need.bytes + SETUP_BYTES];
  const vmctx = entry.signature.params.findIndex(({ purpose }) => purpose.kind === 'vmctx');
  const inputs = distances.map((distance) =>
    (kase.inputs[of.input] ?? []).map((bits, i) =>
      i === vmctx ? BigInt.asUintN(64, BigInt(-distance)) : bits,
    ),
  );
  const runs = inputs.map((_, input) => ({ seed, input, fromSp }));
  const [near, far] = await execute(stack, inputs, runs, { logBytes: LOG_BYTES });
  const finding = (place: string, detail: string, observed: Outcome): readonly Finding[] => [
    {
      kind: 'abi-violation',
      place,
      detail,
      configuration: index,
      input: of.input,
      expected: of.outcome,
      observed,
    },
  ];
  if (near !== undefined && !isStoppedByLimit(near)) {
    const detail = `the entry takes ${need.bytes} bytes of stack and more below its caller's; a limit ${distances[0]} bytes below sp at entry did not stop it`;
    return finding(LIMIT_PASSED, detail, near.outcome);
  }
  if (far !== undefined && need.isExact && knowsFrame && isStoppedByLimit(far)) {
    const detail = `the entry takes ${need.bytes} bytes of stack below its caller's and ${SETUP_BYTES} for what it saves first; a limit ${distances[1]} bytes below sp at entry stopped it`;
    return finding(LIMIT_MISJUDGED, detail, far.outcome);
  }
  return [];
}

/** Whether the entry's own check trapped: before any call. */
function isStoppedByLimit({ outcome, calls }: Observation): boolean {
  return outcome.kind === 'trapped' && outcome.code === STACK_OVERFLOW && calls?.entries.length === 0;
}

/** What is wrong at the end of the stack: one finding of limits, and one of guards. */
export async function runStack(stack: StackRuns): Promise<readonly Finding[]> {
  return [...(await limitFindings(stack)), ...(await guardFindings(stack))];
}
