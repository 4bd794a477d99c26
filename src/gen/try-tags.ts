import type { BodyState } from './body-state.ts';

const FAR_TAG = 8;

/** One of a few tags, so that what is thrown and what is caught often meet. */
export function drawTag({ draw, config }: BodyState, turn: number): number {
  return draw.chance(config.farTags) ? turn + FAR_TAG : turn;
}
