import { isCall, type Block, type Function } from './module.ts';
import type { Signature } from './signature.ts';

/** What a check of the stack limit traps with (cranelift-codegen `ir/trapcode.rs`, `STACK_OVERFLOW`). */
export const STACK_OVERFLOW = 'stk_ovf';

/** Index of the parameter that is the vmctx; -1 without one. */
export function vmctxParam({ params }: Signature): number {
  return params.findIndex(({ purpose }) => purpose.kind === 'vmctx');
}

/**
 * Offsets of the loads of words that lead from vmctx to a function's `stack_limit`, the first one first (cranelift-codegen `machinst/abi.rs`,
 * `generate_gv`); null where there is no limit, or it comes from elsewhere.
 */
export function stackLimitLoads(fn: Function): readonly number[] | null {
  const offsets: number[] = [];
  let at = fn.stackLimit;
  while (at !== null) {
    const global = fn.globalValues.get(at);
    if (global?.kind === 'vmctx') return offsets;
    if (global?.kind !== 'load' || global.type !== 'i64' || offsets.length > fn.globalValues.size)
      return null;
    offsets.unshift(global.offset);
    at = global.base;
  }
  return null;
}

/**
 * Whether a function is no leaf, whatever an optimiser makes of its branches and traps: `first` is its first block. Only a leaf may go without the check of its
 * limit (`machinst/abi.rs`, `gen_prologue`).
 */
export function callsForCertain(first: Pick<Block, 'insts'> | undefined): boolean {
  for (const inst of first?.insts ?? []) {
    if (isCall(inst)) return true;
    if (inst.op.startsWith('trap')) return false;
  }
  return false;
}
