import type { Case } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import { coarseBucket } from '../compare/bucket.ts';
import { PLACE_SEPARATOR } from '../compare/outcomes.ts';
import type { Finding } from '../compare/verdict.ts';
import { openEnvironment, type EnvironmentOptions } from './environment.ts';
import { replayCase, usable } from './replay.ts';
import { openStation } from './station.ts';
import { verdictText } from './verdict-text.ts';

/** What one Cranelift version makes of a case. */
export type VersionVerdict =
  | { readonly kind: 'fails'; readonly version: string; readonly detail: string; readonly finding: Finding }
  | { readonly kind: 'passes'; readonly version: string; readonly detail: string }
  /** It cannot be built or does not know the text or a setting, or it fails in another way than the one asked about. */
  | { readonly kind: 'cannot-tell'; readonly version: string; readonly detail: string };

/**
 * Whether two findings look like one bug in two versions. A panic's or a refusal's place holds version and line, which
 * change from one to the next, so those go by kind.
 */
export function isSameFault(a: Finding, b: Finding): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'abi-violation') {
    // One run of one input breaks several rules; a version may break more of them than another.
    const others = new Set(b.place.split(PLACE_SEPARATOR));
    return a.place.split(PLACE_SEPARATOR).every((part) => others.has(part));
  }
  return a.kind === 'compiler-panic' || a.kind === 'compiler-error' || coarseBucket(a) === coarseBucket(b);
}

/** A refusal of the reader or the verifier: the text is not this version's CLIF. */
function isOtherDialect(finding: Finding): boolean {
  return finding.kind === 'compiler-error' && /^(reader|verifier) /.test(finding.place);
}

/** Which Cranelift to ask. */
export type CraneliftBuild = Pick<EnvironmentOptions, 'cranelift' | 'debugAssertions'>;

/**
 * Builds a driver for `build` if there is none and runs the case on it. `reference`: the fault asked about, which other findings of the case
 * do not hide; null for any.
 */
export async function versionVerdict(
  build: CraneliftBuild,
  kase: Case,
  reference: Finding | null,
  onProgress: (line: string) => void,
): Promise<VersionVerdict> {
  const environment = await openEnvironment({ ...build, onProgress });
  const version = environment.cranelift;
  const { kase: fitted, skipped } = usable(kase, environment.abilities);
  if (skipped.length > 0) return { kind: 'cannot-tell', version, detail: skipped.join('; ') };
  const station = await openStation(
    environment,
    [],
    (_, finding) => reference !== null && !isSameFault(reference, finding),
  );
  try {
    const { verdict } = await replayCase(station, fitted, environment.abilities, []);
    const detail = verdictText(verdict);
    if (verdict.kind === 'agree') return { kind: 'passes', version, detail };
    if (verdict.kind !== 'finding' || isOtherDialect(verdict.finding))
      return { kind: 'cannot-tell', version, detail };
    if (reference !== null && !isSameFault(reference, verdict.finding)) {
      return { kind: 'cannot-tell', version, detail: `fails otherwise: ${detail}` };
    }
    return { kind: 'fails', version, detail, finding: verdict.finding };
  } finally {
    await station.close();
  }
}

/** The same, where a version that cannot be built is one that cannot tell. */
export async function versionVerdictOrNone(
  build: CraneliftBuild,
  kase: Case,
  reference: Finding | null,
  onProgress: (line: string) => void,
): Promise<VersionVerdict> {
  try {
    return await versionVerdict(build, kase, reference, onProgress);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: 'cannot-tell', version: build.cranelift, detail: error.message };
  }
}
