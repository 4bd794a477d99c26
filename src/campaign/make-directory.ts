import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { makeFolder } from '../backend/make-folder.ts';
import { UsageError } from '../clif/harness-error.ts';

/** Makes a directory and those above it. `option` is how the user names another. Throws UsageError where it cannot be written. */
export function makeDirectory(directory: string, option = '--reports'): void {
  try {
    makeFolder(resolve(directory));
    accessSync(directory, constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write to ${directory} (${reason}); name another folder with ${option}`);
  }
}
