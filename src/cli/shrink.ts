import { basename, dirname } from 'node:path';
import { readCases, type FileCase } from '../campaign/case-files.ts';
import { makeDirectory } from '../campaign/make-directory.ts';
import { caseTitle, replayCase, usable } from '../campaign/replay.ts';
import { shrinkFinding } from '../campaign/shrink-finding.ts';
import { entryFromShrink, saveEntry, sizeText, type Provenance } from '../campaign/shrunk-entry.ts';
import { verdictText } from '../campaign/verdict-text.ts';
import { EXIT_CLEAN } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { withWorkbench, type Workbench } from './workbench.ts';

export interface ShrinkOptions {
  readonly cranelift: string;
  readonly veneers: boolean;
  readonly debugAssertions?: boolean;
  readonly out?: string;
  readonly attempts: number;
  readonly minutes: number;
}

function provenanceOf({ entry, case: kase }: FileCase): Provenance {
  return {
    seed: entry?.seed ?? null,
    caseSeed: kase.seed,
    caseIndex: entry?.caseIndex ?? null,
    profile: entry?.profile ?? null,
    upstream: entry?.upstream ?? null,
  };
}

/** An entry lies in its bucket's folder, so what is beside it is a folder up. */
function besideOf({ file, entry }: FileCase): string {
  return entry === null ? dirname(file) : dirname(dirname(file));
}

async function shrinkOne(
  bench: Workbench,
  item: FileCase,
  options: ShrinkOptions,
  terminal: Terminal,
): Promise<void> {
  const { environment, station, knownIssues } = bench;
  const { abilities } = environment;
  const title = caseTitle(item.file, item.case);
  const replayed = await replayCase(station, item.case, abilities, knownIssues);
  if (replayed.verdict.kind !== 'finding') {
    terminal.print(
      `${title}: ${verdictText(replayed.verdict)}; there is nothing to shrink on ${environment.craneliftText}`,
    );
    return;
  }
  const known = replayed.known === null ? '' : ` (known issue ${replayed.known})`;
  terminal.print(`${title}: ${verdictText(replayed.verdict)}${known}`);
  const { kase } = usable(item.case, abilities);
  terminal.print(`before: ${sizeText(kase)}`);
  // What cannot be written must not cost the shrinking.
  const directory = options.out ?? besideOf(item);
  makeDirectory(directory, '--out');
  const bounds = { maxAttempts: options.attempts, timeLimitMs: options.minutes * 60_000 };
  const report = await shrinkFinding(station, kase, bounds, knownIssues);
  if (report === null) {
    terminal.print(`${title}: did not fail again; there is nothing to shrink`);
    return;
  }
  const why = report.isBounded
    ? `stopped by the bound of ${options.attempts} attempts or ${options.minutes} min; more may be possible`
    : 'no pass makes it smaller';
  terminal.print(`after:  ${sizeText(report.case)}`);
  terminal.print(`${report.attempts} attempts in ${(report.milliseconds / 1000).toFixed(1)} s; ${why}`);
  terminal.print(`now: ${verdictText({ kind: 'finding', finding: report.finding })}`);
  for (const line of report.located) terminal.print(`     ${line}`);
  const entry = entryFromShrink(report, provenanceOf(item), environment.craneliftText);
  const name = `${basename(item.file).replace(/\.(clif|json)$/, '')}-shrunk`;
  terminal.print(`written: ${saveEntry(directory, entry, name)}`);
}

/** Minimises each failing case of a file and saves it as a corpus entry. Exit code 0, also where nothing fails. */
export async function shrink(
  file: string,
  options: ShrinkOptions,
  terminal: Terminal,
  root: string,
): Promise<number> {
  const cases = readCases(file);
  return withWorkbench(options, terminal, root, async (bench) => {
    for (const item of cases) await shrinkOne(bench, item, options, terminal);
    return EXIT_CLEAN;
  });
}
