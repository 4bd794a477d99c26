import { readFileSync } from 'node:fs';
import { UsageError } from '../clif/harness-error.ts';
import { SyntaxFault } from '../clif/cursor.ts';
import { type Header, parseHeader } from '../clif/parse-header.ts';
import { readFiletest, type Filetest } from '../corpus/filetest.ts';
import type { FileConformance } from '../report/conformance.ts';
import { findCaseFiles, type FileCase } from './case-files.ts';
import { unreadableFile } from './conformance.ts';
import { NO_TARGET } from './replay.ts';

function headerOf(text: string): Header | null {
  try {
    return parseHeader(text);
  } catch (fault) {
    if (!(fault instanceof SyntaxFault)) throw fault;
    return null;
  }
}

/** Nothing is missed in a file that has nothing to run here. */
function unreadFile(file: string, text: string, reason: string): FileConformance {
  const nothing = unreadableFile(file, reason);
  const header = headerOf(text);
  if (header === null) return nothing;
  const { targets, tests } = header;
  if (!targets.some(({ isa }) => isa.startsWith('riscv64')))
    return { ...nothing, unreadable: null, notRun: NO_TARGET };
  if (tests.some((test) => /^(?:run|interpret)\b/.test(test))) return nothing;
  return { ...nothing, unreadable: null, notRun: 'the file is no test of what code does' };
}

function readOne(file: string): Filetest | FileConformance {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
    return readFiletest(text, file);
  } catch (error) {
    if (error instanceof UsageError) return unreadFile(file, text, error.message);
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

/**
 * The files among those cases that have run or print lines to hold, under the configurations of their cases. A corpus entry
 * is none: its `.json` says what is expected.
 */
export function filetestsOf(cases: readonly FileCase[]): readonly Filetest[] {
  const first = new Map<string, FileCase>();
  for (const item of cases) {
    if (item.entry === null && !first.has(item.file)) first.set(item.file, item);
  }
  return [...first.values()].flatMap((item) => {
    const { configurations } = item.case;
    const test = readFiletest(readFileSync(item.file, 'utf8'), item.file);
    return test.checks.length === 0 || configurations.length === 0 ? [] : [{ ...test, configurations }];
  });
}
