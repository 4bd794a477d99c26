import type { CompiledFunction } from '../backend/compile-result.ts';
import { findFunction, functionNameText, type Function, type Module } from '../clif/module.ts';
import type { Finding } from '../compare/verdict.ts';

/** Relocations that reach no further than 2 GiB (RISC-V ELF psABI, "Relocations"). */
const NEAR: readonly string[] = ['RiscvCall', 'RiscvCallPlt', 'RiscvPCRelHi20'];

/** The place of such a finding. */
export const TOO_NEAR = 'function that may be far reached as a near one';

/** Functions that `fn` declares, and never as colocated: they may lie anywhere (cranelift-codegen `machinst/abi.rs`, `RelocDistance::Far`). */
function farFunctions({ funcRefs }: Function): ReadonlySet<string> {
  const far = new Set<string>();
  const near = new Set<string>();
  for (const { name, colocated } of funcRefs.values()) (colocated ? near : far).add(functionNameText(name));
  return new Set([...far].filter((name) => !near.has(name)));
}

/** The first relocation by which compiled code counts on a function to be near that may be far; null for none. */
export function reachFinding(
  module: Module,
  compiled: readonly CompiledFunction[],
  configuration: number,
): Finding | null {
  for (const { name, relocations } of compiled) {
    const near = relocations.filter(({ kind }) => NEAR.includes(kind));
    const fn = near.length === 0 ? undefined : findFunction(module, name);
    if (fn === undefined) continue;
    const far = farFunctions(fn);
    for (const { kind, offset, target } of near) {
      if (target.kind !== 'function') continue;
      const callee = functionNameText(target.name);
      if (!far.has(callee)) continue;
      const detail = `${functionNameText(name)}+0x${offset.toString(16)} reaches ${callee}, which is not colocated, by ${kind}`;
      return {
        kind: 'abi-violation',
        place: TOO_NEAR,
        detail,
        configuration,
        input: null,
        expected: null,
        observed: null,
      };
    }
  }
  return null;
}
