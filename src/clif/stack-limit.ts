import type { Function } from './module.ts';

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
