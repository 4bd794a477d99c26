import type { Environment } from '../../src/campaign/environment.ts';
import { generatedCase } from '../../src/campaign/generated-case.ts';
import type { JournalFinding } from '../../src/campaign/journal.ts';
import { replayCase } from '../../src/campaign/replay.ts';
import { openStation } from '../../src/campaign/station.ts';
import { coarseBucket } from '../../src/compare/bucket.ts';
import type { KnownIssue } from '../../src/compare/known-issues.ts';
import { checkOf, type Check } from './check-name.ts';
import { openRefiner, refineCheck } from './refine-check.ts';

export interface VettingOptions {
  readonly faulty: Environment;
  /** What is found must be gone there. */
  readonly sound: Environment;
  readonly profile: string;
  readonly knownIssues: readonly KnownIssue[];
  /** Findings of other checks do not count. */
  readonly by: Check | null;
}

/** A finding that is the faulty Cranelift's alone, and of the check asked for. */
export interface Hit {
  readonly finding: JournalFinding;
  readonly check: Check;
}

/** Looks at findings while the campaign that makes them goes on. */
export interface Vetting {
  /** Takes findings, in the order of cases; those it has had already do not matter. */
  readonly offer: (findings: readonly JournalFinding[]) => void;
  readonly hasHit: () => boolean;
  /** The hit of the lowest case among all that were offered, once nothing before it is left to look at. */
  readonly settle: () => Promise<Hit | null>;
  /** Findings looked at so far. */
  readonly looked: () => number;
  readonly close: () => Promise<void>;
}

/** What a finding by one check may turn out to be on a closer look. */
const CLOSER: Readonly<Partial<Record<Check, readonly Check[]>>> = {
  'final values': ['foreign caller', 'veneer', 'foreign party'],
  'outer check': ['veneer', 'foreign party'],
};

function mayBe(finding: JournalFinding, by: Check): boolean {
  const check = checkOf(finding);
  return check === by || (CLOSER[check]?.includes(by) ?? false);
}

/** Starts a driver and guest of each Cranelift. Rejects with what went wrong in them. */
export async function openVetting(options: VettingOptions): Promise<Vetting> {
  const { faulty, sound, profile, knownIssues, by } = options;
  const refiner = await openRefiner({ faulty, profile, knownIssues });
  const soundStation = await openStation(sound, knownIssues);
  const verdicts = new Map<number, Hit | null>();
  let offered: readonly JournalFinding[] = [];
  let hits = 0;
  let failure: unknown = null;
  let work: Promise<void> | null = null;

  const vet = async (finding: JournalFinding): Promise<Hit | null> => {
    if (by !== null && !mayBe(finding, by)) return null;
    const check = await refineCheck(refiner, finding);
    if (by !== null && check !== by) return null;
    const kase = generatedCase(faulty, profile, finding.caseSeed);
    const { verdict, known } = await replayCase(soundStation, kase, sound.abilities, knownIssues);
    // Where the sound one shows a known issue with the same values, the fault may only have spoilt its explanation.
    const isSame =
      verdict.kind === 'finding' &&
      coarseBucket(verdict.finding) === finding.coarse &&
      verdict.finding.detail === finding.detail;
    const isFaults = verdict.kind !== 'finding' || (known !== null && !isSame);
    return isFaults ? { finding, check } : null;
  };
  const nextOf = (): JournalFinding | undefined => offered.find(({ index }) => !verdicts.has(index));
  /** Goes through what was offered until something hits, or with `isEager` until nothing before a hit is left. */
  const run = async (isEager: boolean): Promise<void> => {
    for (let next = nextOf(); next !== undefined; next = nextOf()) {
      const { index } = next;
      const isBeforeHit = [...verdicts].every(([other, hit]) => hit === null || other > index);
      if (hits > 0 && !(isEager && isBeforeHit)) return;
      const hit = await vet(next);
      verdicts.set(index, hit);
      if (hit !== null) hits += 1;
    }
  };

  return {
    offer: (findings) => {
      offered = findings;
      work ??= run(false)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => {
          work = null;
        });
    },
    hasHit: () => hits > 0 || failure !== null,
    settle: async () => {
      if (work !== null) await work;
      if (failure !== null) throw failure;
      await run(true);
      const found = [...verdicts.values()].flatMap((hit) => (hit === null ? [] : [hit]));
      return found.toSorted((a, b) => a.finding.index - b.finding.index)[0] ?? null;
    },
    looked: () => verdicts.size,
    close: async () => {
      await Promise.all([refiner.bare.close(), soundStation.close()]);
    },
  };
}
