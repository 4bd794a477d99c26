import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { UsageError } from '../../src/clif/harness-error.ts';
import type { Edit, Fault } from './fault-table.ts';

const METADATA = v.object({
  packages: v.array(v.object({ name: v.string(), version: v.string(), manifest_path: v.string() })),
});

/** A crate's folder in cargo's registry, downloaded if need be; `project` is a folder whose Cargo.lock names it. */
export function registrySource(project: string, crate: string, version: string): string {
  const args = [
    'metadata',
    '--format-version',
    '1',
    '--locked',
    '--manifest-path',
    join(project, 'Cargo.toml'),
  ];
  const output = execFileSync(process.env['CARGO'] ?? 'cargo', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { packages } = v.parse(METADATA, JSON.parse(output));
  const found = packages.find((p) => p.name === crate && p.version === version);
  if (found === undefined) {
    throw new UsageError(`${project} does not use ${crate} ${version}, for which the faults were made`);
  }
  return dirname(found.manifest_path);
}

/** `source` with the edit made. Throws UsageError where the text at its place is not the one it was made for. */
export function editText(source: string, edit: Edit): string {
  const lines = source.split('\n');
  const line = lines[edit.line - 1] ?? '';
  const start = edit.column - 1;
  const old = line.slice(start, start + edit.length);
  const hash = createHash('sha256').update(old).digest('hex');
  if (old.length !== edit.length || hash !== edit.sha256) {
    throw new UsageError(`${edit.file}:${edit.line}:${edit.column} is not the text the fault was made for`);
  }
  lines[edit.line - 1] = line.slice(0, start) + edit.text + line.slice(start + edit.length);
  return lines.join('\n');
}

/** The changed files of a crate by name; each edit's place is that in the unchanged file. Throws UsageError as editText. */
export function faultyFiles(source: string, fault: Fault): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  // From the end of a file, so that no edit moves the place of another.
  const edits = fault.edits.toSorted((a, b) => b.line - a.line || b.column - a.column);
  for (const edit of edits) {
    const text = files.get(edit.file) ?? readFileSync(join(source, edit.file), 'utf8');
    files.set(edit.file, editText(text, edit));
  }
  return files;
}

/** Makes `target` a copy of the crate in `source` with one fault. Files keep their content and get new times. */
export function plantFault(source: string, target: string, fault: Fault): void {
  const edited = faultyFiles(source, fault);
  if (existsSync(target)) rmSync(target, { recursive: true });
  mkdirSync(dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true });
  for (const [file, text] of edited) writeFileSync(join(target, file), text);
}
