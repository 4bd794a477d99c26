import { createHash } from 'node:crypto';
import { CALL_GROUP } from './call-group.ts';
import { FRAME_GROUP } from './frame-group.ts';
import type { Group, Pick } from './group.ts';
import { VALUE_GROUP } from './value-group.ts';

export const GROUPS: readonly Group[] = [VALUE_GROUP, CALL_GROUP, FRAME_GROUP];

/** One or two dimensions of a group with a value for each: what a campaign has shown or not. */
export interface Cell {
  readonly group: string;
  readonly pick: Pick;
  readonly isPair: boolean;
  /** Why nothing can fill it; null for a cell that counts. */
  readonly unreachable: string | null;
}

/** Where a group's cells begin: those of dimension `a`, and those of the pair of dimensions `a` and `b`. */
export interface GroupOffsets {
  readonly singles: readonly number[];
  /** By `a * dimensions + b`, for a < b. */
  readonly pairs: readonly number[];
  /** How many values each dimension has. */
  readonly sizes: readonly number[];
}

export interface CellSpace {
  readonly cells: readonly Cell[];
  readonly offsets: ReadonlyMap<Group, GroupOffsets>;
  /** Changes whenever the cells do. */
  readonly digest: string;
}

/** `value: type i8x16, place stack`. */
export function cellText(cell: Cell): string {
  const parts = Object.entries(cell.pick).map(([name, value]) => `${name} ${value}`);
  return `${cell.group}: ${parts.join(', ')}`;
}

function addGroup(cells: Cell[], group: Group): GroupOffsets {
  const { dimensions, name } = group;
  const singles: number[] = [];
  const pairs: number[] = [];
  const add = (pick: Pick, isPair: boolean): void => {
    cells.push({ group: name, pick, isPair, unreachable: group.whyNot(pick) });
  };
  for (const { name: a, values } of dimensions) {
    singles.push(cells.length);
    for (const value of values) add({ [a]: value }, false);
  }
  for (const [i, a] of dimensions.entries()) {
    for (const [j, b] of dimensions.entries()) {
      if (j <= i) continue;
      pairs[i * dimensions.length + j] = cells.length;
      for (const first of a.values)
        for (const second of b.values) add({ [a.name]: first, [b.name]: second }, true);
    }
  }
  return { singles, pairs, sizes: dimensions.map((d) => d.values.length) };
}

function makeSpace(): CellSpace {
  const cells: Cell[] = [];
  const offsets = new Map<Group, GroupOffsets>();
  for (const group of GROUPS) offsets.set(group, addGroup(cells, group));
  const digest = createHash('sha256').update(cells.map(cellText).join('\n')).digest('hex').slice(0, 16);
  return { cells, offsets, digest };
}

let made: CellSpace | null = null;

/** All cells, numbered alike in every process of one version of the tool. */
export function cellSpace(): CellSpace {
  made ??= makeSpace();
  return made;
}
