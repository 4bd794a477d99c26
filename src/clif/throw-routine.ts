import { functionNameText, type FunctionName, type Module } from './module.ts';
import type { Outcome } from './outcome.ts';
import { abiParam, type Signature } from './signature.ts';
import type { Type } from './type.ts';

/** A routine that throws an exception and never returns. */
export interface ThrowRoutine {
  readonly name: FunctionName;
  /** `(entry_fp, exit_fp, exit_pc, tag, payload0, payload1)`, then, if it names one, the instance of the tag. */
  readonly signature: Signature;
  /** Whether a handler that follows a context takes its tag only where the context's value is the instance. */
  readonly namesInstance: boolean;
}

function routine(name: string, namesInstance: boolean): ThrowRoutine {
  const types: readonly Type[] = ['i64', 'i64', 'i64', 'i32', 'i64', 'i64'];
  const params = [...types, ...(namesInstance ? (['i64'] as const) : [])].map((type) => abiParam(type));
  return {
    name: { kind: 'test', name },
    signature: { params, returns: [], callConv: 'system_v' },
    namesInstance,
  };
}

/**
 * By which Wasmtime's filetests throw (cranelift-filetests `function_runner.rs`): searches the frames from that whose pointer is
 * `exit_fp`, the caller's, outwards to that of `entry_fp`, which is not searched. `exit_pc` is never needed. It takes no notice of contexts.
 */
export const THROW: ThrowRoutine = routine('__cranelift_throw', false);

/**
 * The same with an instance: what contexts are there for (`ir/exception_table.rs`), and what Wasmtime's runtime does with them. Its `exit_pc` is
 * where the caller returns to (`get_return_address`), which has to be what its frame record holds, or 0 or 1 for nothing.
 */
export const THROW_TO: ThrowRoutine = routine('callfuzz_throw_to', true);

const ROUTINES: ReadonlyMap<string, ThrowRoutine> = new Map(
  [THROW, THROW_TO].map((one) => [functionNameText(one.name), one]),
);

/** The routine of this name as CLIF prints it, or null. */
export function throwRoutineNamed(name: string): ThrowRoutine | null {
  return ROUTINES.get(name) ?? null;
}

/** The routines that a module names and does not define. */
export function throwRoutinesOf(module: Module): readonly ThrowRoutine[] {
  const found = new Set<ThrowRoutine>();
  for (const fn of module.functions) {
    for (const { name } of fn.funcRefs.values()) {
      if (name.kind !== 'test') continue;
      const one = throwRoutineNamed(functionNameText(name));
      if (one !== null) found.add(one);
    }
  }
  if (found.size === 0) return NONE;
  const defined = new Set(module.functions.map((fn) => functionNameText(fn.name)));
  return [...found].filter((one) => !defined.has(functionNameText(one.name)));
}

const NONE: readonly ThrowRoutine[] = [];

/** What a run comes to where an exception is thrown that no handler takes: ends like a trap, with a code that no trap has. */
export const UNCAUGHT: Outcome = { kind: 'trapped', code: 'uncaught exception' };
