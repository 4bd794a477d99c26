import { expect, test } from 'vitest';
import { configurationText, settingsText } from './case.ts';

test('configurations have different texts where they differ, and Cranelift is told settings and flags alone', () => {
  const plain = { shared: {}, isa: [] };
  const whole = { shared: { is_pic: 'true', opt_level: 'speed' }, isa: ['has_v'] };
  const all = [plain, { ...plain, chaos: 7 }, whole, { ...whole, chaos: 0 }, { ...whole, chaos: 7 }];
  expect(all.map(configurationText)).toEqual([
    '',
    'chaos=7',
    'is_pic=true opt_level=speed has_v',
    'is_pic=true opt_level=speed has_v chaos=0',
    'is_pic=true opt_level=speed has_v chaos=7',
  ]);
  expect(all.map(settingsText).map((text) => text.includes('chaos'))).toEqual(all.map(() => false));
});
