import { abiParam } from '../clif/signature.ts';
import { NO_FRAME } from './memory.ts';
import type { Machine, PreparedFunction } from './program.ts';
import { exhaust } from './stop.ts';

/** Unwinds the host stack up to the `try_call` that catches an exception of CLIF. */
export class Thrown extends Error {
  tag = 0;
  payload: readonly bigint[] = [];
  /** Number of live activations outside which nothing is searched: that of the entry frame. */
  outermost = 0;
}

// One instance for all, as for `Stop`.
const THROWN = new Thrown();

/** The routine by which Wasmtime's filetests throw (cranelift-filetests `function_runner.rs`, `__cranelift_throw`). */
const THROW_NAME = '%__cranelift_throw';

/**
 * `%__cranelift_throw(entry_fp, exit_fp, exit_pc, tag, payload0, payload1)`: searches the activations from the one whose frame
 * pointer is `exit_fp` outwards, up to that of `entry_fp`, which is not searched. Null where `name` is another.
 */
export function throwRoutine(name: string, address: bigint, machine: Machine): PreparedFunction | null {
  if (name !== THROW_NAME) return null;
  machine.frames ??= [];
  const params = (['i64', 'i64', 'i64', 'i32', 'i64', 'i64'] as const).map((type) => abiParam(type));
  return {
    name,
    signature: { params, returns: [], callConv: 'system_v' },
    address,
    params: [],
    cells: [],
    entry: null,
    frame: NO_FRAME,
    unsupported: null,
    native: ([entryFrame = 0n, exitFrame = 0n, , tag = 0n, ...payload]) => {
      const frames = machine.frames ?? [];
      if (frames.at(-1) !== exitFrame) return exhaust('a throw from another frame than its own');
      const entry = frames.indexOf(entryFrame);
      if (entry < 0) return exhaust('a throw that is to end in a frame that is not live');
      THROWN.tag = Number(tag);
      THROWN.payload = payload;
      THROWN.outermost = entry + 1;
      throw THROWN;
    },
    active: false,
    frameBase: 0,
  };
}
