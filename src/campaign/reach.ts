import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import { findFunction, functionNameText, type Function, type Module } from '../clif/module.ts';
import type { CodeFault } from './code-faults.ts';

/** Relocations that reach no further than 2 GiB (RISC-V ELF psABI, "Relocations"). */
const NEAR: readonly string[] = ['RiscvCall', 'RiscvCallPlt', 'RiscvPCRelHi20'];

/** One that holds an address as such, which only a loader can fill in, where the code is to lie anywhere (RISC-V ELF psABI, "Position independent code"). */
const ABSOLUTE = 'Abs8';

/** The places of such findings. */
export const NOT_PIC = 'absolute address in position independent code';
export const TOO_NEAR = 'function that may be far reached as a near one';

/** Functions that `fn` declares, and never as colocated: they may lie anywhere (cranelift-codegen `machinst/abi.rs`, `RelocDistance::Far`). */
function farFunctions({ funcRefs }: Function): ReadonlySet<string> {
  const far = new Set<string>();
  const near = new Set<string>();
  for (const { name, colocated } of funcRefs.values()) (colocated ? near : far).add(functionNameText(name));
  return new Set([...far].filter((name) => !near.has(name)));
}

function faultOf(fn: Function, { relocations }: CompiledFunction, isPic: boolean): CodeFault | null {
  const where = (offset: number): string => `${functionNameText(fn.name)}+0x${offset.toString(16)}`;
  const absolute = isPic ? relocations.find(({ kind }) => kind === ABSOLUTE) : undefined;
  if (absolute !== undefined)
    return { place: NOT_PIC, detail: `${where(absolute.offset)} is relocated by ${absolute.kind}` };
  const near = relocations.filter(({ kind }) => NEAR.includes(kind));
  const far = near.length === 0 ? null : farFunctions(fn);
  for (const { kind, offset, target } of near) {
    if (target.kind !== 'function') continue;
    const callee = functionNameText(target.name);
    if (far?.has(callee) === true)
      return {
        place: TOO_NEAR,
        detail: `${where(offset)} reaches ${callee}, which is not colocated, by ${kind}`,
      };
  }
  return null;
}

/** The first relocation by which compiled code counts on a function to be near that may be far, or on its own place; null for none. */
export function reachFault(
  module: Module,
  { shared }: Configuration,
  compiled: readonly CompiledFunction[],
): CodeFault | null {
  for (const own of compiled) {
    const fn = own.relocations.length === 0 ? undefined : findFunction(module, own.name);
    const fault = fn === undefined ? null : faultOf(fn, own, shared['is_pic'] === 'true');
    if (fault !== null) return fault;
  }
  return null;
}
