import { readCases } from '../campaign/case-files.ts';
import { openRig, runConformance } from '../campaign/conformance.ts';
import { UsageError } from '../campaign/errors.ts';
import { filetestsOf } from '../campaign/filetest-files.ts';
import { generatedCase } from '../campaign/generated-case.ts';
import { describeCase } from '../campaign/observe-case.ts';
import { caseTitle, replayCase, usable, type Replayed } from '../campaign/replay.ts';
import { locateFinding } from '../campaign/trace-case.ts';
import { verdictText } from '../campaign/verdict-text.ts';
import { conformanceLines } from '../report/conformance.ts';
import { EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { withWorkbench, type Workbench } from './workbench.ts';

export interface ReplayOptions {
  readonly cranelift: string;
  readonly veneers: boolean;
  readonly debugAssertions?: boolean;
  readonly case?: string;
  readonly profile: string;
  readonly print?: boolean;
}

type NamedCase = Pick<ReturnType<typeof readCases>[number], 'file' | 'case'>;

function lineFor(title: string, replayed: Replayed): string {
  const known = replayed.known === null ? '' : ` (known issue ${replayed.known})`;
  return `${title}: ${verdictText(replayed.verdict)}${known}`;
}

/** Prints what became of a case; gives its verdict's kind. */
async function replayOne(
  bench: Workbench,
  named: NamedCase,
  isPrinting: boolean,
  terminal: Terminal,
): Promise<string> {
  const { environment, station, knownIssues } = bench;
  const { abilities } = environment;
  const replayed = await replayCase(station, named.case, abilities, knownIssues);
  const { kind } = replayed.verdict;
  if (isPrinting && kind !== 'invalid' && kind !== 'cannot-run') {
    const lines = await describeCase(station.bench, usable(named.case, abilities).kase);
    for (const line of lines) terminal.print(line);
  }
  terminal.print(lineFor(caseTitle(named.file, named.case), replayed));
  if (replayed.verdict.kind === 'finding') {
    const { kase } = usable(named.case, abilities);
    for (const line of await locateFinding(station.bench, kase, replayed.verdict.finding))
      terminal.print(`  ${line}`);
  }
  for (const line of replayed.skipped) terminal.print(`  one configuration skipped: ${line}`);
  return kind;
}

/** Holds the run and print lines of filetests against the files themselves; how many were missed and how many met. */
async function holdRunLines(
  bench: Workbench,
  tests: ReturnType<typeof filetestsOf>,
  terminal: Terminal,
): Promise<{ readonly missed: number; readonly met: number }> {
  if (tests.length === 0) return { missed: 0, met: 0 };
  const whole = await runConformance(await openRig(bench), tests);
  for (const line of conformanceLines(whole)) terminal.print(line);
  return { missed: whole.missed, met: whole.oracle.passed + whole.qemu.passed };
}

/**
 * Runs every case given, and holds the run lines of filetests against oracle and QEMU. Exit code 1 if any of them still
 * fails, so that `git bisect run` can use it; 2 if nothing could be run.
 */
export async function replay(
  paths: readonly string[],
  options: ReplayOptions,
  terminal: Terminal,
  root: string,
): Promise<number> {
  const { case: caseSeed } = options;
  if (paths.length === 0 && caseSeed === undefined) {
    throw new UsageError('nothing to replay: name .clif files or folders, or a case seed with --case');
  }
  // Read all before anything is built: a typo should not cost a minute.
  const fromFiles = paths.flatMap(readCases);
  const tests = filetestsOf(fromFiles);
  return withWorkbench(options, terminal, root, async (bench) => {
    const generated: readonly NamedCase[] =
      caseSeed === undefined
        ? []
        : [{ file: `case ${caseSeed}`, case: generatedCase(bench.environment, options.profile, caseSeed) }];
    const kinds: string[] = [];
    const invalid = new Set<string>();
    for (const named of [...fromFiles, ...generated]) {
      const kind = await replayOne(bench, named, options.print ?? false, terminal);
      if (kind === 'invalid') invalid.add(named.file);
      kinds.push(kind);
    }
    // What an invalid module does is undefined, so its run lines mean nothing.
    const meaningful = tests.filter(({ file }) => !invalid.has(file));
    const { missed, met } = await holdRunLines(bench, meaningful, terminal);
    const failing = kinds.filter((kind) => kind === 'finding' || kind === 'flaky').length;
    const notRun = kinds.filter((kind) => kind === 'cannot-run').length;
    const rest = notRun === 0 ? '' : `, ${notRun} could not be run`;
    const count = `${kinds.length} case${kinds.length === 1 ? '' : 's'}`;
    terminal.print(`${count}, ${failing} failing${rest} on ${bench.environment.craneliftText}`);
    if (failing > 0 || missed > 0) return EXIT_FINDINGS;
    return notRun === kinds.length && met === 0 ? EXIT_USAGE : EXIT_CLEAN;
  });
}
