import { expect, test } from 'vitest';
import { commandText } from './shell-text.ts';

test('arguments that a shell would change are quoted', () => {
  expect(commandText('fuzz', ['--seed', '7', '--cranelift', 'path:../x'])).toBe(
    'npm run fuzz -- --seed 7 --cranelift path:../x',
  );
  expect(commandText('fuzz', ['--seed', "it's $5"])).toBe(`npm run fuzz -- --seed 'it'\\''s $5'`);
  expect(commandText('fuzz', ['--seed', ''])).toBe("npm run fuzz -- --seed ''");
});
