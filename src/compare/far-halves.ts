import type { Case } from '../clif/case.ts';
import { liveAcross } from '../clif/liveness.ts';
import {
  blockCallsOf,
  isCall,
  signatureOfCall,
  slotBytes,
  type Function,
  type Inst,
  type Value,
} from '../clif/module.ts';
import type { AbiParam } from '../clif/signature.ts';
import { typeInfo } from '../clif/type.ts';
import { vlenOf } from '../clif/vlen.ts';

/** What a value takes of an area at least. */
const WORD_BYTES = 8;
/** Of 2048, which an immediate does not reach; the rest is room for spilled scalars and saved registers. */
const FAR_BYTES = 1024;

function areaBytes(list: readonly AbiParam[]): number {
  // With what alignment takes, a value has no more than twice its size.
  return list.reduce((sum, { type }) => sum + 2 * Math.max(WORD_BYTES, typeInfo(type).bytes), 0);
}

/**
 * What spilled vectors take: those live across a call, as a call leaves no vector register alone, or from one block to another, where `single_pass` keeps
 * nothing in registers. A spill slot has as many bytes as a register has bits (`isa/riscv64/abi.rs`, `get_number_of_spillslots_for_value`).
 */
function spilledBytes(fn: Function, vlen: number): number {
  const lives = liveAcross(fn, (inst) => isCall(inst) || blockCallsOf(inst).length > 0);
  const spilled = new Set<Value>();
  for (const values of lives.values()) {
    for (const value of values) if (typeInfo(fn.valueTypes[value] ?? 'i64').isVector) spilled.add(value);
  }
  return spilled.size * vlen;
}

/** From sp to the far end of the arguments that came in, about. */
function frameBytes(fn: Function, vlen: number): number {
  const outgoing = [...fn.sigRefs.values()].map(
    ({ params, returns }) => areaBytes(params) + areaBytes(returns),
  );
  const own = areaBytes(fn.signature.params);
  return (
    slotBytes(fn) +
    spilledBytes(fn, vlen) +
    Math.max(0, ...outgoing) +
    Math.max(own, ...[...fn.sigRefs.values()].map(({ params }) => areaBytes(params)))
  );
}

function isHalfStoredFar(fn: Function, inst: Inst, isFrameLarge: () => boolean): boolean {
  if (!inst.args.some((arg) => fn.valueTypes[arg] === 'f16')) return false;
  switch (inst.op) {
    case 'return_call':
    case 'return_call_indirect':
      // Into the area of the function's own arguments, above its frame.
      return isFrameLarge();
    case 'return':
      return areaBytes(fn.signature.returns) >= FAR_BYTES;
    case 'store':
    case 'stack_store':
    case 'atomic_store':
      return isFrameLarge() || (inst.kind === 'memory' && Math.abs(inst.offset) >= FAR_BYTES);
    default: {
      const signature = signatureOfCall(fn, inst);
      return signature !== undefined && areaBytes(signature.params) >= FAR_BYTES;
    }
  }
}

function storesHalfFar(fn: Function, vlen: number): boolean {
  let bytes: number | null = null;
  const isFrameLarge = (): boolean => {
    bytes ??= frameBytes(fn, vlen);
    return bytes >= FAR_BYTES;
  };
  return fn.blocks.some(({ insts }) => insts.some((inst) => isHalfStoredFar(fn, inst, isFrameLarge)));
}

/**
 * Whether some function may store an f16 where an immediate does not reach, which is what goes wrong without zfhmin (docs/findings.md, F4). What fails
 * elsewhere without zfhmin, as a load from as far, fails for another reason.
 */
export function mayStoreFarHalf({
  module,
  configurations,
}: Pick<Case, 'module' | 'configurations'>): boolean {
  const vlen = Math.max(0, ...configurations.map(vlenOf));
  return module.functions.some((fn) => storesHalfFar(fn, vlen));
}
