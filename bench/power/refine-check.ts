import type { Environment } from '../../src/campaign/environment.ts';
import { generatedCase } from '../../src/campaign/generated-case.ts';
import type { JournalFinding } from '../../src/campaign/journal.ts';
import { replayCase } from '../../src/campaign/replay.ts';
import { openStation, type Station } from '../../src/campaign/station.ts';
import type { Case } from '../../src/clif/case.ts';
import type { KnownIssue } from '../../src/compare/known-issues.ts';
import type { Finding } from '../../src/compare/verdict.ts';
import { checkOf, type Check } from './check-name.ts';
import { encloseCase } from './enclose-case.ts';

/** What findings are looked at with. */
export interface Refiner {
  readonly faulty: Environment;
  readonly profile: string;
  readonly knownIssues: readonly KnownIssue[];
  /** Of the faulty Cranelift, without veneers. */
  readonly bare: Station;
}

/** The caller closes `bare`. */
export async function openRefiner(parts: Omit<Refiner, 'bare'>): Promise<Refiner> {
  return { ...parts, bare: await openStation({ ...parts.faulty, hasVeneers: false }, parts.knownIssues) };
}

/** What a case shows without veneers, beyond known issues; null for nothing. */
async function bareFinding(refiner: Refiner, kase: Case): Promise<Finding | null> {
  const { bare, faulty, knownIssues } = refiner;
  const { verdict, known } = await replayCase(bare, kase, faulty.abilities, knownIssues);
  return verdict.kind === 'finding' && known === null ? verdict.finding : null;
}

/** Whether the case runs on this Cranelift and agrees, as far as known issues go. */
export async function isCleanOn(
  environment: Environment,
  kase: Case,
  knownIssues: readonly KnownIssue[],
): Promise<boolean> {
  const station = await openStation(environment, knownIssues);
  try {
    const { verdict, known } = await replayCase(station, kase, environment.abilities, knownIssues);
    return verdict.kind === 'agree' || known !== null;
  } finally {
    await station.close();
  }
}

/**
 * The plainest check that shows what a campaign found: without foreign parties and veneers if it shows without them, by values inside
 * the module if the entry need not be called from outside.
 */
export async function refineCheck(refiner: Refiner, found: JournalFinding): Promise<Check> {
  const first = checkOf(found);
  if (first === 'compile' || first === 'foreign party' || first === 'stack end') return first;
  const { parties, ...kase } = generatedCase(refiner.faulty, refiner.profile, found.caseSeed);
  const configuration = kase.configurations[found.configuration];
  if (configuration === undefined) throw new RangeError(`case ${found.caseSeed} is not the one it was`);
  const narrowed = { ...kase, configurations: [configuration] };
  const finding = await bareFinding(refiner, narrowed);
  if (finding === null) return parties === undefined ? 'veneer' : 'foreign party';
  const check = checkOf(finding);
  if (check !== 'final values') return check;
  const enclosedCases = encloseCase(narrowed);
  if (enclosedCases === null) return check;
  for (const enclosed of enclosedCases) {
    if ((await bareFinding(refiner, enclosed)) !== null) return check;
  }
  return 'foreign caller';
}
