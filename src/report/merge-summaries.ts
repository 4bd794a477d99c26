import { UsageError } from '../clif/harness-error.ts';
import { uniteSummaries } from './coverage.ts';
import type { Summary, SummaryFinding } from './summary.ts';

function addCounts(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const counts of all)
    for (const [key, count] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

function joined(texts: readonly string[]): string {
  return [...new Set(texts)].join(', ');
}

/** `0/1` where the shards make up the whole, else all of them. */
function mergedShards(summaries: readonly Summary[]): string {
  const shards = [...new Set(summaries.map((s) => s.shard))].sort();
  const counts = new Set(shards.map((shard) => shard.split('/')[1]));
  const campaigns = new Set(summaries.map((s) => `${s.seed}\0${s.profile}\0${s.cranelift}`));
  const [count] = counts;
  return campaigns.size === 1 && counts.size === 1 && Number(count) === shards.length
    ? '0/1'
    : shards.join('+');
}

function mergeFinding(a: SummaryFinding, b: SummaryFinding): SummaryFinding {
  const [first, second] = b.firstCase < a.firstCase ? [b, a] : [a, b];
  return { ...first, hits: a.hits + b.hits, repro: first.repro ?? second.repro };
}

function mergeFindings(findings: readonly SummaryFinding[]): readonly SummaryFinding[] {
  const merged = new Map<string, SummaryFinding>();
  for (const finding of findings) {
    // One bucket may be explained in one case and not in another: what is new must stay visible.
    const key = `${finding.known ?? ''}\0${finding.bucket}`;
    const before = merged.get(key);
    merged.set(key, before === undefined ? finding : mergeFinding(before, finding));
  }
  return [...merged.values()].sort((a, b) => a.firstCase - b.firstCase);
}

/** Throws UsageError where two summaries hold the same cases, which would then count twice. */
function checkDistinct(summaries: readonly Summary[]): void {
  const seen = new Set<string>();
  for (const { seed, profile, cranelift, shard } of summaries) {
    const identity = `seed ${seed}, profile ${profile}, Cranelift ${cranelift}, shard ${shard}`;
    if (seen.has(identity))
      throw new UsageError(`two summaries are of ${identity}: their cases would count twice`);
    seen.add(identity);
  }
}

/**
 * Several summaries as one: counts and seconds add up, findings meet by bucket under their lowest case. One summary is
 * given back as it is. Throws UsageError for none, and for summaries of the same cases.
 */
export function mergeSummaries(summaries: readonly Summary[]): Summary {
  const [only] = summaries;
  if (only === undefined) throw new UsageError('no summary to report');
  if (summaries.length === 1) return only;
  checkDistinct(summaries);
  const total = (of: (summary: Summary) => number): number => summaries.reduce((sum, s) => sum + of(s), 0);
  const cases = total((s) => s.cases);
  const seconds = total((s) => s.seconds);
  return {
    schema: only.schema,
    seed: joined(summaries.map((s) => s.seed)),
    profile: joined(summaries.map((s) => s.profile)),
    cranelift: joined(summaries.map((s) => s.cranelift)),
    emulator: joined(summaries.map((s) => s.emulator)),
    shard: mergedShards(summaries),
    cases,
    modules: total((s) => s.modules),
    seconds,
    casesPerSecond: seconds === 0 ? 0 : cases / seconds,
    verdicts: addCounts(summaries.map((s) => s.verdicts)),
    declined: addCounts(summaries.map((s) => s.declined)),
    phases: addCounts(summaries.map((s) => s.phases)),
    findings: mergeFindings(summaries.flatMap((s) => s.findings)),
    flaky: summaries.flatMap((s) => s.flaky),
    harnessFaults: total((s) => s.harnessFaults),
    coverage: uniteSummaries(summaries.flatMap((s) => s.coverage ?? [])),
  };
}
