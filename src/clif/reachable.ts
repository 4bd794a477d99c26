import { findFunction, type Function, type FunctionName, type Module } from './module.ts';

/** The functions of the module that a call of `entry` may come to: all that its references and symbols name, and theirs. */
export function reachableFunctions(module: Module, entry: FunctionName): readonly Function[] {
  const found = new Set<Function>();
  const waiting: FunctionName[] = [entry];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const fn = findFunction(module, name);
    if (fn === undefined || found.has(fn)) continue;
    found.add(fn);
    for (const ref of fn.funcRefs.values()) waiting.push(ref.name);
    for (const global of fn.globalValues.values()) if (global.kind === 'symbol') waiting.push(global.name);
  }
  return [...found];
}
