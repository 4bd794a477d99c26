import { isModelled } from '../abi/convention.ts';
import { layoutSignature, needsReturnArea } from '../abi/layout.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import { largestFrameText } from '../compare/probe-loops.ts';
import { GUARD_LATE, GUARD_NEAR, GUARD_PASSED } from '../compare/stack-end.ts';
import type { Finding } from '../compare/verdict.ts';
import type { Observation } from '../emulator/observe.ts';
import { PAGE_BYTES } from '../emulator/protocol.ts';
import { hasImplicitReturnArea } from './link-case.ts';
import { executeAtEnd, knowsFrames, SETUP_BYTES, type StackEnd } from './stack-end.ts';

/** Where in the stack that a run takes its guard lies, from 0 to 65536: the top, the very end, and as many between as 64 KiB have pages. */
const GUARD_PLACES: readonly number[] = Array.from({ length: 16 }, (_, i) => Math.max(1, i * 0x1111));
/** Of each run with a guard and of those between them: the guest has room for 3 MiB in all. */
const GUARD_LOG_BYTES = 128 << 10;

/**
 * How much of the stack may fault, bytes: what `probestack_size_log2` says, or a page, which is probed as well where that is less. Null where no
 * frame is as large, or none is probed.
 */
function guardBytes({ shared }: Configuration, functions: readonly CompiledFunction[]): number | null {
  if (shared['enable_probestack'] !== 'true') return null;
  const bytes = Math.max(PAGE_BYTES, 2 ** Number(shared['probestack_size_log2'] ?? '12'));
  return functions.some(({ frameSizeBytes }) => frameSizeBytes >= bytes) ? bytes : null;
}

/** Whether all calls are seen, which tells where frames begin. */
function isWatched({ artifact, functions, kase, cranelift }: StackEnd): boolean {
  if (functions.length > 1 && artifact.stubs.length === 0) return false;
  return kase.module.functions.every(({ signature }) => isModelled(signature.callConv, cranelift));
}

/** The largest area for calls that a function of the module may have, bytes. */
function callAreaBytes({ kase, configuration }: StackEnd): number {
  const implicitReturnArea = hasImplicitReturnArea(configuration);
  const areas = kase.module.functions.flatMap(({ sigRefs }) =>
    [...sigRefs.values()].map((signature) => {
      if (!implicitReturnArea && needsReturnArea(signature)) return 0;
      const { argumentAreaBytes, returnAreaBytes } = layoutSignature(signature, { implicitReturnArea });
      return argumentAreaBytes + returnAreaBytes;
    }),
  );
  return Math.max(0, ...areas);
}

function largestFrameBytes(stack: StackEnd): number {
  const told = Math.max(...stack.functions.map(({ frameSizeBytes }) => frameSizeBytes));
  return knowsFrames(stack.cranelift) ? told : told + callAreaBytes(stack);
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
  largestFrame: number,
): Pick<Finding, 'kind' | 'place' | 'detail'> | null {
  const violation = violations.find(({ kind }) => kind === 'guard' || kind === 'late-guard');
  if (violation === undefined) return null;
  const { name, expected: guard, found } = violation;
  const sp = found + BigInt(name.slice('sp-'.length));
  const area = `${bytes} bytes from sp-0x${(sp - guard).toString(16)} on`;
  const frame = largestFrameText(largestFrame);
  const kind = 'abi-violation';
  if (violation.kind === 'late-guard') {
    const detail = `${name} was written before the guard, ${area}, was touched; ${frame}`;
    return { kind, place: GUARD_LATE, detail };
  }
  if (plain?.calls?.isCut !== false) return null;
  const isNear = frameTops(plain, sp).some((top) => isNextTo(top, guard, bytes));
  return {
    kind,
    place: isNear ? GUARD_NEAR : GUARD_PASSED,
    detail: `${name} was written and the guard, ${area}, not touched; ${frame}`,
  };
}

/**
 * Whether prologues probe their frames before anything below is written. Runs of one input with a guard at one place after the other, behind one without, which tells the guest how deep the
 * stack gets.
 */
export async function runGuards(stack: StackEnd): Promise<readonly Finding[]> {
  const bytes = guardBytes(stack.configuration, stack.functions);
  const [told] = stack.told;
  if (bytes === null || told === undefined || !isWatched(stack)) return [];
  const { seed, kase, index: configuration } = stack;
  const { input, outcome: expected } = told;
  const runs = [{ seed, input: 0 }, ...GUARD_PLACES.map((guard) => ({ seed, input: 0, guard }))];
  const largestFrame = largestFrameBytes(stack);
  const options = { guardBytes: bytes, logBytes: GUARD_LOG_BYTES };
  const [plain, ...guarded] = await executeAtEnd(stack, [kase.inputs[input] ?? []], runs, options);
  // Whatever else comes of a run that may end anywhere says nothing.
  const found = guarded.flatMap((observation): readonly Finding[] => {
    const draft = guardDraft(observation, plain, bytes, largestFrame);
    return draft === null
      ? []
      : [{ ...draft, configuration, input, expected, observed: observation.outcome }];
  });
  // Each way once, and first that which no loop of probes makes up for (docs/findings.md, F24).
  const ways = found.filter(({ place }, nth) => found.findIndex((other) => other.place === place) === nth);
  return ways.toSorted((a, b) => Number(b.place === GUARD_PASSED) - Number(a.place === GUARD_PASSED));
}
