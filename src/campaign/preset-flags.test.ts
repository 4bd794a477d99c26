import { expect, test } from 'vitest';
import { expandPresets } from './preset-flags.ts';

test('has_c stands for zca and zcd', () => {
  expect(expandPresets(['has_v', 'has_c', 'has_zca'])).toEqual(['has_v', 'has_zca', 'has_zcd']);
});

test('a vector length brings the shorter ones along', () => {
  expect(expandPresets(['zvl128b'])).toEqual(['has_zvl128b', 'has_zvl32b', 'has_zvl64b']);
});

test('flags stay as they are', () => {
  const flags = ['has_v', 'has_unknown'];
  expect(expandPresets(flags)).toBe(flags);
});
