import type { Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import { findFunction } from '../clif/module.ts';
import { bitMask, typeInfo } from '../clif/type.ts';

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
