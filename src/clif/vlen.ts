import type { Configuration } from './case.ts';

/** What V alone promises (RISC-V V specification, "Zvl*: Minimum Vector Length Standard Extensions"). */
export const SHORTEST_VLEN = 128;

const ZVL = /^has_zvl(\d+)b$/;

/** Bits of vector registers that the flags of a configuration promise; at least what V promises. */
export function vlenOf({ isa }: Pick<Configuration, 'isa'>): number {
  let bits = SHORTEST_VLEN;
  for (const flag of isa) bits = Math.max(bits, Number(ZVL.exec(flag)?.[1] ?? 0));
  return bits;
}

/** Of vector registers that are longer than a configuration promises, how many times as long. */
export const LONGER = 2;

/** True for the share of cases, by their first poison, that run on processors with longer vector registers than their configurations promise. */
export function isRunLonger(poison: bigint): boolean {
  return (poison & 7n) === 5n;
}
