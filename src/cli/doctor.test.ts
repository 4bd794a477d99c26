import { expect, test } from 'vitest';
import { checkLine } from './doctor.ts';

test('a check is one line with its mark first', () => {
  expect(checkLine({ name: 'cargo', state: 'missing', text: 'does not run' })).toBe(
    'MISSING cargo           does not run',
  );
  expect(checkLine({ name: 'node', state: 'ok', text: 'v20' })).toBe('ok      node            v20');
});
