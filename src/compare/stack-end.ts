/*
 * Places of abi-violations that the end of the stack shows: how prologues probe their frames (cranelift-codegen `machinst/abi.rs`,
 * `gen_prologue`; `isa/riscv64/abi.rs`, `gen_inline_probestack`), and what the check of a stack limit counts (`insert_stack_check`).
 */

/** Something below a guard was written and the guard never touched. */
export const GUARD_PASSED = 'stack guard passed over';
/** The same where the guard lies in the two areas next to the top of a frame. */
export const GUARD_NEAR = 'stack guard next to a frame passed over';
/** Something below a guard was written before the guard was touched. */
export const GUARD_LATE = 'stack guard touched late';
/** The entry runs though it takes more stack than its limit leaves. */
export const LIMIT_PASSED = 'stack limit passed';
/** The entry traps though it takes no more stack than its limit leaves. */
export const LIMIT_MISJUDGED = 'stack limit that leaves room traps';

const PLACES: readonly string[] = [GUARD_PASSED, GUARD_NEAR, GUARD_LATE, LIMIT_PASSED, LIMIT_MISJUDGED];

export function isAtStackEnd(place: string): boolean {
  return PLACES.includes(place);
}
