import { layoutSignature, type SignatureLayout } from '../abi/layout.ts';
import type { Case } from '../clif/case.ts';
import type { Signature } from '../clif/signature.ts';
import { coverCompiled, coverModule, type ModuleFacts } from '../coverage/cover-module.ts';
import type { CoverageSet } from '../coverage/coverage-set.ts';
import { hasImplicitReturnArea } from './link-case.ts';
import type { OnCompiled } from './run-case.ts';

function layouts(implicitReturnArea: boolean): (signature: Signature) => SignatureLayout {
  const known = new Map<Signature, SignatureLayout>();
  return (signature) => {
    const layout = known.get(signature) ?? layoutSignature(signature, { implicitReturnArea });
    known.set(signature, layout);
    return layout;
  };
}

/** Taking a case down costs a tenth of compiling it: one in four is enough to tell what is never tried. */
const ONE_IN = 4;

/** For `runCase`: marks in `set` what the case shows under each configuration that compiles; nothing for most cases. */
export function caseCoverer(set: CoverageSet, kase: Case): OnCompiled | undefined {
  if (Number.parseInt(kase.seed.slice(8, 16), 16) % ONE_IN !== 0) return undefined;

  // The module's part is the same whatever it is compiled with, and only compiled modules show anything.
  let facts: ModuleFacts | null = null;
  return (configuration, functions) => {
    const hasArea = hasImplicitReturnArea(configuration);
    facts ??= coverModule(set, kase.module, layouts(hasArea));
    coverCompiled(set, facts, configuration, functions);
  };
}
