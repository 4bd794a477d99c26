import type { CompiledFunction } from '../backend/compile-result.ts';
import { functionNameText, type Module } from '../clif/module.ts';
import { RECURSION_MAX } from '../gen/plan.ts';

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

function hash(text: string, start: bigint): bigint {
  let state = start;
  for (let i = 0; i < text.length; i += 1) {
    state = BigInt.asUintN(64, (state ^ BigInt(text.charCodeAt(i))) * FNV_PRIME);
  }
  return state;
}

/** The two poisons of a case, 64 bits each, from its seed alone (FNV-1a, twice). */
export function poisonSeeds(caseSeed: string): readonly [bigint, bigint] {
  const first = hash(caseSeed, FNV_OFFSET);
  return [first, hash(caseSeed, first)];
}

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
