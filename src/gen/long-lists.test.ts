import { describe, expect, it } from 'vitest';
import { layoutSignature } from '../abi/layout.ts';
import { makeCase } from './case-arbitrary.ts';
import { DEFAULT_CONFIG } from './config.ts';
import { withLongLists } from './long-lists.ts';
import { SAMPLE_ABILITIES } from './sample-abilities.ts';

const SEEDS = Array.from({ length: 900 }, (_, i) => `${i.toString(16).padStart(8, '0')}00000000`);
const LONG = SEEDS.filter((seed) => withLongLists(DEFAULT_CONFIG, seed) !== DEFAULT_CONFIG);

/** An offset that an I-type or S-type instruction does not reach. */
const FAR = 2048;

describe('long lists', () => {
  it('are for four seeds in 300, none of which aims at a cell', () => {
    expect(LONG.length).toBe(12);
    for (const seed of LONG) expect(Number.parseInt(seed.slice(0, 8), 16) % 100).toBeGreaterThanOrEqual(40);
  });

  it('are none where signatures are those of C', () => {
    const asInC = { ...DEFAULT_CONFIG, asInC: true };
    expect(SEEDS.every((seed) => withLongLists(asInC, seed) === asInC)).toBe(true);
  });

  it('lead to areas that end past the reach of an immediate, for arguments and for results', () => {
    const areas = LONG.flatMap((seed) => {
      const kase = makeCase(withLongLists(DEFAULT_CONFIG, seed), SAMPLE_ABILITIES, seed);
      const implicitReturnArea = kase.configurations[0]?.shared['enable_multi_ret_implicit_sret'] === 'true';
      return kase.module.functions.map((fn) => layoutSignature(fn.signature, { implicitReturnArea }));
    });
    expect(areas.some((area) => area.argumentAreaBytes > FAR)).toBe(true);
    expect(areas.some((area) => area.returnAreaBytes > FAR)).toBe(true);
  });

  it('pass 256 values and 4 KiB in one of four', () => {
    const seeds = Array.from({ length: 6000 }, (_, i) => `${i.toString(16).padStart(8, '0')}00000000`);
    const longest = seeds.filter((seed) => {
      const { params, results } = withLongLists(DEFAULT_CONFIG, seed);
      return Math.max(params.min, results.min) > 256;
    });
    expect(longest.length).toBeGreaterThan(5);
    expect(longest.length).toBeLessThan(25);
    const areas = longest.slice(0, 6).flatMap((seed) => {
      const kase = makeCase(withLongLists(DEFAULT_CONFIG, seed), SAMPLE_ABILITIES, seed);
      return kase.module.functions.map((fn) => layoutSignature(fn.signature, { implicitReturnArea: true }));
    });
    expect(areas.some((area) => area.returnAreaBytes > 4096)).toBe(true);
  });

  it('pass 8 KiB in one of twelve', () => {
    const seeds = Array.from({ length: 24_000 }, (_, i) => `${i.toString(16).padStart(8, '0')}00000000`);
    const sizes = seeds.map((seed) => {
      const { params, results } = withLongLists(DEFAULT_CONFIG, seed);
      return Math.max(params.min, results.min);
    });
    const huge = sizes.filter((size) => size > 500).length;
    expect(huge).toBeGreaterThan(5);
    expect(huge).toBeLessThan(sizes.filter((size) => size > 128).length / 6);
  });
});
