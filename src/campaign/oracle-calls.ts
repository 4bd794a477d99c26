import type { CallTrace } from '../clif/call-event.ts';
import type { Case } from '../clif/case.ts';
import type { Outcome } from '../clif/outcome.ts';
import { DEFAULT_SPACE, type AddressSpace } from '../oracle/address-space.ts';
import { prepare } from '../oracle/prepare.ts';
import { traceCalls } from '../oracle/trace.ts';

/** One call as the oracle makes it; `results` is null where it never returns. */
export interface TracedCall {
  readonly name: string;
  readonly args: readonly bigint[];
  readonly results: readonly bigint[] | null;
}

/** One input as the oracle runs it, with the calls in the order they begin; those that a function makes, in the end, of itself are left out. */
export interface TracedRun {
  readonly outcome: Outcome;
  readonly calls: readonly TracedCall[];
}

/** What the oracle says to each input, with its calls. */
export function traceCase(
  kase: Case,
  fuel: number,
  space: AddressSpace = DEFAULT_SPACE,
): readonly TracedRun[] {
  const program = prepare(kase.module, space);
  return kase.inputs.map((input) => {
    const { outcome, trace } = traceCalls(program, kase.entry, input, { fuel, strictUninit: true });
    return { outcome, calls: callsOf(trace) };
  });
}

function callsOf({ events }: CallTrace): readonly TracedCall[] {
  const names: string[] = [];
  const calls: { name: string; args: readonly bigint[]; results: readonly bigint[] | null }[] = [];
  const open: number[] = [];
  for (const { kind, callee, depth, values } of events) {
    if (kind === 'enter') {
      // Depths begin at 1; what is deeper has returned.
      names.length = Math.max(0, depth - 1);
      const isWithinItself = names.includes(callee);
      names.push(callee);
      open[depth] = isWithinItself ? -1 : calls.length;
      if (!isWithinItself) calls.push({ name: callee, args: values, results: null });
    } else {
      const call = calls[open[depth] ?? -1];
      if (call !== undefined) call.results = values;
    }
  }
  return calls;
}

/** Whether two oracle runs with their memory in different places made the same calls: no argument or result shows an address. */
export function sameCalls(a: TracedRun | undefined, b: TracedRun | undefined): boolean {
  if (a === undefined || b === undefined || a.calls.length !== b.calls.length) return false;
  const same = (x: readonly bigint[] | null, y: readonly bigint[] | null): boolean =>
    x === y || (x?.join() ?? null) === (y?.join() ?? null);
  return a.calls.every((call, i) => {
    const other = b.calls[i];
    return other !== undefined && same(call.args, other.args) && same(call.results, other.results);
  });
}
