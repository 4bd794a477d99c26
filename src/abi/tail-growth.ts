import { isReturnCall, signatureOfCall, type Function } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { layoutSignature } from './layout.ts';

function argumentAreaBytes(signature: Signature): number {
  return layoutSignature(signature, { implicitReturnArea: true }).argumentAreaBytes;
}

/**
 * Bytes that a function makes the area of its own arguments larger for its tail calls (cranelift-codegen `machinst/abi.rs`, `accumulate_tail_args_size`). Throws HarnessError
 * for signatures that Cranelift cannot compile.
 */
export function tailGrowthBytes(fn: Function): number {
  const own = argumentAreaBytes(fn.signature);
  const tails = fn.blocks.flatMap(({ insts }) => insts.filter(isReturnCall));
  const areas = tails.flatMap((inst) => {
    const signature = signatureOfCall(fn, inst);
    return signature === undefined ? [] : [argumentAreaBytes(signature)];
  });
  return Math.max(0, ...areas.map((bytes) => bytes - own));
}
