import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { UsageError } from '../clif/harness-error.ts';
import { cellSpace, cellText } from '../coverage/cell-space.ts';
import {
  countCoverage,
  decodeCoverage,
  emptyCells,
  impossibleCells,
  encodeCoverage,
  newCoverage,
  uniteCoverage,
  type CoverageCount,
  type CoverageSet,
} from '../coverage/coverage-set.ts';

/** What a campaign covered, as its summary has it. */
export interface SummaryCoverage {
  /** Which cells there are: maps of another digest cannot be added. */
  readonly digest: string;
  /** Cells filled (`encodeCoverage`). */
  readonly cells: string;
  readonly counts: readonly CoverageCount[];
  /** Cells of one dimension that something can fill and nothing did. */
  readonly emptySingles: readonly string[];
}

export function summaryCoverage(set: CoverageSet): SummaryCoverage {
  return {
    digest: cellSpace().digest,
    cells: encodeCoverage(set),
    counts: countCoverage(set),
    emptySingles: emptyCells(set)
      .filter((cell) => !cell.isPair)
      .map(cellText),
  };
}

/** The cells filled in any of these campaigns; those of another version of the tool are left out. */
export function uniteSummaries(coverages: readonly SummaryCoverage[]): SummaryCoverage {
  const all = newCoverage();
  for (const { digest, cells } of coverages) {
    const set = digest === cellSpace().digest ? decodeCoverage(cells) : null;
    if (set !== null) uniteCoverage(all, set);
  }
  return summaryCoverage(all);
}

function share(count: { readonly filled: number; readonly reachable: number }): string {
  const percent = count.reachable === 0 ? 100 : (100 * count.filled) / count.reachable;
  return `${count.filled} of ${count.reachable} (${percent.toFixed(1)} %)`;
}

/** Empty cells that the terminal names. */
const MOST_NAMED = 6;

/** One line for a group, and the first empty cells. */
export function coverageLines({ counts, emptySingles }: SummaryCoverage): readonly string[] {
  const lines = counts.map(
    ({ group, singles, pairs }) =>
      `coverage of ${group}s: single cells ${share(singles)}, pairs ${share(pairs)}`,
  );
  if (emptySingles.length === 0) return lines;
  const named = emptySingles.slice(0, MOST_NAMED).join('; ');
  const rest = emptySingles.length - MOST_NAMED;
  return [
    ...lines,
    `empty: ${named}${rest > 0 ? ` and ${rest} more single cells, listed in coverage.md` : ''}`,
  ];
}

/** The whole map for people: how full each group is, every empty cell, and what cannot be filled, by reason. */
export function coverageMarkdown(set: CoverageSet): string {
  const reasons = new Map<string, string[]>();
  for (const cell of cellSpace().cells) {
    if (cell.unreachable === null) continue;
    const list = reasons.get(cell.unreachable) ?? [];
    list.push(cellText(cell));
    reasons.set(cell.unreachable, list);
  }
  const empty = emptyCells(set);
  const listOf = (isPair: boolean): readonly string[] => {
    const texts = empty.filter((cell) => cell.isPair === isPair).map((cell) => `- ${cellText(cell)}`);
    return texts.length === 0 ? ['None.'] : texts;
  };
  return [
    '# Coverage',
    '',
    '| group | single cells | pairs |',
    '|---|---|---|',
    ...countCoverage(set).map((c) => `| ${c.group} | ${share(c.singles)} | ${share(c.pairs)} |`),
    '',
    '## Empty single cells',
    '',
    ...listOf(false),
    '',
    '## Empty pairs',
    '',
    ...listOf(true),
    '',
    ...impossibleCells(set).map((cell) => `- filled, though "${cell.unreachable}": ${cellText(cell)}`),
    '## What cannot be filled',
    '',
    ...[...reasons].map(
      ([reason, cells]) => `- ${reason}: ${cells.length} cells, such as "${cells[0] ?? ''}"`,
    ),
    '',
  ].join('\n');
}

const FILE = v.object({ schema: v.literal('callfuzz.coverage/1'), filled: v.array(v.string()) });

/** Cells filled in earlier campaigns; an empty map where there is no such file yet. Throws UsageError for a damaged one. */
export function readCoverage(file: string): CoverageSet {
  const set = newCoverage();
  if (!existsSync(file)) return set;
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: cannot be read as a coverage map`, { cause: error });
  }
  const parsed = v.safeParse(FILE, data);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UsageError(
      `${file}: damaged coverage map: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`,
    );
  }
  // By name, so that a map outlives the versions of the tool that number cells otherwise.
  const filled = new Set(parsed.output.filled);
  for (const [i, cell] of cellSpace().cells.entries()) if (filled.has(cellText(cell))) set[i] = 1;
  return set;
}

/** Writes a map for later campaigns. Throws UsageError where the file cannot be written. */
export function writeCoverage(file: string, set: CoverageSet): void {
  const filled = cellSpace()
    .cells.filter((_, i) => set[i] === 1)
    .map(cellText);
  try {
    writeFileSync(file, `${JSON.stringify({ schema: 'callfuzz.coverage/1', filled }, null, 1)}\n`);
  } catch (error) {
    throw new UsageError(`cannot write ${file} (${error instanceof Error ? error.message : String(error)})`);
  }
}
