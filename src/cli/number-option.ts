import { InvalidArgumentError } from 'commander';

/** A parser for whole numbers from `min` on, for commander's option callbacks. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`expected a whole number from ${min} on.`);
    }
    return value;
  };
}

/** Minutes, fractions allowed, above zero. */
export function minutes(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('expected minutes above 0, such as 1.5.');
  return value;
}

export function shard(text: string): { readonly index: number; readonly count: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || count < 1 || index >= count) {
    throw new InvalidArgumentError('expected i/n with i from 0 to n-1, such as 0/2.');
  }
  return { index, count };
}
