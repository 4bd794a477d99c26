import type { Value } from '../clif/module.ts';
import { constant, icmp, plain, type BodyState, type Cell } from './body-state.ts';
import { fold } from './checksum.ts';
import { loadFrom, pointerTo } from './memory.ts';
import { NO_FRAME } from './tail-calls.ts';

/** Of 100 functions that are told their caller's frame pointer, how many read their frame record. */
const RECORD_READS = 60;
/** Of the frame record, bytes from the frame pointer (cranelift-codegen `isa/riscv64/abi.rs`, `gen_prologue_frame_setup`). */
const RETURN_ADDRESS_AT = 8;

function areEqual(state: BodyState, a: Value, b: Value): Value {
  return icmp(state, 'eq', 'i64', a, b);
}

/** What sp is where a function begins, in some functions; null in most. */
export function stackPointerAtFirst(state: BodyState): Value | null {
  return state.draw.sometimes(state.config.stackPointers)
    ? plain(state, 'get_stack_pointer', 'i64', [])
    : null;
}

/** Folds whether sp is what it was at first, and no higher than a slot: it always is. */
export function holdStackPointer(state: BodyState, first: Value): void {
  const now = plain(state, 'get_stack_pointer', 'i64', []);
  fold(state, areEqual(state, first, now));
  const slots = [...state.stackSlots.keys()];
  if (slots.length === 0) return;
  const place = pointerTo(state, { base: { kind: 'slot', slot: state.draw.pick(slots) }, offset: 0 });
  fold(state, icmp(state, 'ule', 'i64', now, place));
}

/**
 * Folds whether the frame pointer that the caller passes is that of this function: it never is. It is what this function's frame record holds, unless
 * the caller is gone by a tail call and passes none; and that holds as well where the function returns to.
 */
export function holdFramesApart(state: BodyState): void {
  const theirs = state.incoming[state.plan.roles.findIndex(({ kind }) => kind === 'frame')];
  if (theirs === undefined) return;
  const ours = plain(state, 'get_frame_pointer', 'i64', []);
  fold(state, areEqual(state, theirs, ours));
  if (!state.draw.chance(RECORD_READS)) return;
  const record: Cell = { base: { kind: 'pointer', value: ours }, offset: 0 };
  const isCallers = areEqual(state, loadFrom(state, record, 'i64'), theirs);
  const isNone = areEqual(state, theirs, constant(state, 'i64', NO_FRAME));
  fold(state, plain(state, 'bor', 'i8', [isCallers, isNone]));
  const place = plain(state, 'get_return_address', 'i64', []);
  fold(state, areEqual(state, loadFrom(state, record, 'i64', RETURN_ADDRESS_AT), place));
}
