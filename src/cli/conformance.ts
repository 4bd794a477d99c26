import { writeFileSync } from 'node:fs';
import { openRig, runConformance } from '../campaign/conformance.ts';
import { readFiletests } from '../campaign/filetest-files.ts';
import { conformanceText } from '../report/conformance.ts';
import { EXIT_CLEAN, EXIT_FINDINGS } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { withWorkbench } from './workbench.ts';

export interface ConformanceOptions {
  readonly cranelift: string;
  readonly json?: string;
}

/**
 * Holds every run and print line of filetests against what oracle and QEMU make of it, and prints a table. Exit code 1 where
 * any line is missed, or a file cannot be read.
 */
export async function conformance(
  paths: readonly string[],
  options: ConformanceOptions,
  terminal: Terminal,
  root: string,
): Promise<number> {
  // Both before anything is built: a typo should not cost a minute.
  if (options.json !== undefined) terminal.checkWritable(options.json);
  const tests = paths.flatMap(readFiletests);
  return withWorkbench(options, terminal, root, async (workbench) => {
    const whole = await runConformance(await openRig(workbench), tests);
    terminal.print(conformanceText(whole));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(whole, null, 2)}\n`);
    return whole.missed === 0 ? EXIT_CLEAN : EXIT_FINDINGS;
  });
}
