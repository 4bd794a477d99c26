import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { UsageError } from '../campaign/errors.ts';

/** Where a command's words go: results to one stream, progress and faults to the other. */
export interface Terminal {
  readonly print: (text: string) => void;
  readonly note: (line: string) => void;
  /** A line of a driver's build: steps are shown, complaints are left to the one line that the failure ends in. */
  readonly buildNote: (line: string) => void;
  readonly errors: NodeJS.WriteStream;
  /** Throws UsageError where `file` cannot be written. */
  readonly checkWritable: (file: string) => void;
}

/** Opens the file as the writing at the end will, which is the only sure test; what is in it stays. */
function checkWritable(file: string): void {
  const isNew = !existsSync(file);
  try {
    closeSync(openSync(file, 'a'));
    if (isNew) rmSync(file);
  } catch (error) {
    throw new UsageError(`cannot write ${file} (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** What cargo says it does, and that another process holds the build's lock. */
const BUILD_STEP = /^(?:Updating|Locking|Downloading|Downloaded|Compiling|Finished|another process)\b/;

export function openTerminal(output: NodeJS.WriteStream, errors: NodeJS.WriteStream): Terminal {
  return {
    print: (text) => output.write(`${text}\n`),
    note: (line) => errors.write(`${line}\n`),
    buildNote: (line) => {
      if (BUILD_STEP.test(line)) errors.write(`${line}\n`);
    },
    errors,
    checkWritable,
  };
}
