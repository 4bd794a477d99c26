import type { Case } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import { makeCase } from '../gen/case-arbitrary.ts';
import type { Abilities } from '../gen/config.ts';
import { withCorner } from '../gen/corners.ts';
import { findProfile, memberFor, type Profile } from '../gen/profiles.ts';
import { aimOfSeed } from './aim.ts';
import type { Environment } from './environment.ts';
import { PROFILE_NAMES } from './profile-names.ts';
import { tiltConfig } from './tilt.ts';

/** The case a campaign of `profile` made from `caseSeed`, provided Cranelift and emulator are the same. Throws UsageError. */
export function generatedCase(environment: Environment, profile: string, caseSeed: string): Case {
  if (aimOfSeed(caseSeed) === undefined) {
    throw new UsageError(
      `not a case seed: ${JSON.stringify(caseSeed)}; expected 16 hexadecimal digits, and perhaps "-" and the number of a cell`,
    );
  }
  const found = findProfile(profile);
  if (found === undefined)
    throw new UsageError(`no profile ${profile}; there are ${PROFILE_NAMES.join(', ')}`);
  return caseFromSeed(found, environment.abilities, caseSeed);
}

/** The case that `caseSeed` names: of the profile, bent towards the cell it aims at. */
export function caseFromSeed(named: Profile, abilities: Abilities, caseSeed: string): Case {
  const profile = memberFor(named, caseSeed);
  const aim = profile.parties === undefined ? aimOfSeed(caseSeed) : null;
  const config =
    aim === null || aim === undefined
      ? withCorner(profile.config, caseSeed)
      : tiltConfig(profile.config, aim);
  const kase = makeCase(config, abilities, caseSeed);
  return profile.parties === undefined ? kase : { ...kase, parties: profile.parties };
}
