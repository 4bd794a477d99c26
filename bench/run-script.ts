import type { Command } from 'commander';
import { UsageError } from '../src/campaign/errors.ts';

const EXIT_USAGE = 2;
const EXIT_HARNESS_FAULT = 3;

/** A line for people, beside what the script prints. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Parses the command line and ends with what `run` gives: 2 for a mistake of the user's, in one line, and 3 for one of ours. */
export async function runScript(program: Command, run: () => Promise<number>): Promise<void> {
  program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
  try {
    program.parse();
    process.exitCode = await run();
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    note(`${program.name()}: ${isUsage ? error.message : `harness fault: ${detail}`}`);
    process.exitCode = isUsage ? EXIT_USAGE : EXIT_HARNESS_FAULT;
  }
}
