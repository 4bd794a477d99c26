import { isModelled } from '../abi/convention.ts';
import type { Artifact } from '../backend/artifact.ts';
import { tailGrowthBytes } from '../abi/tail-growth.ts';
import { calleesOf } from '../backend/callees.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import { linkModule } from '../backend/link.ts';
import { throwCalleesOf } from '../backend/throw-callees.ts';
import { parseUnwind } from '../backend/unwind-steps.ts';
import type { FunctionUnwinding } from '../backend/unwind-table.ts';
import type { Configuration } from '../clif/case.ts';
import { findFunction, functionNameText, type Module } from '../clif/module.ts';
import type { Guest } from '../emulator/guest.ts';
import { isUnwindable } from './unwind-fault.ts';

/** Whether results that do not fit in registers come back through a hidden pointer. */
export function hasImplicitReturnArea(configuration: Configuration): boolean {
  return configuration.shared['enable_multi_ret_implicit_sret'] === 'true';
}

/** How the functions say that they are unwound; null where they were not asked, or say nothing. */
function unwindingOf(
  module: Module,
  configuration: Configuration,
  functions: readonly CompiledFunction[],
): readonly FunctionUnwinding[] | null {
  if (!isUnwindable(configuration)) return null;
  const all = functions.flatMap(({ name, unwind }): readonly FunctionUnwinding[] => {
    const fn = findFunction(module, name);
    if (unwind === undefined || fn === undefined) return [];
    return [{ steps: parseUnwind(unwind), growthBytes: tailGrowthBytes(fn) }];
  });
  return all.length === functions.length ? all : null;
}

/**
 * Links what one configuration under Cranelift `version` made of `module` for `guest`, with or without veneers in front of its calls. A
 * module that throws has them in any case: what they remember of calls is what the guest unwinds by. Functions of a convention
 * that this version means otherwise than the model have none. With veneers goes a look at unwinding information, where that was asked for.
 */
export function linkCase(
  guest: Pick<Guest, 'base' | 'runtime'>,
  module: Module,
  configuration: Configuration,
  functions: readonly CompiledFunction[],
  hasVeneers: boolean,
  version: string,
): Artifact {
  const throwing = throwCalleesOf(module);
  if (!hasVeneers && throwing.length === 0) return linkModule(functions, guest.base);
  const names = new Set(functions.map((fn) => functionNameText(fn.name)));
  const compiled = module.functions.filter(
    (fn) => names.has(functionNameText(fn.name)) && isModelled(fn.signature.callConv, version),
  );
  const callees = calleesOf(module, compiled, hasImplicitReturnArea(configuration));
  return linkModule(functions, guest.base, {
    unwinding: unwindingOf(module, configuration, functions),
    veneers: { callees: throwing.length === 0 ? callees : [...callees, ...throwing], runtime: guest.runtime },
  });
}
