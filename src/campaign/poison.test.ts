import { describe, expect, it } from 'vitest';
import type { CompiledFunction } from '../backend/compile-result.ts';
import { parseClif } from '../clif/parse.ts';
import { poisonSeeds } from '../clif/poison-seeds.ts';
import { poisonBytes } from './poison.ts';

const RECURSIVE_AND_PLAIN = `function u0:0(i32) -> i32 system_v {
    fn0 = colocated u0:0(i32) -> i32 system_v
block0(v0: i32):
    v1 = call fn0(v0)
    return v1
}
function u0:1() system_v {
block0:
    return
}
`;

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

describe('poisonBytes', () => {
  const parsed = parseClif(RECURSIVE_AND_PLAIN);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  const { functions } = parsed.file.module;
  const depth = (...frameSizes: readonly number[]): number => {
    const compiled = frameSizes.map((frameSizeBytes, i): CompiledFunction => {
      const name = functions[i]?.name ?? { kind: 'user', namespace: 0, index: i };
      return {
        name,
        code: new Uint8Array(0),
        alignBytes: 4,
        relocations: [],
        traps: [],
        callSites: [],
        frameSizeBytes,
      };
    });
    return poisonBytes({ functions }, compiled);
  };

  it('reach below the frames of a chain of calls, those of a function that calls itself as often as it may', () => {
    const [none, once, recursive] = [depth(0, 0), depth(0, 4096), depth(4096, 0)];
    expect(none).toBeGreaterThan(0);
    expect(once - none).toBe(4096);
    expect(recursive - none).toBe(4 * 4096);
  });

  it('are no more than a run can afford', () => {
    expect(depth(0, 1 << 20)).toBe(1 << 16);
  });
});
