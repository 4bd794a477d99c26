import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { HarnessError } from '../clif/harness-error.ts';
import { listFiles, syncFiles, writeIfChanged } from './directory-content.ts';
import { DEFAULT_CRANELIFT, type DriverSpec } from './driver-spec.ts';

export interface DriverProject {
  readonly directory: string;
  /** Cargo profile (`driver/Cargo.toml`); also the directory of its output. */
  readonly profile: string;
  /** Whether the versions are those committed in `driver/Cargo.lock`. */
  readonly locked: boolean;
}

/** The Cranelift crates that the driver names, and where a Wasmtime checkout has them. */
const CRATES: Readonly<Record<string, string>> = {
  'cranelift-codegen': 'cranelift/codegen',
  'cranelift-control': 'cranelift/control',
  'cranelift-reader': 'cranelift/reader',
};

/**
 * Writes the cargo project that builds `spec`'s driver below `buildDirectory`, touching only what changed. A changed
 * crate is copied to one fixed place, where cargo sees two variants of it as two states of one package and recompiles
 * only what differs.
 */
export function writeDriverProject(
  spec: DriverSpec,
  sources: string,
  buildDirectory: string,
  debugAssertions: boolean,
): DriverProject {
  const directory = join(buildDirectory, projectName(spec));
  const manifest = readFileSync(join(sources, 'Cargo.toml'), 'utf8');
  writeIfChanged(join(directory, 'Cargo.toml'), manifestFor(manifest, spec));
  writeIfChanged(join(directory, 'build.rs'), readFileSync(join(sources, 'build.rs')));
  syncFiles(join(sources, 'src'), listFiles(join(sources, 'src')), join(directory, 'src'));
  const locked = spec.kind === 'version' && spec.version === DEFAULT_CRANELIFT;
  const lock = join(directory, 'Cargo.lock');
  if (locked) writeIfChanged(lock, readFileSync(join(sources, 'Cargo.lock')));
  // A start from the tested versions; cargo changes what it must.
  else if (spec.kind === 'patched' && !existsSync(lock)) copyFileSync(join(sources, 'Cargo.lock'), lock);
  if (spec.kind === 'patched') {
    syncFiles(spec.crateDirectory, listFiles(spec.crateDirectory), join(directory, 'cranelift-codegen'));
  }
  const profile = spec.kind === 'version' ? 'release' : 'variant';
  return { directory, profile: debugAssertions ? `${profile}-checked` : profile, locked };
}

/** The version of cranelift-codegen that cargo chose. */
export function lockedVersion(project: DriverProject): string {
  const lock = readFileSync(join(project.directory, 'Cargo.lock'), 'utf8');
  const version = /^name = "cranelift-codegen"\nversion = "([^"]+)"/m.exec(lock)?.[1];
  if (version === undefined)
    throw new HarnessError('backend', 'no cranelift-codegen in the driver’s Cargo.lock');
  return version;
}

function projectName(spec: DriverSpec): string {
  switch (spec.kind) {
    case 'version':
      return `version-${spec.version}`;
    case 'patched':
      return 'patched';
    case 'checkout':
      return `checkout-${createHash('sha256').update(spec.directory).digest('hex').slice(0, 12)}`;
  }
}

function manifestFor(manifest: string, spec: DriverSpec): string {
  let text = manifest;
  for (const [crate, place] of Object.entries(CRATES)) {
    const pinned = new RegExp(`^(${crate} = \\{ )version = "=[^"]*"`, 'm');
    if (!pinned.test(text)) throw new HarnessError('backend', `driver/Cargo.toml does not pin ${crate}`);
    text = text.replace(pinned, (_, start: string) => start + dependency(spec, place));
  }
  if (spec.kind !== 'patched') return text;
  return `${text}\n[patch.crates-io]\ncranelift-codegen = { path = "cranelift-codegen" }\n`;
}

function dependency(spec: DriverSpec, place: string): string {
  if (spec.kind === 'checkout') return `path = ${JSON.stringify(join(spec.directory, place))}`;
  // `=0.121.2`, or `~0.121`: any patch of that release.
  return `version = "${spec.version.split('.').length === 3 ? '=' : '~'}${spec.version}"`;
}
