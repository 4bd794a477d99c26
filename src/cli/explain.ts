import { readCases } from '../campaign/case-files.ts';
import { openDriver } from '../campaign/environment.ts';
import { explainCase } from '../campaign/explain-case.ts';
import { caseTitle } from '../campaign/replay.ts';
import { EXIT_CLEAN } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface ExplainOptions {
  readonly cranelift: string;
}

/** Prints where the ABI puts every argument and result of a file's calls, and what Cranelift made of them. */
export async function explain(file: string, options: ExplainOptions, terminal: Terminal): Promise<number> {
  const [first] = readCases(file);
  const configuration = first?.case.configurations[0];
  if (first === undefined || configuration === undefined) return EXIT_CLEAN;
  const { driver, version } = await openDriver(options.cranelift, terminal.buildNote);
  try {
    // The cases of one file share its module.
    terminal.print(`${caseTitle(first.file, first.case)}, Cranelift ${version}`);
    for (const line of await explainCase(driver, version, first.case, configuration)) terminal.print(line);
  } finally {
    await driver.close();
  }
  return EXIT_CLEAN;
}
