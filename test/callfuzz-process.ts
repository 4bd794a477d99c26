import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_CRANELIFT, defaultCacheDir, ensureDriver } from '../src/backend/driver-build.ts';
import { ensureGuest } from '../src/emulator/guest-build.ts';

/** The project's folder. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** How a run of the program ended; `code` is null where a signal ended it. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** A folder like the project's, see `copyProject`. Default: the project itself. */
  readonly root?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Compiles the sources where they are newer than what was compiled (`npm test` has done so already), and builds driver and
 * guest where they are not in the cache, so that no test has to wait for that.
 */
export async function ensureReady(): Promise<void> {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin/start.mjs'), '--help'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the sources do not compile: ${stderr}`);
  // Where the program looks for them.
  const cacheDir = defaultCacheDir(process.env);
  await ensureDriver(DEFAULT_CRANELIFT, { cacheDir });
  ensureGuest({ cacheDir });
}

/** The real command line as a process of its own: `callfuzz <args…>`. */
export function startCallfuzz(
  args: readonly string[],
  { root = ROOT, env = process.env }: RunOptions = {},
): ChildProcess {
  const program = join(root, 'dist/src/cli/main.js');
  return spawn(process.execPath, ['--enable-source-maps', program, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What a started process prints and how it ends. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, stdout, stderr };
}

export async function runCallfuzz(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return endOf(startCallfuzz(args, options));
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `callfuzz-${name}-`));
}

/**
 * The compiled program in a folder of its own that has only those known issues whose file name `keeps` takes. Driver and
 * guest are the project's, so nothing is built anew.
 */
export function copyProject(name: string, keeps: (file: string) => boolean): string {
  const root = temporaryFolder(name);
  cpSync(join(ROOT, 'dist/src'), join(root, 'dist/src'), { recursive: true });
  for (const item of ['package.json', 'node_modules', 'driver', 'guest']) {
    symlinkSync(join(ROOT, item), join(root, item));
  }
  mkdirSync(join(root, 'known-issues'));
  for (const file of readdirSync(join(ROOT, 'known-issues')).filter(keeps)) {
    cpSync(join(ROOT, 'known-issues', file), join(root, 'known-issues', file));
  }
  return root;
}

/** Ids of a process's descendants that live, by /proc. */
export function descendantsOf(pid: number): readonly number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  const children = readdirSync(tasks).flatMap((task) =>
    readFileSync(join(tasks, task, 'children'), 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number),
  );
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Whether a process runs; one that ended and waits for its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
