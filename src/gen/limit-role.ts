import type { Draw } from './draw.ts';

/** How a function comes to its stack limit from its vmctx: offsets of loads, one after the other; none where vmctx is the limit. */
export interface LimitRole {
  readonly kind: 'limit';
  /** Bytes. */
  readonly chain: readonly number[];
  /** Whether callers may pass a limit above the stack. */
  readonly mayTrap: boolean;
  /** Bytes that the function's frame has at least, so that a limit so far below a slot of a caller's traps; 0 for none in particular. */
  readonly frameBytes: number;
  /** Of a function that only leaves, and so is checked by nothing but what it calls. */
  readonly isRelay: boolean;
}

/** On both sides of what fits an immediate (RISC-V unprivileged specification, "I-type"). */
const OFFSETS: readonly number[] = [0, 8, 16, 40, -8, 2040, 2047, -2048, -2056];
/** A load that goes on from what another loaded. Far ones lose their base (docs/findings.md, F21), so they are few. */
const LATER_OFFSETS: readonly number[] = [0, 8, 16, 24, 40, 128, 2040, -8, -2048];
const FAR_LATER_PERCENT = 3;
const FAR_LATER_OFFSETS: readonly number[] = [2048, 4096, -2056];

function drawChain(draw: Draw): readonly number[] {
  const length = draw.weighted([4, 4, 2]);
  return Array.from({ length }, (_, i) => {
    if (i === 0) return draw.pick(OFFSETS);
    return draw.pick(draw.chance(FAR_LATER_PERCENT) ? FAR_LATER_OFFSETS : LATER_OFFSETS);
  });
}

/** On both sides of what fits an immediate, of a guard page and of what is added to a limit without looking at it first (`HIGH`). */
const FRAME_SIZES: readonly number[] = [
  64, 512, 2000, 2304, 4096, 4112, 8192, 33_008, 36_000, 66_000, 131_600,
];

/** Of an entry, whose vmctx is the limit itself; often with a frame of a size that matters to the check. */
export function drawEntryLimit(draw: Draw): LimitRole {
  return {
    kind: 'limit',
    chain: [],
    mayTrap: false,
    frameBytes: draw.pick([0, 0, 0, ...FRAME_SIZES]),
    isRelay: false,
  };
}

/** With `isNear` limits may lie where only the function's own frame passes them; a relay has no frame. */
export function drawLimit(draw: Draw, isNear: boolean, isRelay: boolean): LimitRole {
  const chain = drawChain(draw);
  const mayTrap = draw.chance(isRelay ? 100 : 50);
  // A longer chain may be one that Cranelift loses its way on (docs/findings.md, F21).
  const canBeNear = isNear && mayTrap && chain.length <= 1;
  const frameBytes = canBeNear && !isRelay ? draw.pick(FRAME_SIZES) : 0;
  return { kind: 'limit', chain, mayTrap, frameBytes, isRelay };
}
