import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HarnessError, UsageError } from '../clif/harness-error.ts';

export const GUEST_COMPILER = 'riscv64-linux-gnu-gcc';
export const GUEST_PACKAGES = 'gcc-riscv64-linux-gnu libc6-dev-riscv64-cross';

const FLAGS = ['-static', '-O3', '-flto', '-Wall', '-Wextra', '-Werror'];
const SOURCE = /\.(?:c|h|S)$/;

/**
 * The path of the guest program, built if no build of these very sources is in `cacheDir`. Up to date: a few reads and no
 * process. Throws UsageError without a compiler or where `cacheDir` cannot be written, HarnessError when the sources do not compile.
 */
export function ensureGuest(options: { readonly cacheDir: string }): string {
  const sourceDir = findSources();
  const files = readdirSync(sourceDir)
    .filter((name) => SOURCE.test(name))
    .sort();
  const hash = createHash('sha256').update(FLAGS.join(' '));
  for (const name of files) hash.update(`\0${name}\0`).update(readFileSync(join(sourceDir, name)));
  const target = join(options.cacheDir, `guest-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(target)) return target;
  makeDirectory(options.cacheDir);
  const sources = files.filter((name) => !name.endsWith('.h')).map((name) => join(sourceDir, name));
  compile(sources, target);
  return target;
}

/** The sources lie at the root of the project, some levels above this file whether compiled or not. */
function findSources(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let at = start; at !== dirname(at); at = dirname(at)) {
    const candidate = join(at, 'guest');
    if (existsSync(join(candidate, 'trampoline.S'))) return candidate;
  }
  throw new HarnessError('emulator', `no guest/ folder above ${start}`);
}

/** Not `recursive: true`: Node 20 never comes back from that where a parent exists and takes no directory, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(resolve(path)));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

function makeDirectory(path: string): void {
  try {
    makeFolder(path);
  } catch (cause) {
    throw new UsageError(
      `cannot write to the cache directory ${path}: set CALLFUZZ_CACHE to one that can be written`,
      { cause },
    );
  }
}

/** Compiles beside the target and renames, so that several processes may build at once and none sees half a file. */
function compile(sources: readonly string[], target: string): void {
  const unfinished = `${target}.${process.pid}`;
  const result = spawnSync(GUEST_COMPILER, [...FLAGS, '-o', unfinished, ...sources], { encoding: 'utf8' });
  if (result.error !== undefined) {
    throw new UsageError(`${GUEST_COMPILER} cannot be run: apt-get install ${GUEST_PACKAGES}`, {
      cause: result.error,
    });
  }
  if (result.status !== 0) {
    rmSync(unfinished, { force: true });
    if (/fatal error: .*No such file|cannot find -lc|ld: cannot find/.test(result.stderr)) {
      throw new UsageError(
        `${GUEST_COMPILER} has no C library to link with: apt-get install ${GUEST_PACKAGES}`,
      );
    }
    throw new HarnessError('emulator', `the guest program does not compile:\n${result.stderr}`);
  }
  renameSync(unfinished, target);
}
