import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCases } from './case-files.ts';

const CLIF = `test run
target riscv64 has_v
function %f(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}
; run: %f(1) == 1
`;

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callfuzz-cases-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a file from elsewhere has no entry, whatever its name ends in', () => {
  for (const name of ['a.clif', 'b.txt']) {
    const [only, ...others] = readCases(file(name, CLIF));
    expect(only).toMatchObject({ entry: null, case: { inputs: [[1n]] } });
    expect(others).toEqual([]);
  }
});

test('a folder stands for the .clif files below it', () => {
  mkdirSync(join(folder, 'deep'));
  file('deep/b.clif', CLIF);
  file('a.clif', CLIF);
  file('notes.txt', 'no CLIF');
  expect(readCases(folder).map((item) => item.file)).toEqual([
    join(folder, 'a.clif'),
    join(folder, 'deep/b.clif'),
  ]);
});

test('what cannot be read is one line with the place', () => {
  expect(() => readCases(join(folder, 'none'))).toThrow(/none: no such file or folder$/);
  expect(() => readCases(folder)).toThrow(/holds no \.clif file$/);
  expect(() => readCases(file('x.json', '{}'))).toThrow(/x\.json:1:1: expected 'function', found '\{'$/);
  file('y.json', '{');
  expect(() => readCases(file('y.clif', CLIF))).toThrow(/y\.json: not JSON/);
});
