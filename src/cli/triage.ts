import { readCases } from '../campaign/case-files.ts';
import { caseTitle } from '../campaign/replay.ts';
import { openWitnesses, triageCase } from '../campaign/triage.ts';
import { isDisagreement, triageLines } from '../report/triage.ts';
import { EXIT_CLEAN, EXIT_FINDINGS } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { withWorkbench } from './workbench.ts';

export interface TriageOptions {
  readonly cranelift: string;
}

/**
 * Prints what each of four executions says to each input of each case, and who stands alone. Exit code 1 where anybody
 * disagrees.
 */
export async function triage(
  file: string,
  options: TriageOptions,
  terminal: Terminal,
  root: string,
): Promise<number> {
  // Before anything is built: a typo should not cost a minute.
  const cases = readCases(file);
  return withWorkbench(options, terminal, root, async ({ environment, station }) => {
    const witnesses = await openWitnesses(terminal.buildNote);
    try {
      let disagreeing = 0;
      for (const named of cases) {
        const triaged = await triageCase(station.bench, witnesses, named.case, environment.abilities);
        terminal.print(caseTitle(named.file, named.case));
        for (const line of triageLines(triaged)) terminal.print(line);
        if (isDisagreement(triaged)) disagreeing += 1;
      }
      const count = `${cases.length} case${cases.length === 1 ? '' : 's'}`;
      terminal.print(`${count}, somebody disagrees on ${disagreeing}`);
      return disagreeing === 0 ? EXIT_CLEAN : EXIT_FINDINGS;
    } finally {
      await witnesses.close();
    }
  });
}
