import { throwRoutineNamed } from '../clif/throw-routine.ts';
import { NO_FRAME } from './memory.ts';
import type { Machine, PreparedFunction } from './program.ts';
import { exhaust } from './stop.ts';

/** Unwinds the host stack up to the `try_call` that catches an exception of CLIF. */
export class Thrown extends Error {
  tag = 0;
  /** Which instance of the tag; null where contexts mean nothing. */
  instance: bigint | null = null;
  payload: readonly bigint[] = [];
  /** Number of live activations outside which nothing is searched: that of the entry frame. */
  outermost = 0;
}

/** Up to this, the routine that names an instance is not told where its caller returns to (guest/veneer.c, `check_return_address`). */
const NO_PLACE = 1n;

// One instance for all, as for `Stop`.
const THROWN = new Thrown();

/**
 * The routine of this name (`ThrowRoutine`) at `address`, null where there is none. An `entry_fp` above every frame means that all are
 * searched.
 */
export function throwRoutine(name: string, address: bigint, machine: Machine): PreparedFunction | null {
  const routine = throwRoutineNamed(name);
  if (routine === null) return null;
  machine.frames ??= [];
  return {
    name,
    signature: routine.signature,
    address,
    params: [],
    cells: [],
    entry: null,
    frame: NO_FRAME,
    view: null,
    seenAs: null,
    unsupported: null,
    checkLimit: null,
    native: ([entryFrame = 0n, exitFrame = 0n, place = 0n, tag = 0n, first = 0n, second = 0n, instance]) => {
      const frames = machine.frames ?? [];
      if (frames.at(-1) !== exitFrame) return exhaust('a throw from another frame than its own');
      const entry = frames.indexOf(entryFrame);
      const isAbove = entryFrame > machine.space.frameTop;
      if (entry < 0 && !isAbove) return exhaust('a throw that is to end in a frame that is not live');
      const isTold = instance !== undefined && place > NO_PLACE;
      if (isTold && place !== machine.space.returnAddress(exitFrame))
        return exhaust('a throw that tells another return address than its own');
      THROWN.tag = Number(tag);
      THROWN.instance = instance ?? null;
      THROWN.payload = [first, second];
      THROWN.outermost = entry + 1;
      throw THROWN;
    },
    active: false,
    frameBase: 0,
  };
}
