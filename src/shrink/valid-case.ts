import type { Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import type { Function, Inst } from '../clif/module.ts';
import { findFunction, functionNameText, NO_TABLES } from '../clif/module.ts';
import { bitMask, typeInfo } from '../clif/type.ts';

const DECLARATIONS = new WeakMap<Function, Function>();

/** The function with a body that only traps: enough to check calls against, and quick to check itself. */
function declarationOf(fn: Function): Function {
  let declaration = DECLARATIONS.get(fn);
  if (declaration === undefined) {
    const trap: Inst = { kind: 'trap', op: 'trap', type: null, results: [], args: [], code: 'user1' };
    const params = fn.signature.params.map(({ type }, value) => ({ value, type }));
    declaration = {
      ...fn,
      ...NO_TABLES,
      blocks: [{ id: 0, params, insts: [trap], cold: false }],
      valueTypes: params.map((param) => param.type),
    };
    DECLARATIONS.set(fn, declaration);
  }
  return declaration;
}

/** `isValidCase` for a case that was made from a valid one: bodies the two share are not looked at again. */
export function isValidStep(from: Case, kase: Case): boolean {
  const old = new Map(from.module.functions.map((fn) => [functionNameText(fn.name), fn]));
  let keepsSignatures = true;
  const functions = kase.module.functions.map((fn) => {
    const before = old.get(functionNameText(fn.name));
    if (before?.signature !== fn.signature) keepsSignatures = false;
    return before === fn ? declarationOf(fn) : fn;
  });
  return isValidCase(keepsSignatures ? { ...kase, module: { functions } } : kase);
}

/** True where the module keeps CLIF's rules and every input fits the entry. */
export function isValidCase(kase: Case): boolean {
  const entry = findFunction(kase.module, kase.entry);
  if (entry === undefined || kase.configurations.length === 0) return false;
  const { params } = entry.signature;
  const fits = kase.inputs.every(
    (input) =>
      input.length === params.length &&
      params.every((param, index) => {
        const bits = input[index] ?? -1n;
        return bits >= 0n && bits <= bitMask(typeInfo(param.type).bits);
      }),
  );
  return fits && checkModule(kase.module).length === 0;
}
