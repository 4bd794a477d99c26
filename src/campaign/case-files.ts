import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Case } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import { caseFromClif, caseFromEntry } from '../corpus/entry-case.ts';
import { listEntries, readEntry } from '../corpus/entry-files.ts';
import type { Entry } from '../corpus/entry.ts';

/** A case with where it came from; `entry` where a corpus entry's `.json` lies beside the text. */
export interface FileCase {
  readonly file: string;
  readonly case: Case;
  readonly entry: Entry | null;
}

function casesOfFile(file: string): readonly FileCase[] {
  if (existsSync(file.replace(/\.clif$/, '.json'))) {
    const { entry } = readEntry(file);
    return [{ file, case: caseFromEntry(entry), entry }];
  }
  return caseFromClif(readFileSync(file, 'utf8'), file).map((kase) => ({ file, case: kase, entry: null }));
}

/** Every case in a `.clif` file, or in all those below a folder. Throws UsageError for what cannot be read. */
export function readCases(path: string): readonly FileCase[] {
  if (!existsSync(path)) throw new UsageError(`${path}: no such file or folder`);
  if (!statSync(path).isDirectory()) return casesOfFile(path);
  const files = listEntries(path);
  if (files.length === 0) throw new UsageError(`${path}: holds no .clif file`);
  return files.flatMap(casesOfFile);
}
