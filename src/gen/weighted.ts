import type { Weighted } from './config.ts';
import type { Draw } from './draw.ts';

export function pickWeighted<T>(draw: Draw, choices: readonly Weighted<T>[]): T {
  let total = 0;
  for (const choice of choices) total += choice.weight;
  let left = draw.int(0, total - 1);
  for (const choice of choices) {
    left -= choice.weight;
    if (left < 0) return choice.item;
  }
  throw new RangeError('no choice to draw from');
}
