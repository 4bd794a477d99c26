import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Never part of what a crate is built from. */
const SKIPPED = new Set(['target', '.git', 'node_modules', 'filetests', 'fuzzgen', 'docs']);

/** Paths of the files below `directory`, relative to it, sorted. */
export function listFiles(directory: string): readonly string[] {
  const files: string[] = [];
  const visit = (prefix: string): void => {
    for (const entry of readdirSync(join(directory, prefix), { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue;
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) files.push(path);
    }
  };
  visit('');
  return files.sort();
}

/** SHA-256 (hex) of the files' paths and content. */
export function hashContent(directory: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(directory, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * As `hashContent`, but remembers the answer in `memoDirectory` under the files' sizes and times, so that asking again
 * about an unchanged directory reads no file.
 */
export function hashContentRemembered(
  directory: string,
  files: readonly string[],
  memoDirectory: string,
): string {
  const stamp = createHash('sha256').update(directory);
  for (const file of files) {
    const { size, mtimeMs, ctimeMs, ino } = statSync(join(directory, file));
    stamp.update(`${file}\0${size}\0${mtimeMs}\0${ctimeMs}\0${ino}\n`);
  }
  const memo = join(memoDirectory, stamp.digest('hex').slice(0, 32));
  if (existsSync(memo)) return readFileSync(memo, 'utf8');
  const content = hashContent(directory, files);
  mkdirSync(memoDirectory, { recursive: true });
  writeFileSync(memo, content);
  return content;
}

/**
 * Makes `target` hold exactly `files` of `source`. Files that are the same already are not touched: cargo recompiles
 * what is newer than its last build.
 */
export function syncFiles(source: string, files: readonly string[], target: string): void {
  const wanted = new Set(files);
  if (existsSync(target)) {
    for (const file of listFiles(target)) if (!wanted.has(file)) rmSync(join(target, file));
  }
  for (const file of files) writeIfChanged(join(target, file), readFileSync(join(source, file)));
}

/** Writes a file, with its directories, unless it holds that content already. */
export function writeIfChanged(path: string, content: Buffer | string): void {
  const bytes = Buffer.from(content);
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
