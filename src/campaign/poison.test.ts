import { describe, expect, it } from 'vitest';
import { poisonSeeds } from './poison.ts';

const SEEDS = Array.from({ length: 500 }, (_, i) => `case ${i}`);

describe('poisonSeeds', () => {
  it('depend on the case seed alone', () => {
    expect(poisonSeeds('0123456789abcdef')).toEqual(poisonSeeds('0123456789abcdef'));
    // A corpus entry is replayed under the poison it was found with.
    expect(poisonSeeds('0123456789abcdef').map((seed) => seed.toString(16))).toMatchInlineSnapshot(`
      [
        "2e373913e5ad677d",
        "1527c9731f0ff55",
      ]
    `);
  });

  it('differ within a case and between cases', () => {
    const all = SEEDS.flatMap((seed) => [...poisonSeeds(seed)]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('are words of 64 bits that use all of them', () => {
    const all = SEEDS.flatMap((seed) => [...poisonSeeds(seed)]);
    const ones = all.reduce((bits, seed) => bits | seed, 0n);
    expect(ones).toBe((1n << 64n) - 1n);
    expect(all.every((seed) => seed >= 0n)).toBe(true);
  });

  it('pick about one case in 32 to be compiled twice', () => {
    const twice = SEEDS.filter((seed) => (poisonSeeds(seed)[0] & 31n) === 0n).length;
    expect(twice).toBeGreaterThan(3);
    expect(twice).toBeLessThan(40);
  });
});
