import { blockCallsOf, type Function } from './module.ts';

/** Control flow by index into `fn.blocks`. */
export interface Dominance {
  readonly isReachable: (block: number) => boolean;
  /** Both must be reachable. */
  readonly dominates: (above: number, below: number) => boolean;
}

function successorsOf(fn: Function, blockIndex: ReadonlyMap<number, number>): readonly (readonly number[])[] {
  return fn.blocks.map((block) => {
    const last = block.insts.at(-1);
    if (last === undefined) return [];
    const successors: number[] = [];
    for (const call of blockCallsOf(last)) {
      const index = blockIndex.get(call.block);
      if (index !== undefined) successors.push(index);
    }
    return successors;
  });
}

/** Blocks in reverse postorder from the entry; unreachable ones are left out. */
function reversePostorder(successors: readonly (readonly number[])[]): readonly number[] {
  const order: number[] = [];
  const next = new Array<number>(successors.length).fill(-1);
  const stack = successors.length === 0 ? [] : [0];
  if (stack.length > 0) next[0] = 0;
  for (let block = stack.at(-1); block !== undefined; block = stack.at(-1)) {
    const i = next[block] ?? 0;
    const successor = successors[block]?.[i];
    if (successor === undefined) {
      order.push(block);
      stack.pop();
      continue;
    }
    next[block] = i + 1;
    if (next[successor] === -1) {
      next[successor] = 0;
      stack.push(successor);
    }
  }
  return order.reverse();
}

/**
 * Immediate dominators by the iterative scheme of Cooper, Harvey and Kennedy ("A Simple, Fast Dominance Algorithm").
 * Functions of one block, the common case, cost nothing.
 */
export function computeDominance(fn: Function, blockIndex: ReadonlyMap<number, number>): Dominance {
  if (fn.blocks.length <= 1) return { isReachable: () => true, dominates: () => true };
  const successors = successorsOf(fn, blockIndex);
  const order = reversePostorder(successors);
  const rank = new Array<number>(fn.blocks.length).fill(-1);
  order.forEach((block, i) => {
    rank[block] = i;
  });
  const predecessors: number[][] = order.map(() => []);
  order.forEach((block, i) => {
    for (const successor of successors[block] ?? []) predecessors[rank[successor] ?? 0]?.push(i);
  });
  /** Immediate dominator by rank; -1: not yet known. */
  const idom = new Array<number>(order.length).fill(-1);
  idom[0] = 0;
  const meet = (a: number, b: number): number => {
    let x = a;
    let y = b;
    while (x !== y) {
      if (x > y) x = idom[x] ?? 0;
      else y = idom[y] ?? 0;
    }
    return x;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 1; i < order.length; i++) {
      let dominator = -1;
      for (const predecessor of predecessors[i] ?? []) {
        if (idom[predecessor] === -1) continue;
        dominator = dominator === -1 ? predecessor : meet(predecessor, dominator);
      }
      if (dominator !== idom[i]) {
        idom[i] = dominator;
        changed = true;
      }
    }
  }
  return {
    isReachable: (block) => rank[block] !== -1,
    dominates: (above, below) => {
      const top = rank[above] ?? 0;
      let at = rank[below] ?? 0;
      while (at > top) at = idom[at] ?? 0;
      return at === top;
    },
  };
}
