import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal(process.stdout, process.stderr);
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callfuzz-terminal-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('looking whether a file can be written changes nothing', () => {
  const old = join(folder, 'old.json');
  writeFileSync(old, 'kept');
  terminal.checkWritable(old);
  expect(readFileSync(old, 'utf8')).toBe('kept');
  const fresh = join(folder, 'new.json');
  terminal.checkWritable(fresh);
  expect(existsSync(fresh)).toBe(false);
});

test('folders and files in folders that are not there are refused', () => {
  expect(() => terminal.checkWritable(folder)).toThrow(/^cannot write .*EISDIR/);
  expect(() => terminal.checkWritable(join(folder, 'none/x.json'))).toThrow(/^cannot write .*ENOENT/);
});
