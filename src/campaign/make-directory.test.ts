import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UsageError } from '../clif/harness-error.ts';
import { makeDirectory } from './make-directory.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callfuzz-directory-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('makes every level and takes what is there', () => {
  const deep = join(folder, 'a/b/c');
  makeDirectory(deep);
  makeDirectory(deep);
  expect(existsSync(deep)).toBe(true);
});

test('below a file is the mistake of the user', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeDirectory(join(folder, 'file/below'), '--out')).toThrow(UsageError);
  expect(() => makeDirectory(join(folder, 'file/below'), '--out')).toThrow(/name another folder with --out/);
});

// Where Node's own recursive mkdir never comes back.
test.runIf(existsSync('/proc/self'))('comes back from where no folder can be made', () => {
  expect(() => makeDirectory('/proc/none/deep')).toThrow(/^cannot write to \/proc\/none\/deep/);
});
