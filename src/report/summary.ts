import { coverageLines, type SummaryCoverage } from './coverage.ts';

/** One bucket of findings as the summary has it. */
export interface SummaryFinding {
  readonly bucket: string;
  readonly kind: string;
  /** Id of the known issue that explains it, or null. */
  readonly known: string | null;
  readonly firstCase: number;
  readonly caseSeed: string;
  readonly hits: number;
  readonly secondsToFirst: number;
  /** Path of the minimised `.clif`; null where it was not shrunk. */
  readonly repro: string | null;
  readonly configuration: string;
  readonly detail: string;
}

/** What `--json` writes and `report` reads back (schema `callfuzz.summary/1`). */
export interface Summary {
  readonly schema: 'callfuzz.summary/1';
  readonly seed: string;
  readonly profile: string;
  readonly cranelift: string;
  readonly emulator: string;
  readonly shard: string;
  readonly cases: number;
  readonly modules: number;
  readonly seconds: number;
  readonly casesPerSecond: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly declined: Readonly<Record<string, number>>;
  /** Milliseconds over all workers. */
  readonly phases: Readonly<Record<string, number>>;
  readonly findings: readonly SummaryFinding[];
  readonly flaky: readonly { readonly caseSeed: string; readonly detail: string }[];
  readonly harnessFaults: number;
  /** Null in summaries of versions that kept no map. */
  readonly coverage: SummaryCoverage | null;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;
}

/** The summary for a terminal. */
export function summaryText(summary: Summary): string {
  const { verdicts } = summary;
  const phaseTotal = Object.values(summary.phases).reduce((a, b) => a + b, 0);
  const lines = [
    `${summary.cases} cases (${summary.modules} compiled modules) in ${summary.seconds.toFixed(1)} s, ${summary.casesPerSecond.toFixed(0)} cases/s`,
    `cranelift ${summary.cranelift}, ${summary.emulator}, seed ${summary.seed}, profile ${summary.profile}`,
    Object.entries(verdicts)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', '),
    `time: ${Object.entries(summary.phases)
      .map(([name, ms]) => `${name} ${percent(ms, phaseTotal)}`)
      .join(', ')}`,
  ];
  for (const [reason, count] of Object.entries(summary.declined)) lines.push(`declined ${count}: ${reason}`);
  for (const finding of summary.findings) {
    lines.push(
      finding.known === null ? `NEW: ${finding.bucket}` : `known issue ${finding.known}`,
      `  ${finding.hits} hit${finding.hits === 1 ? '' : 's'}, first in case ${finding.firstCase} (case seed ${finding.caseSeed}) after ${finding.secondsToFirst.toFixed(1)} s`,
      `  ${finding.detail}`,
      ...(finding.repro === null ? [] : [`  repro: ${finding.repro}`]),
    );
  }
  if (summary.coverage !== null) lines.push(...coverageLines(summary.coverage));
  for (const flaky of summary.flaky) lines.push(`flaky: case seed ${flaky.caseSeed}: ${flaky.detail}`);
  return lines.join('\n');
}

/** The summary as Markdown, for a nightly run's page. */
export function summaryMarkdown(summary: Summary): string {
  const rows = summary.findings.map(
    (f) =>
      `| ${f.known ?? 'new'} | ${f.bucket} | ${f.hits} | \`${f.caseSeed}\` | ${f.repro === null ? '' : `\`${f.repro}\``} |`,
  );
  return [
    `# Campaign: seed ${summary.seed}, profile ${summary.profile}`,
    '',
    `Cranelift ${summary.cranelift} under ${summary.emulator}.`,
    `${summary.cases} cases, ${summary.modules} compiled modules, ${summary.seconds.toFixed(1)} s, ${summary.casesPerSecond.toFixed(0)} cases/s.`,
    '',
    '| verdict | cases |',
    '|---|---|',
    ...Object.entries(summary.verdicts).map(([kind, count]) => `| ${kind} | ${count} |`),
    '',
    summary.findings.length === 0 ? 'No findings.' : '| known | bucket | hits | case seed | repro |',
    ...(rows.length === 0 ? [] : ['|---|---|---|---|---|', ...rows]),
    '',
    ...summary.findings.map((f) => `- **${f.bucket}**: ${f.detail}`),
    '',
    ...(summary.coverage === null ? [] : coverageLines(summary.coverage).map((line) => `- ${line}`)),
    '',
  ].join('\n');
}
