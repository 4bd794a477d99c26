import { expect, test } from 'vitest';
import { versionsToSearch } from './bisect.ts';

test('the default list runs from the oldest to the default', () => {
  const list = versionsToSearch({});
  expect(list[0]).toBe('0.105');
  expect(list.at(-1)).toBe('0.135.8');
  expect(list).toHaveLength(31);
});

test('ends cut the list and need not be in it', () => {
  expect(versionsToSearch({ good: '0.121.2', bad: '0.124' })).toEqual(['0.121.2', '0.122', '0.123', '0.124']);
  expect(versionsToSearch({ bad: '0.121', versions: ['0.115', '0.121', '0.128'] })).toEqual([
    '0.115',
    '0.121',
  ]);
});

test("bad versions and empty lists are the user's mistakes", () => {
  expect(() => versionsToSearch({ good: 'main' })).toThrow(/not a Cranelift version: "main"/);
  expect(() => versionsToSearch({ good: '0.121', bad: '0.121', versions: [] })).not.toThrow();
  expect(() => versionsToSearch({ versions: ['0.121'] })).toThrow(/nothing to search/);
});
