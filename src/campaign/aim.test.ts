import { expect, test } from 'vitest';
import { cellSpace } from '../coverage/cell-space.ts';
import { newCoverage } from '../coverage/coverage-set.ts';
import { DEFAULT_CONFIG } from '../gen/config.ts';
import { SAMPLE_ABILITIES } from '../gen/sample-abilities.ts';
import { caseSeedFor } from '../gen/profiles.ts';
import { printModule } from '../clif/print.ts';
import { aimOfSeed, aimedSeed, aimsOf } from './aim.ts';
import { caseFromSeed } from './generated-case.ts';

const PROFILE = { name: 'default', summary: '', config: DEFAULT_CONFIG };
const seeds = Array.from({ length: 400 }, (_, i) => caseSeedFor('aim', 'default', i));

test('cases aim at cells that something can fill, and only at those an earlier map lacks', () => {
  const all = aimsOf(null);
  expect(all.length).toBeGreaterThan(1000);
  expect(all.every((aim) => cellSpace().cells[aim]?.unreachable === null)).toBe(true);
  const known = newCoverage().fill(1);
  known[all[5] ?? 0] = 0;
  expect(aimsOf(known)).toEqual([all[5]]);
  expect(aimsOf(newCoverage())).toEqual(all);
});

test('the seed says what its case aims at', () => {
  const aims = aimsOf(null);
  const aimed = seeds.map((seed) => aimedSeed(seed, aims));
  const share = aimed.filter((seed) => seed.includes('-')).length / aimed.length;
  expect(share).toBeGreaterThan(0.3);
  expect(share).toBeLessThan(0.5);
  for (const seed of aimed) expect(aimOfSeed(seed) === null).toBe(!seed.includes('-'));
  expect(seeds.map((seed) => aimedSeed(seed, []))).toEqual(seeds);
  for (const wrong of ['', 'x', '0123456789abcdef-', '0123456789abcdef-fffff', '0123456789ABCDEF'])
    expect(aimOfSeed(wrong)).toBeUndefined();
});

test('a case that aims at a type has more of it, and is made again from its seed alone', () => {
  const aim = cellSpace().cells.findIndex((cell) => cell.pick['type'] === 'f128' && !cell.isPair);
  const count = (seed: string): number =>
    printModule(caseFromSeed(PROFILE, SAMPLE_ABILITIES, seed).module).split('f128').length;
  const total = (of: (seed: string) => string): number =>
    seeds.slice(0, 60).reduce((sum, s) => sum + count(of(s)), 0);
  expect(total((s) => `${s}-${aim.toString(16)}`)).toBeGreaterThan(3 * total((s) => s));
  const again = (seed: string): string =>
    JSON.stringify(caseFromSeed(PROFILE, SAMPLE_ABILITIES, seed).inputs, (_, v: unknown) =>
      typeof v === 'bigint' ? `${v}` : v,
    );
  expect(again(`${seeds[0]}-${aim.toString(16)}`)).toBe(again(`${seeds[0]}-${aim.toString(16)}`));
});
