import type { Case } from '../clif/case.ts';
import type { Function } from '../clif/module.ts';

/** Makes one smaller case, or null where the idea does not apply. Lazy, so that skipping one costs nothing. */
export type Candidate = () => Case | null;

/** One way of making a case smaller. The candidates depend on the case alone and come biggest step first. */
export interface Pass {
  readonly name: string;
  readonly candidates: (kase: Case) => Iterable<Candidate>;
}

/** Ranges of `0..count`, the whole first, then halves, quarters … down to single elements (Zeller's ddmin). */
export function* chunks(count: number): Generator<readonly [start: number, end: number]> {
  if (count <= 0) return;
  for (let size = count; ; size = Math.ceil(size / 2)) {
    for (let start = 0; start < count; start += size) yield [start, Math.min(start + size, count)];
    if (size === 1) return;
  }
}

/** The case with each function replaced by what `edit` makes of it; null when no function changed. */
export function mapFunctions(kase: Case, edit: (fn: Function) => Function): Case | null {
  let isChanged = false;
  const functions = kase.module.functions.map((fn) => {
    const edited = edit(fn);
    if (edited !== fn) isChanged = true;
    return edited;
  });
  return isChanged ? { ...kase, module: { functions } } : null;
}

/** The case with `target` (by identity) replaced. */
export function replaceFunction(kase: Case, target: Function, edited: Function): Case {
  return { ...kase, module: { functions: kase.module.functions.map((fn) => (fn === target ? edited : fn)) } };
}
