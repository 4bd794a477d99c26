import type { Artifact } from '../backend/artifact.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { functionNameText } from '../clif/module.ts';
import type { FunctionName } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { encodeAnswers } from './call-log.ts';
import type { ForeignAnswers } from './call-log.ts';
import type { Guest } from './guest.ts';
import { planCall, writeInput, writeMasks } from './marshal.ts';
import type { CallPlan } from './marshal.ts';
import { observe } from './observe.ts';
import type { Observation } from './observe.ts';
import type { RequestedRun, RequestFrame, RequestShape } from './protocol.ts';

export interface ExecuteOptions {
  /** Of the configuration: `enable_multi_ret_implicit_sret`. */
  readonly implicitReturnArea: boolean;
  /** Processor time of one run; default 500, an eighth after a run that hung. The guest counts in steps of 25. */
  readonly limitMs?: number;
  /** Stack below sp that starts as poison, bytes; default 16 KiB. Give more for frames that are larger. */
  readonly poisonBytes?: number;
  /** Room for the call log of each run, bytes, at most 1 MiB and 3 MiB for all runs; default 0, no log. Only calls through stubs are logged. */
  readonly logBytes?: number;
  /** What foreign callees of the artifact answer; a callee without answers gives back what its registers hold. */
  readonly answers?: readonly ForeignAnswers[];
  /** Of the guard of runs that have one, bytes; a multiple of `PAGE_BYTES`. */
  readonly guardBytes?: number;
  /** Where the caller puts arguments and takes results, if not where Cranelift's own layout says: a foreign caller. */
  readonly plan?: CallPlan;
}

const NO_ANSWERS = new Uint8Array(0);

/** A hundred times what the most that the oracle executes takes. */
export const DEFAULT_LIMIT_MS = 500;
export const DEFAULT_POISON_BYTES = 16 << 10;

/**
 * Runs a module's entry on every input under every poison seed of that input (`poisonSeeds[i]` are those of `inputs[i]`, 64 bits
 * each), all in one message. Gives one observation per (input, seed), inputs in order and seeds in order within each. Bits that are nobody's to
 * define (registers, vector state, stack below sp, high bits of narrow values) differ between seeds and nothing else does.
 *
 * Whatever the code does is data. Rejects with HarnessError for an entry that is not in the artifact, an input of the
 * wrong length, or a signature Cranelift cannot compile (`layoutSignature`).
 */
export async function executeCase(
  guest: Guest,
  artifact: Artifact,
  entryName: FunctionName,
  signature: Signature,
  options: ExecuteOptions,
  inputs: readonly (readonly bigint[])[],
  poisonSeeds: readonly (readonly bigint[])[],
): Promise<readonly Observation[]> {
  const runs = inputs.flatMap((_, input) => (poisonSeeds[input] ?? []).map((seed) => ({ seed, input })));
  return executeRuns(guest, artifact, entryName, signature, options, inputs, runs);
}

/** The same for runs chosen one by one, some of them with a guard or a word that depends on sp. Gives one observation per run. */
export async function executeRuns(
  guest: Guest,
  artifact: Artifact,
  entryName: FunctionName,
  signature: Signature,
  options: ExecuteOptions,
  inputs: readonly (readonly bigint[])[],
  runs: readonly RequestedRun[],
): Promise<readonly Observation[]> {
  const plan = options.plan ?? planCall(signature, options.implicitReturnArea);
  const shape = makeShape(artifact, entryName, plan, options, inputs.length, runs, guest.emulated.hasVectors);
  const reply = await guest.run(shape, (frame) => fillRows(frame, plan, inputs));
  if (reply.kind === 'died') {
    return runs.map(() => ({ outcome: { kind: 'died', detail: reply.detail }, violations: [], calls: null }));
  }
  if (reply.records.length !== runs.length) {
    throw new HarnessError('emulator', `${reply.records.length} records for ${runs.length} runs`);
  }
  const isLogged = shape.logBytes > 0;
  return reply.records.map((record, index) =>
    observe(artifact, plan, inputs[runs[index]?.input ?? 0] ?? [], record, isLogged),
  );
}

function makeShape(
  artifact: Artifact,
  entryName: FunctionName,
  plan: CallPlan,
  options: ExecuteOptions,
  inputCount: number,
  runs: RequestShape['runs'],
  withVectors: boolean,
): RequestShape {
  const name = functionNameText(entryName);
  const entry = artifact.functions.find((f) => functionNameText(f.name) === name);
  if (entry === undefined) throw new HarnessError('emulator', `no ${name} in the artifact`);
  const { layout, savedX, savedF } = plan;
  return {
    base: artifact.base,
    image: artifact.image,
    entryOffset: entry.offset,
    argumentAreaBytes: layout.argumentAreaBytes,
    returnAreaBytes: layout.returnAreaBytes,
    poppedBytes: layout.poppedBytes,
    poisonBytes: Math.ceil((options.poisonBytes ?? DEFAULT_POISON_BYTES) / 64) * 64,
    inputCount,
    runs,
    hasReturnArea: layout.hasReturnAreaPointer,
    withVectors,
    wantState: false,
    limitMs: options.limitMs ?? DEFAULT_LIMIT_MS,
    savedX,
    savedF,
    logBytes: options.logBytes ?? 0,
    guardBytes: options.guardBytes ?? 0,
    unwindTable: artifact.unwindTable,
    answers: options.answers === undefined ? NO_ANSWERS : encodeAnswers(options.answers),
  };
}

function fillRows(frame: RequestFrame, plan: CallPlan, inputs: readonly (readonly bigint[])[]): void {
  writeMasks(plan, frame.view, frame.masksAt);
  inputs.forEach((input, index) =>
    writeInput(plan, input, frame.view, frame.inputsAt + index * frame.rowBytes),
  );
}
