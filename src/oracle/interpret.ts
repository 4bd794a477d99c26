import { HarnessError } from '../clif/harness-error.ts';
import { functionNameText, type FunctionName } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { UNCAUGHT } from '../clif/throw-routine.ts';
import { call } from './calls.ts';
import { frameRecordWord } from './emit-frame.ts';
import { resetMemory } from './memory.ts';
import type { Program, TraceSink } from './program.ts';
import { Stop } from './stop.ts';
import { Thrown } from './throw.ts';

export interface InterpretOptions {
  /** Told of every call but the outermost. */
  readonly trace?: TraceSink;
  /** Instructions until the run is given up. */
  readonly fuel?: number;
  /** Nested calls until the run is given up; tail calls do not nest. The host's stack bears a few thousand. */
  readonly maxDepth?: number;
  /** Whether reading a stack slot's byte that was never written ends the run as `exhausted`; else it reads as zero. */
  readonly strictUninit?: boolean;
}

const DEFAULT_FUEL = 1_000_000;
const DEFAULT_DEPTH = 1_000;

/**
 * Runs `entry` on `inputs`, one bit pattern per parameter. Undefined behaviour (wild access, uninitialised read, a call
 * with another signature) and exhausted limits give `exhausted`. Throws `UnsupportedError` when a function that is
 * called holds something the oracle does not know. Not reentrant.
 */
export function interpret(
  program: Program,
  entry: FunctionName,
  inputs: readonly bigint[],
  options: InterpretOptions = {},
): Outcome {
  const { machine, functions } = program;
  const name = functionNameText(entry);
  const callee = functions.get(name);
  if (callee === undefined) throw new HarnessError('oracle', `no function ${name}`);
  if (callee.unsupported !== null) throw callee.unsupported;
  if (callee.params.length !== inputs.length) {
    throw new HarnessError('oracle', `${name} takes ${callee.params.length} values, not ${inputs.length}`);
  }
  resetMemory(machine.memory);
  machine.memory.stackBase = machine.space.stackBase;
  machine.memory.text = machine.space;
  machine.memory.strictUninit = options.strictUninit ?? true;
  machine.fuel = options.fuel ?? DEFAULT_FUEL;
  machine.maxDepth = options.maxDepth ?? DEFAULT_DEPTH;
  machine.depth = 0;
  machine.tail = null;
  if (machine.frames !== null) machine.frames.length = 0;
  machine.memory.frameRecord =
    machine.frames === null ? null : (address) => frameRecordWord(machine, address);
  machine.trace = options.trace ?? null;
  for (const f of functions.values()) f.active = false;
  try {
    return { kind: 'returned', results: call(machine, callee, inputs) };
  } catch (error) {
    if (error instanceof Stop) return error.outcome;
    if (error instanceof Thrown) return UNCAUGHT;
    throw error;
  }
}
