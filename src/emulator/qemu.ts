import { spawnSync } from 'node:child_process';
import { UsageError } from '../clif/harness-error.ts';

export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  /** As printed: `7.2.22`. */
  readonly text: string;
}

export interface Qemu {
  readonly path: string;
  readonly version: QemuVersion;
  /** What every start of it is given first, whatever is emulated. */
  readonly options: readonly string[];
}

/** An emulated processor: a QEMU and what to give it as `-cpu`. */
export interface EmulatedCpu {
  readonly qemu: Qemu;
  readonly cpu: string;
  /** The guest may execute vector instructions. */
  readonly hasVectors: boolean;
  /** More for its command line, such as what to log. */
  readonly extraArguments?: readonly string[];
}

const NAMES = ['qemu-riscv64', 'qemu-riscv64-static'];
const INSTALL = 'apt-get install qemu-user';
const OLDEST = 7;

/**
 * Runs `path`, or what PATH has, and asks its version. Throws UsageError when there is none, it does not run, or it is
 * older than 7.0 (before that, V is not version 1.0).
 */
export function findQemu(path?: string): Qemu {
  for (const name of path === undefined ? NAMES : [path]) {
    const result = spawnSync(name, ['--version'], { encoding: 'utf8' });
    if (result.error !== undefined) continue;
    const version = parseQemuVersion(result.stdout);
    if (version === null) throw new UsageError(`${name} --version does not print a QEMU version`);
    if (version.major < OLDEST) {
      throw new UsageError(`${name} is version ${version.text}, at least ${OLDEST}.0 is needed: ${INSTALL}`);
    }
    return { path: name, version, options: cacheOptions(name) };
  }
  throw new UsageError(`${path ?? NAMES[0]} not found: ${INSTALL}`);
}

/**
 * Translated code that is kept, in MiB. By default it is 128, all of which modules fill one after the other, and each page anew: memory that is zeroed first
 * and in no cache of the host's. Measured with 8: a tenth less processor time a module; with 2 and less the guest's own code is dropped too often.
 */
const TRANSLATED_MEBIBYTES = 8;

/** Not every version can be told. */
function cacheOptions(path: string): readonly string[] {
  const { stdout } = spawnSync(path, ['--help'], { encoding: 'utf8' });
  return stdout.includes('-tb-size') ? ['-tb-size', `${TRANSLATED_MEBIBYTES}`] : [];
}

/** From the first line of `qemu-riscv64 --version`. */
export function parseQemuVersion(output: string): QemuVersion | null {
  const match = /\bversion ((\d+)\.(\d+)[.\d]*)/.exec(output);
  const [, text, major, minor] = match ?? [];
  if (text === undefined || major === undefined || minor === undefined) return null;
  return { major: Number(major), minor: Number(minor), text };
}

const EXTENSIONS_7 = 'zba=true,zbb=true,zbc=true,zbs=true,zbkb=true,Zfh=true,Zfhmin=true';

/** The same processor with vector registers of `vlenBits`: a power of two from 128 to 1024. */
export function withVlen(emulated: EmulatedCpu, vlenBits: number): EmulatedCpu {
  return { ...emulated, cpu: emulated.cpu.replace(/\bvlen=\d+/, `vlen=${vlenBits}`) };
}

/**
 * What to try as `-cpu`, richest first; QEMU ends at once on a property it does not know. 7.x has no `max` for riscv64 and
 * must be told of each extension; 8.2 brought `max`, which has them all.
 */
export function cpuCandidates(version: QemuVersion, vlenBits: number): readonly string[] {
  const vectors = `v=true,vlen=${vlenBits}`;
  const hasMax = version.major > 8 || (version.major === 8 && version.minor >= 2);
  return [
    ...(hasMax ? [`max,vlen=${vlenBits}`] : []),
    `rv64,${vectors},vext_spec=v1.0,${EXTENSIONS_7}`,
    `rv64,${vectors},vext_spec=v1.0,zba=true,zbb=true,zbc=true,zbs=true,Zfh=true`,
    `rv64,${vectors}`,
    'rv64',
  ];
}

/** The first major version that can be told of each extension below. */
const KNOWS_ALL = 8;
const SCALAR_EXTENSIONS = [
  'zba',
  'zbb',
  'zbc',
  'zbs',
  'zbkb',
  'zicond',
  'zcb',
  'zfa',
  'zfh',
  'zfhmin',
] as const;

/**
 * `emulated` with the extensions that these flags of Cranelift's promise and none else, beside rv64gc, which the guest is made of; itself where the
 * QEMU cannot be told.
 */
export function exactCpu(emulated: EmulatedCpu, isa: readonly string[], vlenBits: number): EmulatedCpu {
  if (emulated.qemu.version.major < KNOWS_ALL) return emulated;
  const hasVectors = isa.includes('has_v');
  const vectors = hasVectors ? `v=true,vlen=${vlenBits},vext_spec=v1.0` : 'v=false';
  const extensions = [...SCALAR_EXTENSIONS, 'zvfh'].map((name) => `${name}=${isa.includes(`has_${name}`)}`);
  return { ...emulated, cpu: ['rv64', vectors, ...extensions].join(','), hasVectors };
}

/**
 * What to try as `-cpu` for processors with less, poorest first: rv64gc and nothing else, then with all but V. QEMU switches some
 * of these extensions on where it is not told.
 */
export function lesserCpus(version: QemuVersion): readonly string[] {
  const old = ['zba', 'zbb', 'zbc', 'zbs', 'zbkb', 'Zfh', 'Zfhmin'];
  const known = version.major >= KNOWS_ALL ? SCALAR_EXTENSIONS : old;
  return ['false', 'true'].map((is) =>
    ['rv64', 'v=false', ...known.map((name) => `${name}=${is}`)].join(','),
  );
}
