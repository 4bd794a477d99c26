import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cellSpace, cellText } from '../coverage/cell-space.ts';
import { newCoverage } from '../coverage/coverage-set.ts';
import {
  coverageLines,
  coverageMarkdown,
  readCoverage,
  summaryCoverage,
  uniteSummaries,
  writeCoverage,
} from './coverage.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callfuzz-coverage-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function with1(...cells: readonly number[]): Uint8Array {
  const set = newCoverage();
  for (const cell of cells) set[cell] = 1;
  return set;
}

test('maps of several campaigns add up; one of other cells is left out', () => {
  const [a, b] = [summaryCoverage(with1(0, 3)), summaryCoverage(with1(3, 5))];
  expect(uniteSummaries([a, b])).toEqual(summaryCoverage(with1(0, 3, 5)));
  expect(uniteSummaries([a, { ...b, digest: 'other' }])).toEqual(a);
});

test('a map outlives its file, by the names of its cells', () => {
  const file = join(folder, 'map.json');
  expect(readCoverage(file)).toEqual(newCoverage());
  writeCoverage(file, with1(2, 700));
  expect(readCoverage(file)).toEqual(with1(2, 700));
  writeFileSync(file, '{"schema": "callfuzz.coverage/1", "filled": ["value: type i999"]}');
  expect(readCoverage(file)).toEqual(newCoverage());
  writeFileSync(file, '{"schema": "callfuzz.coverage/1"}');
  expect(() => readCoverage(file)).toThrow(/map\.json: damaged coverage map: filled: /);
  writeFileSync(file, '{');
  expect(() => readCoverage(file)).toThrow(/map\.json: cannot be read as a coverage map/);
});

test('what is empty is named, first few in the terminal, all in the page', () => {
  const full = newCoverage().fill(1);
  expect(coverageLines(summaryCoverage(full)).filter((line) => line.startsWith('empty'))).toEqual([]);
  const first = cellSpace().cells[0];
  full[0] = 0;
  const lines = coverageLines(summaryCoverage(full));
  expect(lines.at(-1)).toBe(`empty: ${first === undefined ? '' : cellText(first)}`);
  expect(coverageLines(summaryCoverage(newCoverage())).at(-1)).toMatch(
    / and \d+ more single cells, listed in coverage\.md$/,
  );
  expect(coverageMarkdown(full)).toContain(`- ${first === undefined ? '' : cellText(first)}\n`);
});
