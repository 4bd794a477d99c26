import { readCases } from '../campaign/case-files.ts';
import { openEnvironment } from '../campaign/environment.ts';
import { caseTitle, replayCase } from '../campaign/replay.ts';
import { openStation } from '../campaign/station.ts';
import { verdictText } from '../campaign/verdict-text.ts';
import type { Terminal } from './terminal.ts';

export interface ReplayOptions {
  readonly cranelift: string;
}

/** Runs every case given; exit code 1 if any of them still fails, so that `git bisect run` can use it. */
export async function replay(paths: readonly string[], options: ReplayOptions, terminal: Terminal): Promise<number> {
  // Read all before anything is built: a typo should not cost a minute.
  const cases = paths.flatMap((path) => readCases(path));
  const environment = await openEnvironment({ cranelift: options.cranelift, onProgress: terminal.note });
  const station = await openStation(environment);
  let failing = 0;
  try {
    for (const { file, case: kase } of cases) {
      const replayed = await replayCase(station, kase, environment.abilities.isa, file);
      const isFailing = replayed.verdict.kind === 'finding' || replayed.verdict.kind === 'flaky';
      if (isFailing) failing += 1;
      terminal.print(`${caseTitle(file, kase)}: ${verdictText(replayed.verdict)}`);
      for (const line of replayed.skipped) terminal.print(`  ${line}`);
    }
  } finally {
    await station.close();
  }
  terminal.print(`${cases.length} cases, ${failing} failing on ${environment.cranelift}`);
  return failing > 0 ? 1 : 0;
}
