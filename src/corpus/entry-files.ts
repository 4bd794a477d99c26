import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { HarnessError, UsageError } from '../clif/harness-error.ts';
import { findFunction } from '../clif/module.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { bucketSlug } from './bucket-slug.ts';
import type { Entry, StoredEntry } from './entry.ts';
import { ENTRY_JSON, entryJson } from './entry.ts';
import { ENTRY_FUNCTION, entryClif } from './entry-clif.ts';

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** Not `recursive: true`: Node 20 never comes back from that where a parent exists and takes no directory, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/** Old bytes or new bytes, never half: a file beside it is renamed over it. */
function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** `free`: nothing there. `same`: this entry, whole or in part. `taken`: another entry. */
function stateOf(file: string, text: string): 'free' | 'same' | 'taken' {
  if (!existsSync(file)) return 'free';
  return readText(file) === text ? 'same' : 'taken';
}

/**
 * Writes an entry as `<dir>/<bucket>/<name>.clif` and `.json` and gives the `.clif`'s path. A different entry of that name is
 * left alone and `<name>-2`, `-3`, … is taken; the same entry is not written again. Throws UsageError where the directory cannot be
 * written to, HarnessError for a module without `%main` or outcomes that do not match the inputs.
 */
export function writeEntry(dir: string, entry: Entry, name: string): string {
  if (findFunction({ functions: entry.module.functions }, { kind: 'test', name: 'main' }) === undefined) {
    throw new HarnessError('corpus', `an entry needs a function ${ENTRY_FUNCTION}`);
  }
  if (!/^[\w-][\w.-]*$/.test(name)) throw new HarnessError('corpus', `not a file name: ${name}`);
  const { inputs, expected, observed } = entry;
  if (expected.length !== inputs.length || observed.length !== inputs.length) {
    throw new HarnessError('corpus', `${inputs.length} inputs, ${expected.length} expected, ${observed.length} observed`);
  }
  const clif = entryClif(entry);
  const json = entryJson(entry);
  const folder = join(dir, bucketSlug(entry.bucket));
  try {
    makeFolder(folder);
    for (let number = 1; ; number += 1) {
      const path = join(folder, number === 1 ? name : `${name}-${number}`);
      const states = [stateOf(`${path}.json`, json), stateOf(`${path}.clif`, clif)];
      if (states.includes('taken')) continue;
      // The json first: `listEntries` goes by the clif, so a listed entry is whole.
      if (states[0] === 'free') writeAtomically(`${path}.json`, json);
      if (states[1] === 'free') writeAtomically(`${path}.clif`, clif);
      return `${path}.clif`;
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${folder}: cannot be written: ${reasonOf(error)}`, { cause: error });
  }
}

function parseJson(file: string, text: string): v.InferOutput<typeof ENTRY_JSON> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: not JSON: ${reasonOf(error)}`, { cause: error });
  }
  const result = v.safeParse(ENTRY_JSON, data);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue) ?? 'the file';
  throw new UsageError(`${file}: damaged corpus entry: ${place}: ${issue.message}`);
}

/** Reads an entry by its `.clif` or its `.json`. Throws UsageError with the file and what is wrong with it. */
export function readEntry(file: string): StoredEntry {
  const stem = file.replace(/\.(clif|json)$/, '');
  const path = `${stem}.clif`;
  const jsonPath = `${stem}.json`;
  const { schema: _schema, ...json } = parseJson(jsonPath, readText(jsonPath));
  const parsed = parseClif(readText(path), { file: path });
  if (parsed.kind === 'error') throw new UsageError(clifErrorText(parsed));
  const { module } = parsed.file;
  const main = findFunction(module, { kind: 'test', name: 'main' });
  if (main === undefined) throw new UsageError(`${path}: damaged corpus entry: no function ${ENTRY_FUNCTION}`);
  const wanted = main.signature.params.length;
  const wrong = json.inputs.findIndex((input) => input.length !== wanted);
  if (wrong >= 0) {
    const found = json.inputs[wrong]?.length ?? 0;
    throw new UsageError(
      `${jsonPath}: damaged corpus entry: inputs.${wrong} has ${found} values, ${ENTRY_FUNCTION} takes ${wanted}`,
    );
  }
  if (json.expected.length !== json.inputs.length || json.observed.length !== json.inputs.length) {
    throw new UsageError(
      `${jsonPath}: damaged corpus entry: expected and observed need one outcome for each of ${json.inputs.length} inputs`,
    );
  }
  return { entry: { ...json, module }, path, name: basename(stem) };
}

/** The `.clif` files below `dir` that have a `.json` beside them, sorted. A directory that does not exist holds none. */
export function listEntries(dir: string): readonly string[] {
  if (!existsSync(dir)) return [];
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((item) => item.isFile() && item.name.endsWith('.clif'))
      .map((item) => join(item.parentPath, item.name))
      .filter((path) => existsSync(join(dirname(path), `${basename(path, '.clif')}.json`)))
      .toSorted();
  } catch (error) {
    throw new UsageError(`${dir}: cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
