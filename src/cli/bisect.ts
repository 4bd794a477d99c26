import { bisectVersions, type Boundary } from '../campaign/bisect-versions.ts';
import { readCases } from '../campaign/case-files.ts';
import { UsageError } from '../campaign/errors.ts';
import { RELEASED_VERSIONS } from '../campaign/released-versions.ts';
import {
  versionVerdictOrNone,
  type CraneliftBuild,
  type VersionVerdict,
} from '../campaign/version-verdict.ts';
import { EXIT_CLEAN, EXIT_FINDINGS } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface BisectOptions {
  readonly good?: string;
  readonly bad?: string;
  readonly versions?: readonly string[];
  readonly debugAssertions?: boolean;
}

type Cases = ReturnType<typeof readCases>;

function minorOf(version: string): number {
  return Number(version.split('.')[1] ?? Number.NaN);
}

/** The versions to search, oldest first, from `good` to `bad`. Throws UsageError for ends that leave none. */
export function versionsToSearch(options: BisectOptions): readonly string[] {
  const { good, bad, versions = RELEASED_VERSIONS } = options;
  for (const version of [good, bad, ...versions]) {
    if (version === undefined || /^0\.\d+(\.\d+)?$/.test(version)) continue;
    throw new UsageError(
      `not a Cranelift version: ${JSON.stringify(version)}; expected one such as 0.121 or 0.135.8`,
    );
  }
  const isBetween = (version: string): boolean =>
    version !== good &&
    version !== bad &&
    (good === undefined || minorOf(version) > minorOf(good)) &&
    (bad === undefined || minorOf(version) < minorOf(bad));
  const ends = (version: string | undefined): readonly string[] => (version === undefined ? [] : [version]);
  const list = [...ends(good), ...versions.filter(isBetween), ...ends(bad)];
  if (list.length < 2)
    throw new UsageError(`nothing to search: ${list.join(', ') || 'no version'} is all there is`);
  return list;
}

/** All cases of a file as one: it fails where any does. */
async function verdictOf(
  cases: Cases,
  build: CraneliftBuild,
  reference: Extract<VersionVerdict, { kind: 'fails' }> | null,
  onProgress: (line: string) => void,
): Promise<VersionVerdict> {
  let worst: VersionVerdict | null = null;
  for (const item of cases) {
    const verdict = await versionVerdictOrNone(build, item.case, reference?.finding ?? null, onProgress);
    if (verdict.kind === 'fails') return verdict;
    if (worst === null || verdict.kind === 'cannot-tell') worst = verdict;
  }
  return worst ?? { kind: 'cannot-tell', version: build.cranelift, detail: 'the file has no case' };
}

function resultLine(boundary: Boundary, versions: readonly string[]): string {
  const name = (index: number): string => versions[index] ?? '?';
  switch (boundary.kind) {
    case 'none':
      return 'too few versions can tell; name others with --versions';
    case 'same-ends':
      return `${boundary.verdict} in ${name(boundary.first)} and in ${name(boundary.last)} alike; name other ends with --good and --bad`;
    case 'found': {
      const { before, first, isRegression } = boundary;
      const between = versions.slice(before + 1, first);
      const unknown = between.length === 0 ? '' : ` (${between.join(', ')} cannot tell)`;
      return isRegression
        ? `first failing version: ${name(first)}; ${name(before)} passes${unknown}`
        : `first version that passes again: ${name(first)}; ${name(before)} fails${unknown}`;
    }
  }
}

/** Searches for the first version that fails. Exit code 0 where the change was found, 1 where it was not. */
export async function bisect(file: string, options: BisectOptions, terminal: Terminal): Promise<number> {
  const versions = versionsToSearch(options);
  const cases = readCases(file);
  let reference: Extract<VersionVerdict, { kind: 'fails' }> | null = null;
  const boundary = await bisectVersions(versions.length, async (index) => {
    const version = versions[index] ?? '';
    const build = { cranelift: version, debugAssertions: options.debugAssertions };
    const verdict = await verdictOf(cases, build, reference, terminal.buildNote);
    if (verdict.kind === 'fails') reference ??= verdict;
    const what = verdict.kind === 'cannot-tell' ? 'cannot tell' : verdict.kind;
    terminal.print(`${verdict.version}: ${what}${verdict.kind === 'passes' ? '' : `: ${verdict.detail}`}`);
    return verdict.kind;
  });
  terminal.print(resultLine(boundary, versions));
  return boundary.kind === 'found' ? EXIT_CLEAN : EXIT_FINDINGS;
}
