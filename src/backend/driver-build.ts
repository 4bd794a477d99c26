import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';

import { HarnessError, UsageError } from '../clif/harness-error.ts';
import { hashContent, hashContentRemembered, listFiles } from './directory-content.ts';
import { lockedVersion, writeDriverProject } from './driver-project.ts';
import { parseDriverSpec, type DriverSpec } from './driver-spec.ts';
import { withFileLock } from './file-lock.ts';
import { makeFolder } from './make-folder.ts';
import { explainCargoFailure, runCargo, rustcVersion } from './rust-toolchain.ts';

export { DEFAULT_CRANELIFT } from './driver-spec.ts';

export interface EnsureDriverOptions {
  /** Gets one line at a time while a driver is built. */
  readonly onProgress?: (line: string) => void;
  /** Default: `$CALLFUZZ_CACHE`, or `clif-callfuzz` in the XDG cache directory. */
  readonly cacheDir?: string;
  /** Build Cranelift with its debug assertions and overflow checks. */
  readonly debugAssertions?: boolean;
}

export interface BuiltDriver {
  readonly path: string;
  /** Of the cranelift-codegen inside. */
  readonly version: string;
  /** The rustc it was built with, as `rustc -V` prints it. */
  readonly rustc: string;
  /** Whether this call built it. */
  readonly isNew: boolean;
}

const BINARY = 'callfuzz-driver';

const RECORD = v.object({ spec: v.string(), version: v.string(), rustc: v.string() });

/** `$CALLFUZZ_CACHE`, or the XDG cache directory's `clif-callfuzz`. */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['CALLFUZZ_CACHE'];
  if (own !== undefined && own !== '') return own;
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'clif-callfuzz');
}

/**
 * The driver for `spec` (`0.135.8`, `0.121`, `path:DIR`), from the cache or built now. What names a cached driver: the
 * version or the directory's content, the driver's own sources, the rustc and the assertions. Throws UsageError, one
 * line, for what the user can mend.
 */
export async function ensureDriver(spec: string, options: EnsureDriverOptions = {}): Promise<BuiltDriver> {
  const build = await planBuild(spec, options);
  const { parsed, cacheDir, debugAssertions, rustc, sources, label, home } = build;
  const cached = readCached(home);
  if (cached !== null) return cached;
  const onProgress = options.onProgress ?? ((): void => undefined);
  const onWait = (): void => onProgress('another process is building a driver; waiting for it');
  return withFileLock(join(cacheDir, 'build.lock'), onWait, async () => {
    const meanwhile = readCached(home);
    if (meanwhile !== null) return meanwhile;
    const project = writeDriverProject(parsed, sources, join(cacheDir, 'build'), debugAssertions);
    const target = join(cacheDir, 'target');
    const args = [
      'build',
      '--profile',
      project.profile,
      '--target-dir',
      target,
      ...(project.locked ? ['--locked'] : []),
    ];
    const run = await runCargo(args, project.directory, process.env, onProgress);
    if (!run.ok) {
      const logPath = join(cacheDir, 'build', `${label}.log`);
      writeFileSync(logPath, run.log);
      const what = parsed.kind === 'version' ? `cranelift-codegen ${parsed.version}` : spec;
      throw explainCargoFailure(run.log, what, rustc, logPath);
    }
    const version = lockedVersion(project);
    const record = JSON.stringify({ spec, version, rustc } satisfies v.InferOutput<typeof RECORD>, null, 2);
    installFiles(home, [
      ['driver.json', (path): void => writeFileSync(path, `${record}\n`)],
      [BINARY, (path): void => copyFileSync(join(target, project.profile, BINARY), path)],
    ]);
    return { path: join(home, BINARY), version, rustc, isNew: true };
  });
}

/** The driver that `ensureDriver` would give without building anything, or null. Throws UsageError as that does. */
export async function findDriver(
  spec: string,
  options: EnsureDriverOptions = {},
): Promise<BuiltDriver | null> {
  return readCached((await planBuild(spec, options)).home);
}

interface BuildPlan {
  readonly parsed: DriverSpec;
  readonly cacheDir: string;
  readonly debugAssertions: boolean;
  readonly rustc: string;
  readonly sources: string;
  readonly label: string;
  /** Where the finished driver is kept. */
  readonly home: string;
}

async function planBuild(spec: string, options: EnsureDriverOptions): Promise<BuildPlan> {
  const parsed = parseDriverSpec(spec);
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  const debugAssertions = options.debugAssertions ?? false;
  try {
    makeFolder(join(cacheDir, 'drivers'));
  } catch (cause) {
    throw new UsageError(
      `cannot write to the cache ${cacheDir}: set CALLFUZZ_CACHE to a directory that can be written`,
      {
        cause,
      },
    );
  }
  const memoDirectory = join(cacheDir, 'memo');
  const rustc = await rustcVersion(process.env, memoDirectory);
  const sources = crateFolder('driver');
  const key = createHash('sha256')
    .update(`${rustc}\n${debugAssertions}\n${sourcesHash(sources)}\n${identity(parsed, memoDirectory)}`)
    .digest('hex')
    .slice(0, 20);
  const label = parsed.kind === 'version' ? parsed.version : parsed.kind;
  const home = join(cacheDir, 'drivers', `${label}-${key}`);
  return { parsed, cacheDir, debugAssertions, rustc, sources, label, home };
}

function readCached(home: string): BuiltDriver | null {
  const path = join(home, BINARY);
  const recordPath = join(home, 'driver.json');
  if (!existsSync(path) || !existsSync(recordPath)) return null;
  const record = v.safeParse(RECORD, JSON.parse(readFileSync(recordPath, 'utf8')));
  // Damaged: built again.
  if (!record.success) return null;
  return { path, version: record.output.version, rustc: record.output.rustc, isNew: false };
}

/** A file by its name, and what writes it. */
export type InstalledFile = readonly [name: string, write: (path: string) => void];

/** Puts each file in place in one step, in order: whoever sees the last sees all of them, and all of each. */
export function installFiles(home: string, files: readonly InstalledFile[]): void {
  mkdirSync(home, { recursive: true });
  const suffix = `.${randomBytes(6).toString('hex')}`;
  for (const [name, write] of files) {
    const path = join(home, name);
    write(path + suffix);
    renameSync(path + suffix, path);
  }
}

/** A folder of this project that holds a Rust crate, from `src/` as from `dist/src/`. */
export function crateFolder(name: string): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, name, 'Cargo.toml'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new HarnessError('backend', `the ${name}/ folder is missing`);
    directory = parent;
  }
  return join(directory, name);
}

function sourcesHash(sources: string): string {
  return hashContent(sources, listFiles(sources));
}

/** What of `spec` goes into the driver. */
function identity(spec: DriverSpec, memoDirectory: string): string {
  switch (spec.kind) {
    case 'version':
      return spec.version;
    case 'patched': {
      const files = listFiles(spec.crateDirectory);
      return `patched ${hashContentRemembered(spec.crateDirectory, files, memoDirectory)}`;
    }
    case 'checkout': {
      const parts = ['cranelift', 'crates/core'].filter((part) => existsSync(join(spec.directory, part)));
      const files = parts.flatMap((part) =>
        listFiles(join(spec.directory, part)).map((file) => `${part}/${file}`),
      );
      const hash = hashContentRemembered(spec.directory, ['Cargo.toml', ...files], memoDirectory);
      return `checkout ${spec.directory} ${hash}`;
    }
  }
}
