import { cellSpace, type Cell } from '../coverage/cell-space.ts';
import { emptyCells, type CoverageSet } from '../coverage/coverage-set.ts';

/** Share of cases that aim at a cell; the others are drawn as the profile says. */
const AIMED_PERCENT = 40;

/**
 * Numbers of the cells a campaign aims at: those that `known` lacks, or all that something can fill. A cell drawn often and one drawn
 * never get the same number of cases, so rare ones get far more than their share.
 */
export function aimsOf(known: CoverageSet | null): readonly number[] {
  const { cells } = cellSpace();
  const wanted = known === null ? null : new Set<Cell>(emptyCells(known));
  return cells.flatMap((cell, i) => (cell.unreachable === null && (wanted?.has(cell) ?? true) ? [i] : []));
}

/** Adds to a plain case seed the cell its case is to aim at, if it is to: `0123456789abcdef-2f1`. */
export function aimedSeed(seed: string, aims: readonly number[]): string {
  const word = Number.parseInt(seed.slice(0, 8), 16);
  const aim = aims[Math.floor(word / 100) % Math.max(1, aims.length)];
  return word % 100 < AIMED_PERCENT && aim !== undefined ? `${seed}-${aim.toString(16)}` : seed;
}

/** The cell that a case seed aims at; null for a plain one, undefined for text that is no case seed. */
export function aimOfSeed(seed: string): Cell | null | undefined {
  const match = /^[0-9a-f]{16}(?:-([0-9a-f]{1,6}))?$/.exec(seed);
  if (match === null) return undefined;
  const aim = match[1];
  return aim === undefined ? null : cellSpace().cells[Number.parseInt(aim, 16)];
}
