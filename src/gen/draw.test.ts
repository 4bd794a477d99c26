import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryOf, generateOne, type Draw } from './draw.ts';

function draws<T>(seed: string, count: number, one: (draw: Draw) => T): readonly T[] {
  return generateOne(
    arbitraryOf((draw) => Array.from({ length: count }, () => one(draw))),
    seed,
  );
}

describe('draw', () => {
  it('keeps integers within both ends and reaches them', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: -50, max: 50 }), fc.nat({ max: 5 }), (seed, min, width) => {
        const drawn = new Set(draws(seed, 200, (draw) => draw.int(min, min + width)));
        expect([...drawn].toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: width + 1 }, (_, i) => min + i),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('gives as many bits as asked for and uses each of them', () => {
    for (const count of [1, 8, 31, 32, 33, 64, 128]) {
      const drawn = draws(`bits${count}`, 300, (draw) => draw.bits(count));
      const seen = drawn.reduce((all, bits) => all | bits, 0n);
      const always = drawn.reduce((all, bits) => all & bits, seen);
      expect(seen).toBe((1n << BigInt(count)) - 1n);
      expect(always).toBe(0n);
    }
  });

  it('draws by weight, and never what weighs nothing', () => {
    const drawn = draws('weights', 2000, (draw) => draw.weighted([1, 0, 3]));
    const hits = (index: number): number => drawn.filter((i) => i === index).length;
    expect(hits(1)).toBe(0);
    expect(hits(0)).toBeGreaterThan(400);
    expect(hits(0)).toBeLessThan(600);
    expect(hits(0) + hits(2)).toBe(2000);
  });

  it('is true in so many of a hundred', () => {
    const hits = (percent: number): number =>
      draws(`p${percent}`, 1000, (draw) => draw.chance(percent)).filter(Boolean).length;
    expect(hits(0)).toBe(0);
    expect(hits(100)).toBe(1000);
    expect(hits(30)).toBeGreaterThan(240);
    expect(hits(30)).toBeLessThan(360);
  });

  it('is wrong to pick from nothing', () => {
    expect(() => draws('none', 1, (draw) => draw.pick([]))).toThrow();
  });

  it('gives the same for the same seed and something else for another', () => {
    const words = (seed: string): readonly bigint[] => draws(seed, 4, (draw) => draw.bits(64));
    expect(words('a')).toEqual(words('a'));
    expect(words('a')).not.toEqual(words('b'));
    expect(words('a').map((word) => word.toString(16))).toMatchInlineSnapshot(`
      [
        "4e8e6726c4be3edc",
        "e06ffa3c4ed18421",
        "d1bd33a9fed78165",
        "7f896f2ba72e30c5",
      ]
    `);
  });
});
