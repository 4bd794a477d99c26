import { readCases } from '../campaign/case-files.ts';
import { UsageError } from '../campaign/errors.ts';
import { promotedEntry, type Promotion } from '../campaign/promotion.ts';
import { saveEntry } from '../campaign/shrunk-entry.ts';
import { versionVerdict, versionVerdictOrNone } from '../campaign/version-verdict.ts';
import { EXIT_CLEAN } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface PromoteOptions {
  readonly name?: string;
  readonly note?: string;
  readonly upstream?: string;
  readonly also?: readonly string[];
  readonly cranelift?: string;
  readonly corpus: string;
}

type FoundEntry = ReturnType<typeof readCases>[number];

function readFinding(file: string): FoundEntry {
  const item = readCases(file)[0];
  if (item === undefined || item.entry === null) {
    throw new UsageError(
      `${file}: no .json lies beside it, so it is no minimised finding; run "npm run shrink -- ${file}" first`,
    );
  }
  return item;
}

async function promoteOne(file: string, options: PromoteOptions, terminal: Terminal): Promise<void> {
  const item = readFinding(file);
  const named = options.cranelift ?? item.entry?.cranelift.fails[0];
  if (named === undefined)
    throw new UsageError(`${file}: names no Cranelift that fails; name one with --cranelift`);
  const verdict = await versionVerdict({ cranelift: named }, item.case, null, terminal.buildNote);
  if (verdict.kind !== 'fails') {
    throw new UsageError(
      `${file}: no longer fails on ${verdict.version} (${verdict.detail}); nothing was promoted`,
    );
  }
  terminal.print(`${verdict.version}: fails: ${verdict.detail}`);
  const fails = [verdict.version];
  const passes: string[] = [];
  for (const version of options.also ?? []) {
    const other = await versionVerdictOrNone(
      { cranelift: version },
      item.case,
      verdict.finding,
      terminal.buildNote,
    );
    if (other.kind === 'fails') fails.push(other.version);
    if (other.kind === 'passes') passes.push(other.version);
    const what = other.kind === 'cannot-tell' ? 'cannot tell' : other.kind;
    terminal.print(`${other.version}: ${what}${other.kind === 'passes' ? '' : `: ${other.detail}`}`);
  }
  const { name, note, upstream } = options;
  const promotion: Promotion = {
    fails,
    passes,
    ...(note === undefined ? {} : { note }),
    ...(upstream === undefined ? {} : { upstream }),
  };
  if (item.entry === null) return;
  const stem = name ?? file.replace(/^.*\//, '').replace(/\.(clif|json)$/, '');
  terminal.print(`written: ${saveEntry(options.corpus, promotedEntry(item.entry, promotion), stem)}`);
}

/** Copies minimised findings that still fail into the corpus. Exit code 0; a finding that does not fail is a UsageError. */
export async function promote(
  files: readonly string[],
  options: PromoteOptions,
  terminal: Terminal,
): Promise<number> {
  if (options.name !== undefined && files.length > 1) throw new UsageError('--name goes with one file');
  // All are read before the first is written.
  for (const file of files) readFinding(file);
  for (const file of files) await promoteOne(file, options, terminal);
  return EXIT_CLEAN;
}
