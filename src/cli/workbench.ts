import { join } from 'node:path';
import { openEnvironment, readKnownIssues, type Environment } from '../campaign/environment.ts';
import { openStation, type Station } from '../campaign/station.ts';
import type { Terminal } from './terminal.ts';

/** Options that commands with a workbench share. */
export interface WorkbenchOptions {
  readonly cranelift: string;
  /** False with `--no-veneers`. */
  readonly veneers?: boolean;
  /** True with `--debug-assertions`. */
  readonly debugAssertions?: boolean;
}

/** One driver and one guest for commands that look at single cases. */
export interface Workbench {
  readonly environment: Environment;
  readonly station: Station;
  readonly knownIssues: ReturnType<typeof readKnownIssues>;
}

/** Opens a workbench for a Cranelift, gives it to `work`, and closes it whatever happens. `root` is the project's folder. */
export async function withWorkbench<T>(
  { cranelift, veneers, debugAssertions }: WorkbenchOptions,
  terminal: Terminal,
  root: string,
  work: (bench: Workbench) => Promise<T>,
): Promise<T> {
  const knownIssues = readKnownIssues(join(root, 'known-issues'));
  const environment = await openEnvironment({
    cranelift,
    hasVeneers: veneers ?? true,
    debugAssertions,
    onProgress: terminal.buildNote,
  });
  const station = await openStation(environment, knownIssues);
  try {
    return await work({ environment, station, knownIssues });
  } finally {
    await station.close();
  }
}
