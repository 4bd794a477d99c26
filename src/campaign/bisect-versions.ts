export type Probe = 'fails' | 'passes' | 'cannot-tell';

/** Where a sequence of versions changes from one verdict to the other. Indices into the list. */
export type Boundary =
  /** `first` has the verdict of the last end and `before` that of the first end; what lies between cannot tell. */
  | {
      readonly kind: 'found';
      readonly before: number;
      readonly first: number;
      readonly isRegression: boolean;
    }
  | {
      readonly kind: 'same-ends';
      readonly verdict: 'fails' | 'passes';
      readonly first: number;
      readonly last: number;
    }
  /** Nothing in the list can tell, or only one version. */
  | { readonly kind: 'none' };

/** Indices between two others, the middle first and then outwards. */
function fromMiddle(low: number, high: number): readonly number[] {
  const middle = (low + high) >> 1;
  const between = Array.from({ length: Math.max(0, high - low - 1) }, (_, i) => low + 1 + i);
  return between.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle) || a - b);
}

async function firstThatTells(
  order: readonly number[],
  probe: (index: number) => Promise<Probe>,
): Promise<{ readonly index: number; readonly verdict: 'fails' | 'passes' } | null> {
  for (const index of order) {
    const verdict = await probe(index);
    if (verdict !== 'cannot-tell') return { index, verdict };
  }
  return null;
}

/**
 * Binary search over `count` versions, oldest first, for the place where the verdict changes. The ends are tried first,
 * the newest before the oldest; a version that cannot tell gives way to its nearest neighbour. No version is probed twice.
 */
export async function bisectVersions(
  count: number,
  probe: (index: number) => Promise<Probe>,
): Promise<Boundary> {
  const seen = new Map<number, Probe>();
  const once = async (index: number): Promise<Probe> => {
    const verdict = seen.get(index) ?? (await probe(index));
    seen.set(index, verdict);
    return verdict;
  };
  const all = Array.from({ length: count }, (_, i) => i);
  const newest = await firstThatTells(all.toReversed(), once);
  if (newest === null) return { kind: 'none' };
  const oldest = await firstThatTells(all.slice(0, newest.index), once);
  if (oldest === null) return { kind: 'none' };
  if (oldest.verdict === newest.verdict) {
    return { kind: 'same-ends', verdict: newest.verdict, first: oldest.index, last: newest.index };
  }
  let low = oldest.index;
  let high = newest.index;
  for (;;) {
    const next = await firstThatTells(fromMiddle(low, high), once);
    if (next === null) {
      return { kind: 'found', before: low, first: high, isRegression: newest.verdict === 'fails' };
    }
    if (next.verdict === newest.verdict) high = next.index;
    else low = next.index;
  }
}
