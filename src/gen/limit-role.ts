import type { Draw } from './draw.ts';

/** How a function comes to its stack limit from its vmctx: offsets of loads, one after the other; none where vmctx is the limit. */
export interface LimitRole {
  readonly kind: 'limit';
  /** Bytes. */
  readonly chain: readonly number[];
  /** Whether callers may pass a limit above the stack. */
  readonly mayTrap: boolean;
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

export function drawLimit(draw: Draw): LimitRole {
  return { kind: 'limit', chain: drawChain(draw), mayTrap: draw.chance(50) };
}
