import { decodeCoverage, newCoverage, uniteCoverage, type CoverageSet } from '../coverage/coverage-set.ts';
import { VERDICT_KINDS } from '../compare/verdict.ts';
import type { JournalChunk, JournalFinding } from './journal.ts';
import { addPhases, noTime, PHASE_NAMES, type Phases } from './phases.ts';

/** What a campaign has counted so far; made from journal chunks alone, so a resumed one counts the same. */
export interface Tally {
  cases: number;
  modules: number;
  /** Campaign time up to the last chunk, seconds. */
  seconds: number;
  readonly verdicts: Record<string, number>;
  readonly declined: Record<string, number>;
  readonly phases: Phases;
  readonly findings: JournalFinding[];
  readonly coverage: CoverageSet;
}

export function newTally(): Tally {
  return {
    cases: 0,
    modules: 0,
    seconds: 0,
    verdicts: Object.fromEntries(VERDICT_KINDS.map((kind) => [kind, 0])),
    declined: {},
    phases: noTime(),
    findings: [],
    coverage: newCoverage(),
  };
}

function addCounts(into: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(more)) into[key] = (into[key] ?? 0) + value;
}

function phasesOf(numbers: Readonly<Record<string, number>>): Phases {
  const phases = noTime();
  for (const name of PHASE_NAMES) phases[name] = numbers[name] ?? 0;
  return phases;
}

export function addChunk(tally: Tally, chunk: JournalChunk): void {
  tally.cases += chunk.cases;
  tally.modules += chunk.modules;
  tally.seconds = Math.max(tally.seconds, chunk.seconds);
  addCounts(tally.verdicts, chunk.verdicts);
  addCounts(tally.declined, chunk.declined);
  addPhases(tally.phases, phasesOf(chunk.phases));
  tally.findings.push(...chunk.findings);
  const coverage = decodeCoverage(chunk.coverage);
  if (coverage !== null) uniteCoverage(tally.coverage, coverage);
}

/** Findings that count: confirmed ones, by coarse bucket, each list by case index. */
export function findingsByBucket(tally: Tally): ReadonlyMap<string, readonly JournalFinding[]> {
  const groups = new Map<string, JournalFinding[]>();
  const confirmed = tally.findings.filter((f) => f.verdict === 'finding').sort((a, b) => a.index - b.index);
  for (const finding of confirmed) {
    const key = finding.known === null ? finding.coarse : `known ${finding.known}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return groups;
}
