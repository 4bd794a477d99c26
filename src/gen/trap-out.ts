import { blockCall, branch, constant, emit, newBlock, plain, type BodyState } from './body-state.ts';
import { checksumOf } from './checksum.ts';

const CODES: readonly string[] = ['user3', 'user4', 'user5', 'user6', 'user200', 'heap_oob', 'int_ovf'];

export function trap(state: BodyState): void {
  const code = state.draw.pick(CODES);
  emit(state, { kind: 'trap', op: 'trap', type: null, results: [], args: [], code });
}

/** Ends the block in a trap whose code tells two bits of the checksum, or none. */
export function trapOut(state: BodyState): void {
  const { draw } = state;
  if (draw.chance(30)) {
    trap(state);
    return;
  }
  for (let left = draw.int(1, 2); left > 0; left -= 1) {
    const shown = newBlock(state);
    const other = newBlock(state);
    const mask = constant(state, 'i64', 1n << BigInt(draw.int(0, 63)));
    const bit = plain(state, 'band', 'i64', [checksumOf(state), mask]);
    branch(state, bit, blockCall(state, shown), blockCall(state, other));
    state.block = shown;
    trap(state);
    state.block = other;
  }
  trap(state);
}
