import { readFileSync } from 'node:fs';
import { UsageError } from '../clif/harness-error.ts';
import { readFiletest, type Filetest } from '../corpus/filetest.ts';
import type { FileConformance } from '../report/conformance.ts';
import { findCaseFiles } from './case-files.ts';
import { unreadableFile } from './conformance.ts';

function readOne(file: string): Filetest | FileConformance {
  try {
    return readFiletest(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof UsageError) return unreadableFile(file, error.message);
    const reason = error instanceof Error ? error.message : String(error);
    return unreadableFile(file, `${file}: cannot be read: ${reason}`);
  }
}

/**
 * The filetest at `path`, or all those below it; one that is not CLIF comes as what there is to say of it. Throws UsageError
 * where there is none.
 */
export function readFiletests(path: string): readonly (Filetest | FileConformance)[] {
  return findCaseFiles(path).map(readOne);
}
