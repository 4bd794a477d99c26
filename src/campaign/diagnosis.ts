import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { DEFAULT_CRANELIFT, defaultCacheDir, ensureDriver, findDriver } from '../backend/driver-build.ts';
import { Driver } from '../backend/driver.ts';
import type { DriverHello } from '../backend/driver-reply.ts';
import { rustcVersion } from '../backend/rust-toolchain.ts';
import { HarnessError, UsageError } from '../clif/harness-error.ts';
import { ensureGuest, GUEST_COMPILER, GUEST_PACKAGES } from '../emulator/guest-build.ts';
import { probeLesserCpus, probeQemu, type LesserCpu, type ProbedCpu } from '../emulator/probe.ts';
import { findQemu, type Qemu } from '../emulator/qemu.ts';
import { makeDirectory } from './make-directory.ts';

/** One thing that was looked for. */
export interface Check {
  readonly name: string;
  /** `missing` is needed and not there; `absent` is not there and does no harm. */
  readonly state: 'ok' | 'missing' | 'absent';
  readonly text: string;
}

export interface DiagnosisOptions {
  /** The project's folder. */
  readonly root: string;
  readonly cranelift: string;
  /** Build the driver if it is not there. */
  readonly isBuilding: boolean;
  readonly onProgress: (line: string) => void;
}

const MANIFEST = v.object({ dependencies: v.record(v.string(), v.string()) });
const INSTALLED = v.object({ version: v.string() });

/** What `look` gives, or a check that says why it gave nothing. Harness faults are what doctor is asked about, too. */
async function attempt<T>(name: string, look: () => T | Promise<T>): Promise<T | Check> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof HarnessError)) throw error;
    return { name, state: 'missing', text: error.message };
  }
}

function isCheck(value: unknown): value is Check {
  return typeof value === 'object' && value !== null && 'state' in value;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function npmCheck(root: string): Check {
  const name = 'npm packages';
  const manifest = v.safeParse(MANIFEST, readJson(join(root, 'package.json')));
  if (!manifest.success) return { name, state: 'missing', text: `${root} has no package.json` };
  const found = Object.keys(manifest.output.dependencies).map((dependency) => {
    const installed = v.safeParse(
      INSTALLED,
      readJson(join(root, 'node_modules', dependency, 'package.json')),
    );
    return { dependency, version: installed.success ? installed.output.version : null };
  });
  const missing = found.filter((f) => f.version === null).map((f) => f.dependency);
  if (missing.length > 0) return { name, state: 'missing', text: `no ${missing.join(', ')}; run "npm ci"` };
  return { name, state: 'ok', text: found.map((f) => `${f.dependency} ${f.version}`).join(', ') };
}

/** First line of `program --version`, or null where it does not run. */
function versionLine(program: string): string | null {
  const result = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (result.error !== undefined || result.status !== 0) return null;
  return result.stdout.split('\n', 1)[0] ?? '';
}

function cargoCheck(): Check {
  const line = versionLine(process.env['CARGO'] ?? 'cargo');
  if (line !== null) return { name: 'cargo', state: 'ok', text: line };
  return { name: 'cargo', state: 'missing', text: 'does not run; get Rust from https://rustup.rs' };
}

async function rustcCheck(cacheDir: string): Promise<Check> {
  const version = await attempt('rustc', () => rustcVersion(process.env, join(cacheDir, 'memo')));
  return isCheck(version) ? version : { name: 'rustc', state: 'ok', text: version };
}

interface DriverFound {
  readonly check: Check;
  readonly hello: DriverHello | null;
}

async function driverCheck(options: DiagnosisOptions, cacheDir: string): Promise<DriverFound> {
  const name = 'driver';
  const { cranelift, onProgress } = options;
  const found = await attempt(name, () =>
    options.isBuilding
      ? ensureDriver(cranelift, { cacheDir, onProgress })
      : findDriver(cranelift, { cacheDir }),
  );
  if (found !== null && isCheck(found)) return { check: found, hello: null };
  if (found === null) {
    const other = cranelift === DEFAULT_CRANELIFT ? '' : ` --cranelift ${cranelift}`;
    const text = `not built for Cranelift ${cranelift}; run "npm run doctor -- --build${other}" (about a minute), or any command that needs it`;
    return { check: { name, state: 'missing', text }, hello: null };
  }
  const hello = await attempt(name, async () => {
    const driver = await Driver.start(found.path);
    const answer = driver.hello();
    await driver.close();
    return answer;
  });
  if (isCheck(hello)) return { check: hello, hello: null };
  return {
    check: { name, state: 'ok', text: `Cranelift ${hello.version}, ${found.rustc}, ${found.path}` },
    hello,
  };
}

function compilerCheck(): Check {
  const line = versionLine(GUEST_COMPILER);
  if (line !== null) return { name: 'cross compiler', state: 'ok', text: line };
  return {
    name: 'cross compiler',
    state: 'missing',
    text: `${GUEST_COMPILER} does not run; run "apt-get install ${GUEST_PACKAGES}"`,
  };
}

function extensionChecks(probed: ProbedCpu, hello: DriverHello | null): readonly Check[] {
  const executed = [...probed.isaFlags];
  const known = hello?.isa.filter((f) => f.kind !== 'preset').map((f) => f.name) ?? null;
  const lacking = known?.filter((flag) => !probed.isaFlags.has(flag)) ?? [];
  const unknown = known === null ? [] : executed.filter((flag) => !known.includes(flag));
  return [
    { name: 'extensions', state: 'ok', text: `${executed.length} executed: ${executed.join(' ')}` },
    ...(lacking.length === 0
      ? []
      : [
          {
            name: 'extensions',
            state: 'absent',
            text: `known to Cranelift, not executed: ${lacking.join(' ')}`,
          } as const,
        ]),
    ...(unknown.length === 0
      ? []
      : [
          {
            name: 'extensions',
            state: 'absent',
            text: `executed, not known to Cranelift: ${unknown.join(' ')}`,
          } as const,
        ]),
  ];
}

/** Without these, instructions that a configuration did not allow are executed and not seen. */
function lesserChecks(lesser: readonly LesserCpu[]): readonly Check[] {
  const name = 'cpu without V';
  if (lesser.length === 0) return [{ name, state: 'absent', text: 'this QEMU takes none' }];
  return lesser.map(({ emulated }) => ({ name, state: 'ok', text: `-cpu ${emulated.cpu}` }));
}

async function emulatorChecks(
  guest: string | Check,
  qemu: Qemu | Check,
  hello: DriverHello | null,
): Promise<readonly Check[]> {
  if (isCheck(qemu)) return [qemu];
  const found: Check = { name: 'emulator', state: 'ok', text: `${qemu.path} ${qemu.version.text}` };
  if (isCheck(guest)) return [found];
  const probed = await attempt('emulator', () => probeQemu(qemu, guest));
  if (isCheck(probed)) return [found, probed];
  const cpu: Check = {
    name: 'emulated cpu',
    state: 'ok',
    text: `-cpu ${probed.emulated.cpu}, vlen ${probed.vlenBits}`,
  };
  const lesser = await attempt('emulator', () => probeLesserCpus(qemu, guest));
  if ('state' in lesser) return [found, cpu, lesser];
  return [found, cpu, ...lesserChecks(lesser), ...extensionChecks(probed, hello)];
}

/** Looks for everything a campaign needs; builds nothing but the guest unless told to. Throws for harness bugs alone. */
export async function diagnose(options: DiagnosisOptions): Promise<readonly Check[]> {
  const cacheDir = defaultCacheDir(process.env);
  const before: readonly Check[] = [
    { name: 'node', state: 'ok', text: process.version },
    npmCheck(options.root),
    cargoCheck(),
  ];
  const cache = await attempt('cache', () => makeDirectory(cacheDir, 'CALLFUZZ_CACHE'));
  // Everything that follows is kept there.
  if (isCheck(cache)) return [...before, cache];
  const rustc = await rustcCheck(cacheDir);
  const driver = await driverCheck(options, cacheDir);
  const guest = await attempt('guest', () => ensureGuest({ cacheDir }));
  const qemu = await attempt('emulator', () => findQemu());
  return [
    ...before,
    { name: 'cache', state: 'ok', text: cacheDir },
    rustc,
    driver.check,
    compilerCheck(),
    isCheck(guest) ? guest : { name: 'guest', state: 'ok', text: guest },
    ...(await emulatorChecks(guest, qemu, driver.hello)),
  ];
}
