import { expect, test } from 'vitest';
import type { Abilities } from '../gen/config.ts';
import { fitConfiguration } from './fit-configuration.ts';

const ABILITIES: Abilities = {
  settings: { opt_level: ['none', 'speed'], is_pic: [] },
  isa: ['has_v', 'has_zca', 'has_zcd'],
};

test('presets become their flags', () => {
  const fit = fitConfiguration(
    { shared: { opt_level: 'speed', is_pic: 'true' }, isa: ['has_c', 'has_v'] },
    ABILITIES,
  );
  const shared = { opt_level: 'speed', is_pic: 'true' };
  expect(fit).toEqual({ kind: 'fits', configuration: { shared, isa: ['has_v', 'has_zca', 'has_zcd'] } });
});

test('a setting newer than this Cranelift does no harm where it asks for the old ways', () => {
  const old = { shared: { regalloc_algorithm: 'backtracking' }, isa: [] };
  expect(fitConfiguration(old, ABILITIES)).toEqual({ kind: 'fits', configuration: { shared: {}, isa: [] } });
});

test.each([
  [{ regalloc_algorithm: 'single_pass' }, [], 'this Cranelift has no setting regalloc_algorithm'],
  [{ opt_level: 'fast' }, [], "this Cranelift's opt_level has no value fast"],
  [{ is_pic: 'maybe' }, [], "this Cranelift's is_pic has no value maybe"],
  [{}, ['has_zfa', 'has_x'], 'this emulator or Cranelift has no has_zfa, has_x'],
])('%j with %j does not fit', (shared, isa, reason) => {
  expect(fitConfiguration({ shared, isa }, ABILITIES)).toEqual({ kind: 'misfit', reason });
});

test('a seed for the control plane stays, and does not fit where there is none to seed', () => {
  const seeded = { shared: {}, isa: [], chaos: 7 };
  expect(fitConfiguration(seeded, { ...ABILITIES, hasChaos: true })).toEqual({
    kind: 'fits',
    configuration: seeded,
  });
  expect(fitConfiguration(seeded, ABILITIES)).toEqual({
    kind: 'misfit',
    reason: 'this Cranelift has no control plane to seed',
  });
});
