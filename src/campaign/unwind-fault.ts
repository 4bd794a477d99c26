import { dwarfName, dwarfNumber, dwarfRegister } from '../abi/dwarf-registers.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import { parseUnwind } from '../backend/unwind-steps.ts';
import type { Configuration } from '../clif/case.ts';
import { functionNameText } from '../clif/module.ts';
import type { CodeFault } from './code-faults.ts';

/** The places of such findings. */
export const NO_UNWINDING = 'unwinding information: none';
export const NO_REGISTER = 'unwinding information: register number that is none';

/** Whether Cranelift tells how the functions of this configuration are unwound, which is its default. */
export function isUnwindable(configuration: Configuration): boolean {
  return configuration.shared['unwind_info'] !== 'false';
}

function faultOf({ name, unwind }: CompiledFunction): CodeFault | null {
  const fn = functionNameText(name);
  // Also a function without a frame has some; it says nothing.
  if (unwind === undefined) return { place: NO_UNWINDING, detail: `${fn} has no unwinding information` };
  for (const step of parseUnwind(unwind)) {
    if (!('register' in step) || dwarfRegister(step.register) !== null) continue;
    const where = `${fn}+0x${step.at.toString(16)}`;
    const vector = `v0 to v31 are ${dwarfNumber({ kind: 'v', register: 0 })} to ${dwarfNumber({ kind: 'v', register: 31 })}`;
    return {
      place: NO_REGISTER,
      detail: `${where}: ${dwarfName(step.register)} is none of x, f and v; ${vector}`,
    };
  }
  return null;
}

/** What is wrong with unwinding information whatever the functions do, the first such thing; null for nothing. For functions whose information was asked for. */
export function unwindFault(
  configuration: Configuration,
  compiled: readonly CompiledFunction[],
): CodeFault | null {
  if (!isUnwindable(configuration)) return null;
  for (const fn of compiled) {
    const fault = faultOf(fn);
    if (fault !== null) return fault;
  }
  return null;
}
