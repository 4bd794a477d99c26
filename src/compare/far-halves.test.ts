import { expect, it } from 'vitest';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { mayStoreFarHalf } from './far-halves.ts';

function isFar(slotBytes: number, type: string): boolean {
  const parsed = parseClif(`function %main(${type}) -> ${type} tail {
    ss0 = explicit_slot ${slotBytes}
block0(v0: ${type}):
    return v0
}
`);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return mayStoreFarHalf(parsed.file.module);
}

it('a half is stored far from sp where there is one and the frame is large', () => {
  expect(isFar(2048, 'f16')).toBe(true);
  expect(isFar(64, 'f16')).toBe(false);
  expect(isFar(2048, 'f32')).toBe(false);
});
