import { NAMED_PROFILES } from '../gen/profiles.ts';

export const PROFILE_NAMES: readonly string[] = NAMED_PROFILES.map((p) => p.name);

/** One line a profile, for help texts. */
export function profilesText(): string {
  return NAMED_PROFILES.map((p) => `  ${p.name.padEnd(13)} ${p.summary}`).join('\n');
}
