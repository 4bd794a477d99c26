import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../campaign/errors.ts';

/** Where a command's words go: results to one stream, progress and faults to the other. */
export interface Terminal {
  readonly print: (text: string) => void;
  readonly note: (line: string) => void;
  readonly errors: NodeJS.WriteStream;
  /** Throws UsageError where `file` cannot be written. */
  readonly checkWritable: (file: string) => void;
}

function checkWritable(file: string): void {
  const target = existsSync(file) ? file : dirname(resolve(file));
  try {
    accessSync(target, constants.W_OK);
  } catch {
    throw new UsageError(`cannot write ${file}: ${existsSync(target) ? 'permission denied' : 'no such folder'}`);
  }
}

export function openTerminal(output: NodeJS.WriteStream, errors: NodeJS.WriteStream): Terminal {
  return {
    print: (text) => output.write(`${text}\n`),
    note: (line) => errors.write(`${line}\n`),
    errors,
    checkWritable,
  };
}
