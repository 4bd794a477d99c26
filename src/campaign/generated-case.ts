import type { Case } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import { makeCase } from '../gen/case-arbitrary.ts';
import { findProfile } from '../gen/profiles.ts';
import type { Environment } from './environment.ts';
import { PROFILE_NAMES } from './profile-names.ts';

/** The case a campaign of `profile` made from `caseSeed`, provided Cranelift and emulator are the same. Throws UsageError. */
export function generatedCase(environment: Environment, profile: string, caseSeed: string): Case {
  if (!/^[0-9a-f]{16}$/.test(caseSeed)) {
    throw new UsageError(`not a case seed: ${JSON.stringify(caseSeed)}; expected 16 hexadecimal digits`);
  }
  const found = findProfile(profile);
  if (found === undefined)
    throw new UsageError(`no profile ${profile}; there are ${PROFILE_NAMES.join(', ')}`);
  return makeCase(found.config, environment.abilities, caseSeed);
}
