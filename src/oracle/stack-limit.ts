import { functionNameText, slotBytes, type Function } from '../clif/module.ts';
import { callsForCertain, STACK_OVERFLOW, stackLimitLoads, vmctxParam } from '../clif/stack-limit.ts';
import { hasSlotAbove, readMemory, type Memory } from './memory.ts';
import { exhaust, trap } from './stop.ts';
import { UnsupportedError } from './unsupported-error.ts';

/** No stack lies below this, and none above that: whatever the machine, a limit on either side says what comes of it. */
const LOWEST_STACK = 0x1_0000n;
const HIGHEST_STACK = 1n << 63n;
/** Above this a frame of less than 32 KiB may wrap around where it is added (`machinst/abi.rs`, `insert_stack_check`). */
const HIGHEST_LIMIT = (1n << 64n) - 0x8000n;

/** Where the limit comes from: the parameter that starts it, and what is added before each load that follows. */
interface LimitSource {
  readonly param: number;
  readonly offsets: readonly number[];
}

function sourceOf(fn: Function): LimitSource {
  const offsets = stackLimitLoads(fn);
  if (offsets === null)
    throw new UnsupportedError('stack_limit', null, functionNameText(fn.name), `gv${fn.stackLimit}`);
  const param = vmctxParam(fn.signature);
  if (param < 0)
    throw new UnsupportedError('stack_limit', null, functionNameText(fn.name), 'there is no vmctx');
  return { param, offsets };
}

/**
 * What a function's `stack_limit` does at its entry, null where it has none: nothing where the limit is below every stack, a trap where it is
 * above. One between traps where a slot of a caller lies no further above it than the function's own slots are long: the function's
 * frame is below that of each caller and at least as large as its slots, so that it passes the limit. What else lies between says nothing, as CLIF
 * has no addresses for frames. A function without slots may need no stack, and is not checked then if it calls nothing.
 */
export function stackLimitCheck(fn: Function, memory: Memory): ((args: readonly bigint[]) => void) | null {
  if (fn.stackLimit === null) return null;
  const { param, offsets } = sourceOf(fn);
  const frameBytes = slotBytes(fn);
  const isChecked = callsForCertain(fn.blocks[0]);
  return (args) => {
    let limit = args[param] ?? 0n;
    for (const offset of offsets) limit = readMemory(memory, limit, offset, 8);
    if (limit < LOWEST_STACK) return;
    const isBetween = limit < HIGHEST_STACK && !hasSlotAbove(memory, limit, frameBytes);
    if (isBetween || limit > HIGHEST_LIMIT) exhaust('a stack limit that may lie in the stack');
    if (frameBytes === 0 && !isChecked) exhaust('a stack limit that matters only if there is a frame');
    trap(STACK_OVERFLOW);
  };
}
