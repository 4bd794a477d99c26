import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../clif/harness-error.ts';

/** Not `recursive: true`: Node 20 never comes back from that where a parent exists and takes no directory, as in /proc. */
function makeLevels(directory: string): void {
  if (existsSync(directory)) return;
  makeLevels(dirname(directory));
  try {
    mkdirSync(directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
  }
}

/** Makes a directory and those above it. `option` is how the user names another. Throws UsageError where it cannot be written. */
export function makeDirectory(directory: string, option = '--reports'): void {
  try {
    makeLevels(resolve(directory));
    accessSync(directory, constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write to ${directory} (${reason}); name another folder with ${option}`);
  }
}
