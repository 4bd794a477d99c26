import { layoutSignature } from '../abi/layout.ts';
import type { Part, SignatureLayout, ValueLayout } from '../abi/layout.ts';
import { layoutPsabi } from '../abi/psabi.ts';
import { A0, ARGUMENT_REGISTERS, FA0 } from '../abi/registers.ts';
import type { Artifact } from '../backend/artifact.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import { linkModule } from '../backend/link.ts';
import type { Callee } from '../backend/stub.ts';
import type { Case } from '../clif/case.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { functionNameText, type Function } from '../clif/module.ts';
import { NORMAL } from '../clif/signature.ts';
import type { Party, RecordedCall } from '../compare/judge-parties.ts';
import { outcomeText } from '../compare/outcomes.ts';
import { deviationsOf } from '../compare/party-words.ts';
import { executeCase } from '../emulator/execute.ts';
import type { Guest } from '../emulator/guest.ts';
import { planLayout, writeResults } from '../emulator/marshal.ts';
import type { Observation } from '../emulator/observe.ts';
import type { TracedCall, TracedRun } from './oracle-calls.ts';

/** A function of the module between foreign parties, and the images it takes. */
export interface PartyImage {
  readonly fn: Function;
  readonly party: Party;
  /** The module with a foreign callee in the function's place. */
  readonly foreign: Artifact;
}

/** One configuration's module at work among foreign parties. */
export interface PartiesRun {
  readonly guest: Guest;
  readonly kase: Case;
  readonly entry: Function;
  readonly configuration: number;
  readonly functions: readonly CompiledFunction[];
  /** The module alone, linked. */
  readonly artifact: Artifact;
  readonly traces: readonly TracedRun[];
  readonly seeds: readonly [bigint, bigint];
}

const OPTIONS = { implicitReturnArea: false };
/** Room for calls in a log: what is not logged is not judged. */
const LOGGED_CALLS = 200;
const LOG_ENTRY_BYTES = 32;
const LOG_REGISTERS_BYTES = 512;
const ROW_BYTES = 16 * 8;
const RESULT_BYTES = 4 * 8;

function rawPart(kind: 'x' | 'f', register: number): Part {
  return {
    place: { kind, register },
    valueBit: 0,
    bits: 64,
    slotBytes: 8,
    extension: 'none',
    isNanBoxed: false,
  };
}

/** a0, a1, fa0, fa1 as they are. */
const RAW_RESULTS: readonly ValueLayout[] = [
  rawPart('x', A0),
  rawPart('x', A0 + 1),
  rawPart('f', FA0),
  rawPart('f', FA0 + 1),
].map((part) => ({ type: 'i64', purpose: NORMAL, parts: [part] }));

export function partyImage(run: PartiesRun, fn: Function): PartyImage {
  const psabi = layoutPsabi(fn.signature);
  const own = layoutSignature(fn.signature, OPTIONS);
  const callee: Callee = {
    name: fn.name,
    // A callee may write to its argument area: here to no more of it than Cranelift's callers set aside.
    layout: { ...psabi, argumentAreaBytes: Math.min(psabi.argumentAreaBytes, own.argumentAreaBytes) },
    callConv: fn.signature.callConv,
    kind: 'foreign',
    // The log has every bit of them.
    isExtensionChecked: () => false,
    stackWords: Math.max(psabi.argumentAreaBytes, own.argumentAreaBytes) / 8,
  };
  const { guest, functions } = run;
  const foreign = linkModule(functions, guest.base, {
    veneers: { callees: [callee], runtime: guest.runtime },
  });
  return { fn, party: { name: functionNameText(fn.name), psabi, own }, foreign };
}

function stubIndex(image: PartyImage): number {
  const index = image.foreign.stubs.findIndex(
    ({ callee }) => functionNameText(callee.name) === image.party.name,
  );
  if (index < 0) throw new HarnessError('campaign', `${image.party.name} is called and has no stub`);
  return index;
}

/** The word of a part among a0-a7, fa0-fa7 and the argument area. */
function rowWord(row: DataView, { place }: Part): bigint {
  const index =
    place.kind === 'memory'
      ? 2 * ARGUMENT_REGISTERS + place.offset / 8
      : place.kind === 'x'
        ? place.register - A0
        : ARGUMENT_REGISTERS + place.register - FA0;
  return row.getBigUint64(index * 8, true);
}

export function recordedCalls(
  observation: Observation,
  traced: readonly TracedCall[],
): readonly RecordedCall[] {
  const logged = (observation.calls?.entries ?? []).filter((entry) => entry.kind === 'call');
  return logged.flatMap(({ row }, i) => {
    const args = traced[i]?.args;
    return args === undefined ? [] : [{ args, wordAt: (part: Part) => rowWord(row, part) }];
  });
}

/** The module on one input, calling a foreign callee that answers what the oracle returns. */
export async function callForeign(
  run: PartiesRun,
  image: PartyImage,
  input: number,
  traced: readonly TracedCall[],
): Promise<readonly Observation[]> {
  const plan = planLayout(image.party.psabi, image.fn.signature.callConv);
  const { stackWords } = image.foreign.stubs[stubIndex(image)]?.callee ?? { stackWords: 0 };
  const callBytes = LOG_ENTRY_BYTES * 2 + LOG_REGISTERS_BYTES + ROW_BYTES + stackWords * 8 + RESULT_BYTES;
  return executeCase(
    run.guest,
    image.foreign,
    run.kase.entry,
    run.entry.signature,
    {
      ...OPTIONS,
      logBytes: Math.min(traced.length + 1, LOGGED_CALLS) * callBytes,
      answers: [
        { callee: stubIndex(image), rows: traced.map((call) => writeResults(plan, call.results ?? [])) },
      ],
    },
    [run.kase.inputs[input] ?? []],
    [run.seeds],
  );
}

/** The function on the arguments of some calls, laid out by `params`; gives a0, a1, fa0, fa1 as results, for each call under each poison. */
export async function callAsForeigner(
  run: PartiesRun,
  image: PartyImage,
  params: SignatureLayout,
  calls: readonly TracedCall[],
): Promise<readonly Observation[]> {
  const plan = planLayout({ ...params, returns: RAW_RESULTS }, image.fn.signature.callConv);
  return executeCase(
    run.guest,
    run.artifact,
    image.fn.name,
    image.fn.signature,
    { ...OPTIONS, plan },
    calls.map((call) => call.args),
    calls.map(() => run.seeds),
  );
}

/**
 * A foreign caller and a foreign callee that the model laid out, with nothing compiled between them: they have to understand each other,
 * or what they say of compiled code means nothing.
 */
export async function checkForeigners(
  run: PartiesRun,
  image: PartyImage,
  { args, results }: TracedCall,
): Promise<void> {
  const { fn, party, foreign } = image;
  if (results === null) return;
  const index = stubIndex(image);
  const { offset = 0, sizeBytes = 0 } = foreign.stubs[index] ?? {};
  const plan = planLayout(party.psabi, fn.signature.callConv);
  const seen = await executeCase(
    run.guest,
    { ...foreign, functions: [{ name: fn.name, offset, sizeBytes }] },
    fn.name,
    fn.signature,
    {
      ...OPTIONS,
      plan,
      logBytes: 1 << 12,
      answers: [{ callee: index, rows: [writeResults(plan, results)] }],
    },
    [args],
    [run.seeds],
  );
  for (const { outcome, violations, calls } of seen) {
    const call = calls?.entries.find((entry) => entry.kind === 'call');
    const isRight =
      call !== undefined &&
      deviationsOf(party.psabi.params, args, (part) => rowWord(call.row, part)).length === 0 &&
      outcomeText(outcome) === outcomeText({ kind: 'returned', results }) &&
      violations.length === 0;
    if (!isRight) {
      throw new HarnessError(
        'campaign',
        `a foreign caller and a foreign callee do not understand each other on ${party.name} of case ${run.kase.seed}: ${outcomeText(outcome)}`,
      );
    }
  }
}
