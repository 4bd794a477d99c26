import type { Outcome } from '../clif/outcome.ts';

/** Unwinds the host stack when execution ends other than by the entry's return. */
export class Stop extends Error {
  outcome: Outcome = { kind: 'exhausted', reason: 'not started' };
}

// One instance for all: capturing a stack trace would cost more than the rest of a small run.
const STOP = new Stop();

/** Ends the run with a CLIF trap; `code` as CLIF prints it. */
export function trap(code: string): never {
  STOP.outcome = { kind: 'trapped', code };
  throw STOP;
}

/** Ends the run without a verdict: fuel, depth, or behaviour CLIF leaves undefined. */
export function exhaust(reason: string): never {
  STOP.outcome = { kind: 'exhausted', reason };
  throw STOP;
}
