import { blockCall, branch, newBlock, planAt, type BodyState } from './body-state.ts';
import { call } from './calls.ts';
import { leaveFunction } from './leave.ts';
import { inEndingBlock } from './scopes.ts';
import { trap } from './trap-out.ts';
import { condition } from './values.ts';

/** Of 100 calls to functions that never return, how many are made on some inputs only. */
const GUARDED = 80;

/** Calls the function planned at `target`; one that never returns most often on some inputs only, so that the rest is run too. */
export function callAny(state: BodyState, target: number): void {
  if (!planAt(state, target).endsInTrap || !state.draw.chance(GUARDED)) {
    call(state, target);
    return;
  }
  const last = newBlock(state);
  const stay = newBlock(state);
  branch(state, condition(state), blockCall(state, last), blockCall(state, stay));
  const { checksum } = state;
  const useCounts = state.useCounts.slice();
  inEndingBlock(state, last, () => {
    call(state, target);
    if (state.draw.sometimes(state.config.trapsBehindCalls)) trap(state);
    else leaveFunction(state);
  });
  state.checksum = checksum;
  // What only the way to the trap has read is still unread on the way on.
  useCounts.forEach((count, value) => {
    state.useCounts[value] = count;
  });
  state.block = stay;
}
