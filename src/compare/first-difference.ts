import type { CallEvent, CallTrace } from '../clif/call-event.ts';
import type { Signature } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';
import { locateBytes, type Candidate } from './locate-bytes.ts';
import { hex, sameValue } from './outcomes.ts';

/** What comparing two traces needs to know of the module and the two sides. */
export interface TraceComparison {
  /** The signature of each function, by its name as CLIF prints it. */
  readonly signatures: ReadonlyMap<string, Signature>;
  /** Whether two i64 are the same address as each side has it: a pointer to a slot or function differs between them. */
  readonly sameAddress: (expected: bigint, observed: bigint) => boolean;
  readonly anyNan: boolean;
}

function typesOf(comparison: TraceComparison, event: CallEvent): readonly Type[] {
  const signature = comparison.signatures.get(event.callee);
  const list = event.kind === 'enter' ? signature?.params : signature?.returns;
  return (list ?? []).map((param) => param.type);
}

function eventText(event: CallEvent): string {
  if (event.kind === 'leave') return `${event.callee} returns`;
  return `${event.isTail ? 'tail call' : 'call'} of ${event.callee}`;
}

/** Arguments of the call that an event belongs to, and for a return its expected results. */
function candidatesAt(
  comparison: TraceComparison,
  events: readonly CallEvent[],
  index: number,
): readonly Candidate[] {
  const event = events[index];
  if (event === undefined) return [];
  const name = (of: CallEvent): string => (of.kind === 'enter' ? 'argument' : 'result');
  const listed = (of: CallEvent, suffix: string): readonly Candidate[] => {
    const types = typesOf(comparison, of);
    return of.values.flatMap((bits, i) => {
      const type = types[i];
      return type === undefined ? [] : [{ name: `${name(of)} ${i}${suffix}`, type, bits }];
    });
  };
  const own = listed(event, '');
  // What came before is still in registers and on the stack: the latest first.
  const earlier = events
    .slice(Math.max(0, index - 20), index)
    .toReversed()
    .flatMap((of) => {
      const isOwnCall = of.callee === event.callee && of.depth === event.depth;
      return listed(of, isOwnCall ? '' : ` of ${of.callee}`);
    });
  return [...own, ...earlier];
}

function valuesDifference(
  comparison: TraceComparison,
  events: readonly CallEvent[],
  index: number,
  observed: CallEvent,
): string | null {
  const event = events[index];
  if (event === undefined) return null;
  const types = typesOf(comparison, event);
  for (const [i, type] of types.entries()) {
    const expected = event.values[i] ?? 0n;
    const found = observed.values[i] ?? 0n;
    if (sameValue(type, expected, found, comparison.anyNan)) continue;
    if (type === 'i64' && comparison.sameAddress(expected, found)) continue;
    const what = event.kind === 'enter' ? 'argument' : 'result';
    // The right value itself is no explanation of the wrong one.
    const others = candidatesAt(comparison, events, index).filter(({ name }) => name !== `${what} ${i}`);
    const source = locateBytes(type, found, others);
    const where = event.kind === 'enter' ? eventText(event) : `return of ${event.callee}`;
    return `${what} ${i} (${type}) of ${event.callee}${source === null ? '' : ` ${source}`}: expected ${hex(expected)}, found ${hex(found)} at the ${where}, event ${index}`;
  }
  return null;
}

/**
 * One line on the first event at which the machine's calls part from the oracle's, or null where they never do as far as both go:
 * another function called, an argument that is not the one passed, a result that is not the one returned.
 */
export function firstDifference(
  comparison: TraceComparison,
  expected: CallTrace,
  observed: CallTrace,
): string | null {
  const { events } = expected;
  for (const [index, event] of events.entries()) {
    const seen = observed.events[index];
    if (seen === undefined) {
      if (observed.isCut) return null;
      return `the machine stops before: ${eventText(event)}, event ${index}`;
    }
    if (seen.kind !== event.kind || seen.callee !== event.callee || seen.depth !== event.depth)
      return `expected: ${eventText(event)} at depth ${event.depth}; found: ${eventText(seen)} at depth ${seen.depth}, event ${index}`;
    const difference = valuesDifference(comparison, events, index, seen);
    if (difference !== null) return difference;
  }
  const extra = observed.events[events.length];
  if (extra === undefined || expected.isCut) return null;
  return `the machine goes on with: ${eventText(extra)}, event ${events.length}`;
}

/**
 * Which result of the entry is wrong and whose bytes it holds: of the entry's own arguments, or of what its calls passed. Null where all
 * are right.
 */
export function locateResult(
  comparison: TraceComparison,
  signature: Signature,
  input: readonly bigint[],
  trace: CallTrace,
  expected: readonly bigint[],
  observed: readonly bigint[],
): string | null {
  const passed = trace.events.toReversed().flatMap((event): readonly Candidate[] => {
    const types = typesOf(comparison, event);
    const name = event.kind === 'enter' ? 'argument' : 'result';
    return types.map((type, i) => ({
      name: `${name} ${i} of ${event.callee}`,
      type,
      bits: event.values[i] ?? 0n,
    }));
  });
  const own = signature.params.map(({ type }, i) => ({ name: `argument ${i}`, type, bits: input[i] ?? 0n }));
  for (const [i, { type }] of signature.returns.entries()) {
    const right = expected[i] ?? 0n;
    const found = observed[i] ?? 0n;
    if (sameValue(type, right, found, comparison.anyNan)) continue;
    const others = signature.returns.flatMap((other, j): readonly Candidate[] =>
      j === i ? [] : [{ name: `result ${j}`, type: other.type, bits: expected[j] ?? 0n }],
    );
    const source = locateBytes(type, found, [...own, ...others, ...passed]);
    const holds = source === null ? 'holds what nothing passed' : source;
    return `result ${i} (${type}) of the entry ${holds}: expected ${hex(right)}, found ${hex(found)}`;
  }
  return null;
}
