import { PROFILES } from '../gen/profiles.ts';

export const PROFILE_NAMES: readonly string[] = PROFILES.map((p) => p.name);

/** One line a profile, for help texts. */
export function profilesText(): string {
  return PROFILES.map((p) => `  ${p.name.padEnd(10)} ${p.summary}`).join('\n');
}
