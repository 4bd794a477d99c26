import { describe, expect, it } from 'vitest';
import { releaseNumber } from './release.ts';

describe('releaseNumber', () => {
  it('takes the minor version', () => {
    expect(['0.121', '0.108.2', '0.135.8 with fault x'].map(releaseNumber)).toEqual([121, 108, 135]);
  });

  it('knows no other form', () => {
    expect(['1.2.3', 'main', ''].map(releaseNumber)).toEqual([null, null, null]);
  });
});
