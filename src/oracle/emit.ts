import { CALL_EMITS } from './emit-call.ts';
import { CONTROL_EMITS } from './emit-control.ts';
import { FLOAT_EMITS } from './emit-float.ts';
import { FRAME_EMITS } from './emit-frame.ts';
import { INTEGER_EMITS } from './emit-integer.ts';
import { MEMORY_EMITS } from './emit-memory.ts';
import { MOVE_EMITS } from './emit-move.ts';
import { OVERFLOW_EMITS } from './emit-overflow.ts';
import { VECTOR_EMITS } from './emit-vector.ts';
import type { Emit } from './program.ts';

const EMITS: ReadonlyMap<string, Emit> = new Map([
  ...MOVE_EMITS,
  ...INTEGER_EMITS,
  ...OVERFLOW_EMITS,
  ...FLOAT_EMITS,
  ...VECTOR_EMITS,
  ...MEMORY_EMITS,
  ...CALL_EMITS,
  ...CONTROL_EMITS,
  ...FRAME_EMITS,
]);

/** How to prepare the instruction `op`; undefined for terminators and for what the oracle does not know. */
export function emitFor(op: string): Emit | undefined {
  return EMITS.get(op);
}
