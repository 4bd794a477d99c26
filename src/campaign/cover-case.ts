import { layoutSignature, type SignatureLayout } from '../abi/layout.ts';
import type { Case } from '../clif/case.ts';
import type { Signature } from '../clif/signature.ts';
import { coverCompiled, coverModule, type ModuleFacts } from '../coverage/cover-module.ts';
import type { CoverageSet } from '../coverage/coverage-set.ts';
import type { OnCompiled } from './run-case.ts';

function layouts(implicitReturnArea: boolean): (signature: Signature) => SignatureLayout {
  const known = new Map<Signature, SignatureLayout>();
  return (signature) => {
    const layout = known.get(signature) ?? layoutSignature(signature, { implicitReturnArea });
    known.set(signature, layout);
    return layout;
  };
}

/** For `runCase`: marks in `set` what the case shows under each configuration that compiles. */
export function caseCoverer(set: CoverageSet, kase: Case): OnCompiled {
  // The module's part is the same whatever it is compiled with, and only compiled modules show anything.
  let facts: ModuleFacts | null = null;
  return (configuration, functions) => {
    const hasArea = configuration.shared['enable_multi_ret_implicit_sret'] === 'true';
    facts ??= coverModule(set, kase.module, layouts(hasArea));
    coverCompiled(set, facts, configuration, functions);
  };
}
