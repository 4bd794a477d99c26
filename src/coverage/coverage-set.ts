import type { Group, Sample } from './group.ts';
import { cellSpace, type Cell } from './cell-space.ts';

/** Which cells were seen: a byte each, 1 for seen. */
export type CoverageSet = Uint8Array;

export function newCoverage(): CoverageSet {
  return new Uint8Array(cellSpace().cells.length);
}

/** Marks the cells of a sample: each dimension alone and each pair. */
export function markSample(set: CoverageSet, group: Group, sample: Sample): void {
  const offsets = cellSpace().offsets.get(group);
  if (offsets === undefined) return;
  const { singles, pairs, sizes } = offsets;
  const count = sample.length;
  for (let a = 0; a < count; a += 1) {
    const first = sample[a] ?? 0;
    set[(singles[a] ?? 0) + first] = 1;
    for (let b = a + 1; b < count; b += 1) {
      set[(pairs[a * count + b] ?? 0) + first * (sizes[b] ?? 0) + (sample[b] ?? 0)] = 1;
    }
  }
}

export function uniteCoverage(into: CoverageSet, more: CoverageSet): void {
  for (let i = 0; i < into.length; i += 1) into[i] = (into[i] ?? 0) | (more[i] ?? 0);
}

/** Base64 of one bit a cell, least significant first. */
export function encodeCoverage(set: CoverageSet): string {
  const bits = new Uint8Array(Math.ceil(set.length / 8));
  for (const [i, seen] of set.entries()) bits[i >> 3] = (bits[i >> 3] ?? 0) | (seen << (i & 7));
  return Buffer.from(bits).toString('base64');
}

/** Null for a text that is not of this version's cells. */
export function decodeCoverage(text: string): CoverageSet | null {
  const set = newCoverage();
  const bits = Buffer.from(text, 'base64');
  if (bits.length !== Math.ceil(set.length / 8)) return null;
  for (let i = 0; i < set.length; i += 1) set[i] = ((bits[i >> 3] ?? 0) >> (i & 7)) & 1;
  return set;
}

export interface CoverageCount {
  readonly group: string;
  /** Cells of one dimension, and of two; only those that something can fill. */
  readonly singles: { readonly filled: number; readonly reachable: number };
  readonly pairs: { readonly filled: number; readonly reachable: number };
}

/** Cells that count and were not seen. */
export function emptyCells(set: CoverageSet): readonly Cell[] {
  return cellSpace().cells.filter((cell, i) => cell.unreachable === null && set[i] === 0);
}

/** Cells that were seen though the map says that nothing can fill them: the map is wrong there. */
export function impossibleCells(set: CoverageSet): readonly Cell[] {
  return cellSpace().cells.filter((cell, i) => cell.unreachable !== null && set[i] === 1);
}

export function countCoverage(set: CoverageSet): readonly CoverageCount[] {
  const counts = new Map<string, { singles: [number, number]; pairs: [number, number] }>();
  for (const [i, cell] of cellSpace().cells.entries()) {
    if (cell.unreachable !== null) continue;
    const count = counts.get(cell.group) ?? { singles: [0, 0], pairs: [0, 0] };
    counts.set(cell.group, count);
    const kind = cell.isPair ? count.pairs : count.singles;
    kind[0] += set[i] ?? 0;
    kind[1] += 1;
  }
  return [...counts].map(([group, { singles, pairs }]) => ({
    group,
    singles: { filled: singles[0], reachable: singles[1] },
    pairs: { filled: pairs[0], reachable: pairs[1] },
  }));
}
