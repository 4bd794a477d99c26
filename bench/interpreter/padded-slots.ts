import type { Function, Module, StackSlot } from '../../src/clif/module.ts';

function alignmentOf(module: Module): number {
  const slots = module.functions.flatMap((fn) => [...fn.stackSlots.values()]);
  return Math.max(1, ...slots.map((slot) => slot.alignBytes));
}

function padded(fn: Function, alignBytes: number): Function {
  const pad = (slot: StackSlot): StackSlot => ({
    ...slot,
    sizeBytes: Math.ceil(slot.sizeBytes / alignBytes) * alignBytes,
  });
  return { ...fn, stackSlots: new Map([...fn.stackSlots].map(([number, slot]) => [number, pad(slot)])) };
}

/**
 * The module with stack slots so long that each is aligned as the most demanding of them asks for, when all slots of all frames
 * lie one behind the other from an aligned place on; itself where no slot asks for any.
 */
export function paddedSlots(module: Module): Module {
  const alignBytes = alignmentOf(module);
  if (alignBytes === 1) return module;
  return { ...module, functions: module.functions.map((fn) => padded(fn, alignBytes)) };
}
