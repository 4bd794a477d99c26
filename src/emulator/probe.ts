import { HarnessError } from '../clif/harness-error.ts';
import { Guest } from './guest.ts';
import { DEFECT_PROBES, EXTENSION_PROBES, VLEN_PROBE, ZVL_BITS } from './probe-table.ts';
import type { EmulatorDefect } from './probe-table.ts';
import { cpuCandidates, lesserCpus } from './qemu.ts';
import type { EmulatedCpu, Qemu } from './qemu.ts';

/** What a QEMU was seen to execute. */
export interface ProbedCpu {
  readonly emulated: EmulatedCpu;
  /** Cranelift isa flags whose instructions this processor executes: `has_v`, `has_zvl128b`, `has_zba`. */
  readonly isaFlags: ReadonlySet<string>;
  /** 0 without V. */
  readonly vlenBits: number;
  /** Instructions that it executes wrongly. */
  readonly defects: readonly EmulatorDefect[];
}

const RET = '00008067';
const SIGILL = 4;

/**
 * Finds a `-cpu` this QEMU takes, richest first, and executes one instruction of each extension on it. Throws HarnessError when
 * none works or an instruction does something other than return or SIGILL.
 */
export async function probeQemu(qemu: Qemu, program: string, vlenBits = 128): Promise<ProbedCpu> {
  const refusals: string[] = [];
  for (const cpu of cpuCandidates(qemu.version, vlenBits)) {
    const guest = new Guest({ emulated: { qemu, cpu, hasVectors: false }, program });
    try {
      await guest.start();
      const isaFlags = await probeExtensions(guest);
      const vlenBytes = isaFlags.has('has_v') ? await execute(guest, VLEN_PROBE) : null;
      const found = Number(vlenBytes ?? 0n) * 8;
      for (const bits of ZVL_BITS) if (bits <= found) isaFlags.add(`has_zvl${bits}b`);
      const defects: EmulatorDefect[] = [];
      for (const { id, flag, code, right } of DEFECT_PROBES) {
        if (isaFlags.has(flag) && (await execute(guest, code)) !== right) defects.push(id);
      }
      const emulated = { qemu, cpu, hasVectors: isaFlags.has('has_v') };
      return { emulated, isaFlags, vlenBits: found, defects };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refusals.push(`${cpu}: ${error.message}`);
    } finally {
      await guest.close();
    }
  }
  throw new HarnessError(
    'emulator',
    `${qemu.path} ${qemu.version.text} takes none of these -cpu:\n${refusals.join('\n')}`,
  );
}

/** A processor without V, and the flags whose instructions it executes. */
export interface LesserCpu {
  readonly emulated: EmulatedCpu;
  readonly isaFlags: readonly string[];
}

/** Processors that this QEMU can do without V, poorest first; those that it does not take are left out. */
export async function probeLesserCpus(qemu: Qemu, program: string): Promise<readonly LesserCpu[]> {
  const found = await Promise.all(
    lesserCpus(qemu.version).map(async (cpu) => {
      const emulated = { qemu, cpu, hasVectors: false };
      const guest = new Guest({ emulated, program });
      try {
        await guest.start();
        const isaFlags = await probeExtensions(guest);
        return isaFlags.has('has_v') ? [] : [{ emulated, isaFlags: [...isaFlags] }];
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return [];
      } finally {
        await guest.close();
      }
    }),
  );
  return found.flat();
}

function isRefusal(error: unknown): error is HarnessError {
  return error instanceof HarnessError && error.message.includes('does not start');
}

async function probeExtensions(guest: Guest): Promise<Set<string>> {
  const isaFlags = new Set<string>();
  for (const { flag, code } of EXTENSION_PROBES) {
    if ((await execute(guest, code)) !== null) isaFlags.add(flag);
  }
  return isaFlags;
}

/** a0 after the code, or null for an illegal instruction. */
async function execute(guest: Guest, code: readonly string[]): Promise<bigint | null> {
  const image = encode([...code, RET]);
  const reply = await guest.run(
    {
      base: guest.base,
      image,
      entryOffset: 0,
      limitMs: 2000,
      poisonBytes: 0,
      argumentAreaBytes: 0,
      returnAreaBytes: 0,
      poppedBytes: 0,
      inputCount: 1,
      runs: [{ seed: 1n, input: 0 }],
      hasReturnArea: false,
      withVectors: false,
      wantState: false,
      savedX: 0,
      savedF: 0,
      logBytes: 0,
      answers: new Uint8Array(0),
    },
    () => undefined,
  );
  const record = reply.kind === 'records' ? reply.records[0] : undefined;
  if (record?.kind === 'returned') return record.results.getBigUint64(0, true);
  if (record?.kind === 'signalled' && record.signal === SIGILL) return null;
  throw new HarnessError('emulator', `probe ${code.join(' ')} ended as ${record?.kind ?? 'died'}`);
}

/** Little-endian bytes of 16- and 32-bit instructions given as hexadecimal. */
function encode(code: readonly string[]): Uint8Array {
  return Uint8Array.from(code.flatMap((word) => [...Buffer.from(word, 'hex')].reverse()));
}
