import type { Entry } from '../corpus/entry.ts';

/** What a person adds to a finding when it goes into the corpus. */
export interface Promotion {
  readonly note?: string;
  readonly upstream?: string;
  /** Versions that were seen to fail and to pass. */
  readonly fails: readonly string[];
  readonly passes: readonly string[];
}

function bySize(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].sort(bySize);
}

/** The entry with note, upstream reference and versions; a version seen now counts over what was said of it before. */
export function promotedEntry(entry: Entry, promotion: Promotion): Entry {
  const { fails, passes } = promotion;
  return {
    ...entry,
    note: promotion.note ?? entry.note,
    upstream: promotion.upstream ?? entry.upstream,
    cranelift: {
      fails: union(entry.cranelift.fails, fails).filter((version) => !passes.includes(version)),
      passes: union(entry.cranelift.passes, passes).filter((version) => !fails.includes(version)),
    },
  };
}
