import type { CallEvent, CallTrace } from '../clif/call-event.ts';
import type { FunctionName } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { interpret, type InterpretOptions } from './interpret.ts';
import type { PreparedFunction, Program, TraceSink } from './program.ts';

/** Events kept of a run; a module that calls more often is cut. */
const MOST_EVENTS = 10_000;

/** Runs `entry` as `interpret` does and takes down its calls. */
export function traceCalls(
  program: Program,
  entry: FunctionName,
  inputs: readonly bigint[],
  options: InterpretOptions = {},
): { readonly outcome: Outcome; readonly trace: CallTrace } {
  const events: CallEvent[] = [];
  let isCut = false;
  const add = (event: CallEvent): void => {
    if (events.length < MOST_EVENTS) events.push(event);
    else isCut = true;
  };
  // Runtime routines have no code of the module's, so the machine's calls of them are not seen either.
  const isOwn = (callee: PreparedFunction): boolean => callee.native === null;
  const trace: TraceSink = {
    enter: (callee, depth, isTail, args) => {
      if (isOwn(callee)) add({ kind: 'enter', callee: callee.name, depth, isTail, values: [...args] });
    },
    leave: (callee, depth, results) => {
      if (isOwn(callee)) add({ kind: 'leave', callee: callee.name, depth, values: [...results] });
    },
  };
  const outcome = interpret(program, entry, inputs, { ...options, trace });
  return { outcome, trace: { events, isCut } };
}
