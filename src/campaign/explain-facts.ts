import type { SignatureLayout } from '../abi/layout.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Value } from '../clif/module.ts';
import type { TracedState } from '../emulator/call-trace.ts';
import type { CheckVerdict, ExplainedCheck } from '../report/explain-model.ts';
import type { CallInst } from './explain-calls.ts';
import type { CallEvent } from './explain-follow.ts';
import type { CallJump } from './explain-sites.ts';

/** All that is known of one call. */
export interface CallFacts {
  readonly call: CallInst;
  readonly compiled: CompiledFunction | undefined;
  readonly jump: CallJump | null;
  readonly live: readonly Value[];
  /** Null for a signature that Cranelift refuses. */
  readonly layout: SignatureLayout | null;
  readonly calleeLayout: SignatureLayout | null;
  readonly events: readonly CallEvent[];
  /** Why nothing was run; null where something was. */
  readonly notRun: string | null;
  /** Minor version of Cranelift. */
  readonly release: number;
}

export const FP = 8;

export function hex(bits: bigint): string {
  return `0x${bits.toString(16)}`;
}

export function check(name: string, verdict: CheckVerdict, detail: string): ExplainedCheck {
  return { name, verdict, detail };
}

export const xOf = (state: TracedState, register: number): bigint => state.x[register] ?? 0n;
export const fOf = (state: TracedState, register: number): bigint => state.f[register] ?? 0n;

/** What one execution shows where nothing is wrong. */
export const RIGHT = '';

/** What one execution shows: the fault, `RIGHT`, or null where it shows nothing. */
type Look = (event: CallEvent) => string | null;

/** A check over all executions: the first fault, else how many of them were seen to be right. */
export function checkRuns(facts: CallFacts, name: string, nothing: string, look: Look): ExplainedCheck {
  if (facts.notRun !== null) return check(name, 'not applicable', facts.notRun);
  if (facts.events.length === 0) return check(name, 'not applicable', 'the inputs do not come to this call');
  let good = 0;
  for (const event of facts.events) {
    const seen = look(event);
    if (seen === RIGHT) good += 1;
    else if (seen !== null) return check(name, 'broken', seen);
  }
  if (good === 0) return check(name, 'not applicable', nothing);
  return check(name, 'ok', `in ${good} execution${good === 1 ? '' : 's'}`);
}
