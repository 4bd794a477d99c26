import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import { UsageError } from '../clif/harness-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `rustc -V` of the rustc that cargo would use. Remembered in `memoDirectory` under what could change it, for asking
 * costs a rustup start. Throws UsageError where there is no cargo or rustc.
 */
export async function rustcVersion(env: Environment, memoDirectory: string): Promise<string> {
  const rustc = findProgram(env['RUSTC'] ?? 'rustc', env);
  if (rustc === null || findProgram(env['CARGO'] ?? 'cargo', env) === null) {
    throw new UsageError(
      'building the Cranelift driver needs cargo and rustc: get them from https://rustup.rs',
    );
  }
  const rustup = env['RUSTUP_HOME'] ?? join(homedir(), '.rustup');
  const watched = [
    realpathSync(rustc),
    ...['settings.toml', 'toolchains', 'update-hashes'].map((f) => join(rustup, f)),
  ];
  const stamp = createHash('sha256').update(`${rustc}\n${env['RUSTUP_TOOLCHAIN'] ?? ''}\n`);
  for (const path of watched)
    stamp.update(existsSync(path) ? `${path} ${statSync(path).mtimeMs}\n` : `no ${path}\n`);
  const memo = join(memoDirectory, `rustc-${stamp.digest('hex').slice(0, 24)}`);
  if (existsSync(memo)) return readFileSync(memo, 'utf8');
  let version: string;
  try {
    version = (await promisify(execFile)(rustc, ['-V'], { env: { ...env } })).stdout.trim();
  } catch (cause) {
    throw new UsageError(`${rustc} does not run: ${firstComplaint(cause)}`, { cause });
  }
  mkdirSync(memoDirectory, { recursive: true });
  writeFileSync(memo, version);
  return version;
}

/** Where PATH finds a program, or null. */
function findProgram(name: string, env: Environment): string | null {
  if (name.includes('/')) return existsSync(name) ? name : null;
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name);
    if (directory !== '' && existsSync(path)) return path;
  }
  return null;
}

export interface CargoRun {
  readonly ok: boolean;
  /** Everything cargo and rustc printed. */
  readonly log: string;
}

/** Runs cargo to its end; `onLine` gets each line as it comes. */
export async function runCargo(
  args: readonly string[],
  directory: string,
  env: Environment,
  onLine: (line: string) => void,
): Promise<CargoRun> {
  // Its own variables would leak in where this program was itself started by cargo.
  const childEnv = {
    ...env,
    CARGO_TERM_COLOR: 'never',
    CARGO_TERM_PROGRESS_WHEN: 'never',
    // Of a crate's versions, the newest that this rustc accepts.
    CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS: 'fallback',
  };
  return new Promise((resolve, reject) => {
    const child = spawn(env['CARGO'] ?? 'cargo', [...args], {
      cwd: directory,
      env: childEnv,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    let shown = 0;
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (chunk: string) => {
      log += chunk;
      for (let end = log.indexOf('\n', shown); end >= 0; end = log.indexOf('\n', shown)) {
        onLine(log.slice(shown, end).trim());
        shown = end + 1;
      }
    });
    child.on('error', (cause) => reject(new UsageError(`cannot run cargo: ${cause.message}`, { cause })));
    child.on('close', (code) => resolve({ ok: code === 0, log }));
  });
}

/** Cargo's failure as one line a user can act on. `what` names the Cranelift asked for. */
export function explainCargoFailure(log: string, what: string, rustc: string, logPath: string): UsageError {
  const rustVersion = /(\S+?)@?(?: v)?([\d.]+)? requires rustc ([\d.]+)/.exec(log);
  if (rustVersion !== null) {
    return new UsageError(
      `${what} wants rustc ${rustVersion[3]}, found ${rustc}: run "rustup update", or name another toolchain ` +
        'in RUSTUP_TOOLCHAIN (or CARGO and RUSTC)',
    );
  }
  if (
    /failed to select a version for the requirement `cranelift|no matching package named `cranelift/.test(log)
  ) {
    const candidates = /candidate versions found which didn't match: (.*)/.exec(log)?.[1];
    return new UsageError(
      `crates.io has no ${what}${candidates === undefined ? '' : `; it has ${candidates}`}`,
    );
  }
  if (
    /Could not resolve host|failed to download|failed to get successful HTTP response|download of .* failed/i.test(
      log,
    )
  ) {
    return new UsageError(`cannot fetch ${what}: crates.io is out of reach; see ${logPath}`);
  }
  const error = /^error(?:\[E\d+\])?: .*$/m.exec(log)?.[0] ?? 'cargo failed';
  const place = /^\s+--> (\S+)/m.exec(log)?.[1];
  return new UsageError(
    `no driver for ${what}: ${error}${place === undefined ? '' : ` at ${place}`}; see ${logPath}`,
  );
}

/** The line in which a program that failed says why: rustup's `error: toolchain '…' is not installed`. */
function firstComplaint(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return /^error: .*$/m.exec(message)?.[0] ?? message.split('\n', 1)[0] ?? '';
}
