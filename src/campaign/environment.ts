import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { defaultCacheDir, ensureDriver } from '../backend/driver-build.ts';
import { Driver } from '../backend/driver.ts';
import type { DriverHello } from '../backend/driver-reply.ts';
import { UsageError } from '../clif/harness-error.ts';
import { releaseNumber } from '../clif/release.ts';
import { SHORTEST_VLEN } from '../clif/vlen.ts';
import { REWRITES, type KnownIssue } from '../compare/known-issues.ts';
import { FINDING_KINDS } from '../compare/verdict.ts';
import { ensureGuest } from '../emulator/guest-build.ts';
import { probeLesserCpus, probeQemu, type LesserCpu, type ProbedCpu } from '../emulator/probe.ts';
import { findQemu, withVlen, type EmulatedCpu } from '../emulator/qemu.ts';
import type { Abilities } from '../gen/config.ts';
import { LONGEST_VLEN } from './guest-set.ts';

/** All that workers need to know of this machine; plain data, so it can be sent to them. */
export interface Environment {
  readonly driverPath: string;
  /** Version, or for a changed crate its version and content hash. */
  readonly cranelift: string;
  /** The same for people, with what is special about this build: `0.135.8 with debug assertions`. */
  readonly craneliftText: string;
  readonly guestPath: string;
  readonly cpu: EmulatedCpu;
  /** Processors without V, poorest first. */
  readonly lesserCpus: readonly LesserCpu[];
  /** `qemu-riscv64 7.2.22 max,vlen=128`. */
  readonly emulator: string;
  readonly abilities: Abilities;
  /** Whether calls inside a module are watched. */
  readonly hasVeneers: boolean;
}

export interface EnvironmentOptions {
  /** `0.135.8`, `0.121`, `path:DIR`. */
  readonly cranelift: string;
  /** Default: true. */
  readonly hasVeneers?: boolean;
  /** Cranelift built with its debug assertions and overflow checks. Default: false. */
  readonly debugAssertions?: boolean | undefined;
  readonly onProgress: (line: string) => void;
}

function abilitiesOf(hello: DriverHello, probed: ProbedCpu): Abilities {
  const release = releaseNumber(hello.version);
  return {
    settings: Object.fromEntries(hello.shared.map((s) => [s.name, s.values])),
    isa: hello.isa.map((f) => f.name).filter((name) => probed.isaFlags.has(name)),
    emulatorDefects: probed.defects,
    hasChaos: hello.chaos,
    ...(release === null ? {} : { release }),
  };
}

/** Builds what is missing, asks driver and emulator what they can do. Throws UsageError with what to do about it. */
export async function openEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const cacheDir = defaultCacheDir(process.env);
  const guestPath = ensureGuest({ cacheDir });
  const qemu = findQemu();
  const { path, version } = await ensureDriver(options.cranelift, {
    cacheDir,
    debugAssertions: options.debugAssertions ?? false,
    onProgress: options.onProgress,
  });
  const [probed, lesser] = await Promise.all([
    probeQemu(qemu, guestPath, LONGEST_VLEN),
    probeLesserCpus(qemu, guestPath),
  ]);
  const cpu = withVlen(probed.emulated, SHORTEST_VLEN);
  const driver = await Driver.start(path);
  const hello = driver.hello();
  await driver.close();
  return {
    driverPath: path,
    cranelift: version,
    craneliftText: hello.debugAssertions ? `${version} with debug assertions` : version,
    guestPath,
    cpu,
    lesserCpus: lesser,
    emulator: `${qemu.path} ${qemu.version.text} ${cpu.cpu}`,
    abilities: abilitiesOf(hello, probed),
    hasVeneers: options.hasVeneers ?? true,
  };
}

const KNOWN_ISSUE = v.object({
  id: v.string(),
  title: v.string(),
  reference: v.string(),
  kind: v.picklist(FINDING_KINDS),
  place: v.string(),
  detail: v.optional(v.string()),
  opcodes: v.optional(v.array(v.string())),
  avoidedBy: v.optional(v.picklist(REWRITES)),
  versions: v.array(v.pipe(v.string(), v.regex(/^0\.\d+((\.\d+)?|-0\.\d+)$/))),
});

/** Known issues, one JSON file each, in the order of their names. Throws UsageError for a damaged one. */
export function readKnownIssues(directory: string): readonly KnownIssue[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => {
    const file = join(directory, name);
    try {
      return v.parse(KNOWN_ISSUE, JSON.parse(readFileSync(file, 'utf8')));
    } catch (error) {
      throw new UsageError(
        `${file}: not a known issue (${error instanceof Error ? error.message : String(error)})`,
      );
    }
  });
}
