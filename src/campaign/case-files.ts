import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import { caseFromClif, caseFromEntry } from '../corpus/entry-case.ts';
import { readEntry } from '../corpus/entry-files.ts';
import type { Entry } from '../corpus/entry.ts';

/** A case with where it came from; `entry` where a corpus entry's `.json` lies beside the text. */
export interface FileCase {
  readonly file: string;
  readonly case: Case;
  readonly entry: Entry | null;
}

/** Whether a corpus entry's `.json` lies beside `file`, or `file` is one. */
function isEntry(file: string): boolean {
  const other = file.endsWith('.clif') ? file.replace(/clif$/, 'json') : file.replace(/json$/, 'clif');
  return /\.(clif|json)$/.test(file) && existsSync(other);
}

function casesOfFile(file: string): readonly FileCase[] {
  if (isEntry(file)) {
    const { entry } = readEntry(file);
    return [{ file, case: caseFromEntry(entry), entry }];
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return caseFromClif(text, file).map((kase) => ({ file, case: kase, entry: null }));
}

/** Every `.clif` below a folder, sorted. */
function clifFilesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && item.name.endsWith('.clif'))
    .map((item) => join(item.parentPath, item.name))
    .sort();
}

/** The `.clif` files that `path` names: itself, or all those below it. Throws UsageError where there is none. */
export function findCaseFiles(path: string): readonly string[] {
  if (!existsSync(path)) throw new UsageError(`${path}: no such file or folder`);
  if (!statSync(path).isDirectory()) return [path];
  const files = clifFilesIn(path);
  if (files.length === 0) throw new UsageError(`${path}: holds no .clif file`);
  return files;
}

/** Every case in a `.clif` file, or in all those below a folder. Throws UsageError for what cannot be read. */
export function readCases(path: string): readonly FileCase[] {
  return findCaseFiles(path).flatMap(casesOfFile);
}
