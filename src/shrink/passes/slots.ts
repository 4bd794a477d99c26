import type { Function, StackSlot } from '../../clif/module.ts';
import type { Pass } from '../pass.ts';
import { mapFunctions, replaceFunction } from '../pass.ts';

function usedSlots(fn: Function): ReadonlySet<number> {
  const used = new Set<number>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) if (inst.kind === 'stack') used.add(inst.slot);
  }
  return used;
}

function withoutUnusedSlots(fn: Function): Function {
  const used = usedSlots(fn);
  const kept = [...fn.stackSlots].filter(([key]) => used.has(key));
  return kept.length === fn.stackSlots.size ? fn : { ...fn, stackSlots: new Map(kept) };
}

function withSlot(fn: Function, key: number, slot: StackSlot | null): Function {
  const stackSlots = new Map(fn.stackSlots);
  if (slot === null) stackSlots.delete(key);
  else stackSlots.set(key, slot);
  return { ...fn, stackSlots };
}

/** Unused slots away, then smaller sizes and no alignment. A size too small for its accesses is for the oracle to refuse. */
export const plainerSlots: Pass = {
  name: 'plainer slots',
  *candidates(kase) {
    yield () => mapFunctions(kase, withoutUnusedSlots);
    for (const fn of kase.module.functions) {
      const used = usedSlots(fn);
      for (const [key, slot] of fn.stackSlots) {
        if (!used.has(key)) yield () => replaceFunction(kase, fn, withSlot(fn, key, null));
        if (slot.alignBytes > 1) {
          yield () => replaceFunction(kase, fn, withSlot(fn, key, { ...slot, alignBytes: 1 }));
        }
        for (const sizeBytes of new Set([8, 16, slot.sizeBytes >> 2, slot.sizeBytes >> 1])) {
          if (sizeBytes < 1 || sizeBytes >= slot.sizeBytes) continue;
          yield () => replaceFunction(kase, fn, withSlot(fn, key, { ...slot, sizeBytes }));
        }
      }
    }
  },
};
