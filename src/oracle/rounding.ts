import { bitLength } from './integer.ts';

/** Adding and taking away 2^52 leaves no fraction bits, rounded as the host rounds: to nearest, ties to even. */
const INTEGERS_FROM = 2 ** 52;

/** Round to integral, ties to even, keeping the sign of zero; infinities and NaN pass. */
export function nearestEven(x: number): number {
  if (!(Math.abs(x) < INTEGERS_FROM)) return x;
  if (x < 0 || Object.is(x, -0)) return -(-x + INTEGERS_FROM - INTEGERS_FROM);
  return x + INTEGERS_FROM - INTEGERS_FROM;
}

/**
 * `n` rounded to odd to 50 bits where it has more than 53: an exact host number. Rounding that to 48 bits or fewer (f32,
 * f16) gives what rounding `n` itself would, for the odd last bit keeps it off every tie.
 */
export function roundToOdd(n: bigint): number {
  const magnitude = n < 0n ? -n : n;
  if (magnitude < 0x20_0000_0000_0000n) return Number(n);
  const length = bitLength(magnitude);
  const drop = BigInt(length - 50);
  const kept = magnitude >> drop;
  const sticky = kept << drop === magnitude ? 0n : 1n;
  const rounded = Number(kept | sticky) * 2 ** Number(drop);
  return n < 0n ? -rounded : rounded;
}
