import type { CompiledFunction } from '../backend/compile-result.ts';
import { functionNameText, type Module } from '../clif/module.ts';
import { RECURSION_MAX } from '../gen/plan.ts';

/** Of the stack below sp at entry, bytes: beyond the frames, and the most that is made poison before each run. */
const SPARE_BYTES = 1 << 10;
const MOST_BYTES = 64 << 10;
/** Of a function that calls itself. */
const MOST_ACTIVATIONS = RECURSION_MAX + 1;

/**
 * How much of the stack below sp, bytes, is to begin as poison: as deep as a chain of calls gets through every function, so that what
 * is read of a frame before it is written differs between two runs.
 */
export function poisonBytes(module: Module, functions: readonly CompiledFunction[]): number {
  const recursive = new Set<string>();
  for (const { name, funcRefs } of module.functions) {
    const own = functionNameText(name);
    for (const ref of funcRefs.values()) if (functionNameText(ref.name) === own) recursive.add(own);
  }
  let bytes = SPARE_BYTES;
  for (const { name, frameSizeBytes } of functions) {
    bytes += recursive.has(functionNameText(name)) ? MOST_ACTIVATIONS * frameSizeBytes : frameSizeBytes;
  }
  return Math.min(bytes, MOST_BYTES);
}
