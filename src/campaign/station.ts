import { existsSync, readFileSync } from 'node:fs';
import { Driver } from '../backend/driver.ts';
import type { Case } from '../clif/case.ts';
import { coarseBucket } from '../compare/bucket.ts';
import { matchKnownIssues, opcodesOf, type KnownIssue } from '../compare/known-issues.ts';
import type { Finding, Verdict } from '../compare/verdict.ts';
import type { Environment } from './environment.ts';
import { GuestSet } from './guest-set.ts';
import { BusyClock, noTime, type Phases } from './phases.ts';
import { runCase, type Bench } from './run-case.ts';

/** A driver and a guest at work, and what is done with them beside running cases. */
export interface Station {
  readonly bench: Bench;
  /** Runs a finding's configuration again in a fresh emulator: what does not repeat is flaky. */
  readonly confirm: (kase: Case, verdict: Verdict) => Promise<Verdict>;
  /** Time spent since the last call. */
  readonly takePhases: () => Phases;
  /** Memory that this process, the driver and the guest hold; 0 where the system does not tell. */
  readonly residentKilobytes: () => number;
  readonly close: () => Promise<void>;
}

function residentOf(pid: number | undefined): number {
  if (pid === undefined || !existsSync(`/proc/${pid}/status`)) return 0;
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

/** The case under the configuration of `finding` alone. */
export function withOnly(kase: Case, finding: Finding): Case {
  const configuration = kase.configurations[finding.configuration];
  return configuration === undefined ? kase : { ...kase, configurations: [configuration] };
}

function copyPhases(phases: Phases): Phases {
  const copy = { ...phases };
  Object.assign(phases, noTime());
  return copy;
}

async function confirmFinding(
  environment: Environment,
  bench: Bench,
  kase: Case,
  finding: Finding,
): Promise<Verdict> {
  const guests = new GuestSet(environment);
  try {
    const bucket = coarseBucket(finding);
    const isPassedOver = (_: Case, other: Finding): boolean => coarseBucket(other) !== bucket;
    const again = await runCase(
      { ...bench, guests, phases: noTime(), isPassedOver },
      withOnly(kase, finding),
    );
    const isSame = again.verdict.kind === 'finding' && coarseBucket(again.verdict.finding) === bucket;
    return isSame ? { kind: 'finding', finding } : { kind: 'flaky', finding };
  } finally {
    await guests.close();
  }
}

async function startGuests(environment: Environment): Promise<GuestSet> {
  const guests = new GuestSet(environment);
  await guests.start();
  return guests;
}

/** A case is looked at beyond findings that `knownIssues` explain by their mere match. */
function beyondKnown(knownIssues: readonly KnownIssue[], cranelift: string): Bench['isPassedOver'] {
  const plain = knownIssues.filter((issue) => issue.avoidedBy === undefined);
  if (plain.length === 0) return () => false;
  return (kase, finding) => matchKnownIssues(plain, finding, cranelift, opcodesOf(kase)) !== null;
}

/**
 * Starts a driver and a guest. Throws HarnessError when either does not come up. `isPassedOver` (default: what `knownIssues` explain by their
 * mere match) says beyond which findings a case is looked at.
 */
export async function openStation(
  environment: Environment,
  knownIssues: readonly KnownIssue[] = [],
  isPassedOver: Bench['isPassedOver'] = beyondKnown(knownIssues, environment.cranelift),
): Promise<Station> {
  const driver = await Driver.start(environment.driverPath);
  const guests = await startGuests(environment);
  const now = (): number => performance.now();
  const bench: Bench = {
    driver,
    guests,
    cranelift: environment.cranelift,
    hasVeneers: environment.hasVeneers,
    now,
    compileClock: new BusyClock(now),
    executeClock: new BusyClock(now),
    phases: noTime(),
    isPassedOver,
  };
  return {
    bench,
    confirm: async (kase, verdict) => {
      // What the compiler itself did needs no second emulator.
      if (verdict.kind !== 'finding' || verdict.finding.input === null) return verdict;
      return confirmFinding(environment, bench, kase, verdict.finding);
    },
    takePhases: () => copyPhases(bench.phases),
    residentKilobytes: () => residentOf(process.pid) + residentOf(driver.pid) + residentOf(guests.pid),
    close: async () => {
      await Promise.all([driver.close(), guests.close()]);
    },
  };
}
