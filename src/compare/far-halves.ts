import type { Function, Module } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';

/** What a value takes of an area at most, but for vectors longer than 128 bits, beside which no half matters. */
const PASSED_BYTES = 16;
/** Of 2048, which an immediate does not reach; the rest is room for spills and saved registers. */
const FAR_BYTES = 1024;

function areaBytes({ params, returns }: Signature): number {
  return PASSED_BYTES * (params.length + returns.length);
}

function mayStoreFar(fn: Function): boolean {
  if (!fn.valueTypes.includes('f16')) return false;
  const slots = [...fn.stackSlots.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const outgoing = Math.max(0, ...[...fn.sigRefs.values()].map(areaBytes));
  return slots + outgoing + areaBytes(fn.signature) >= FAR_BYTES;
}

/**
 * Whether some function may store an f16 where an immediate does not reach, which is what goes wrong without zfhmin (docs/findings.md, F4). What fails
 * elsewhere without zfhmin fails for another reason.
 */
export function mayStoreFarHalf(module: Module): boolean {
  return module.functions.some(mayStoreFar);
}
