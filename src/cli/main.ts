import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { HarnessError, UsageError } from '../campaign/errors.ts';
import { makeProgram } from './commands.ts';
import { EXIT_CLEAN, EXIT_HARNESS_FAULT, EXIT_USAGE } from './exit-code.ts';
import { openTerminal } from './terminal.ts';

/** `dist/src/cli/main.js` lies three folders below the project's root. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const terminal = openTerminal(process.stdout, process.stderr);

function reportFault(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CLEAN : EXIT_USAGE;
  if (error instanceof UsageError) {
    terminal.note(`callfuzz: ${error.message}`);
    return EXIT_USAGE;
  }
  const stage = error instanceof HarnessError ? ` in ${error.stage}` : '';
  terminal.note(
    `callfuzz: harness fault${stage}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return EXIT_HARNESS_FAULT;
}

let exitCode = EXIT_CLEAN;
// A reader such as `head` that has gone away is no fault.
process.stdout.on('error', () => process.exit(exitCode));
try {
  const program = makeProgram({
    terminal,
    root: ROOT,
    done: (code) => {
      exitCode = code;
    },
  });
  await program.parseAsync(process.argv);
} catch (error) {
  exitCode = reportFault(error);
}
process.exit(exitCode);
