import { HarnessError } from '../clif/harness-error.ts';
import type { QemuVersion } from './qemu.ts';

/** Integer and floating-point registers before the instruction at `pc` ran. */
export interface TracedState {
  readonly pc: bigint;
  readonly x: readonly bigint[];
  readonly f: readonly bigint[];
}

const INSTRUCTION_BYTES = 2;

/**
 * What makes QEMU write the registers to `logPath` before each instruction at one of `addresses` (QEMU manual, "-d", "-dfilter";
 * instructions one by one: `-singlestep` until 8.0, `-one-insn-per-tb` since).
 */
export function traceArguments(
  version: QemuVersion,
  logPath: string,
  addresses: Iterable<bigint>,
): readonly string[] {
  const ranges = [...new Set(addresses)].map((address) => `0x${address.toString(16)}+${INSTRUCTION_BYTES}`);
  const single =
    version.major > 8 || (version.major === 8 && version.minor >= 1) ? '-one-insn-per-tb' : '-singlestep';
  return [single, '-d', 'cpu,fpu,nochain', '-D', logPath, '-dfilter', ranges.join(',')];
}

const PC = /^ pc\s+([0-9a-f]{16})/;
const REGISTER = /\b([xf])(\d+)\/\w+\s+([0-9a-f]{16})/g;
const REGISTERS = 32;

/** States in the order of execution; a last one that was cut off is left out. Throws HarnessError for no such log. */
export function parseTrace(log: string): readonly TracedState[] {
  const states: TracedState[] = [];
  let pc: bigint | null = null;
  let x: bigint[] = [];
  let f: bigint[] = [];
  for (const line of log.split('\n')) {
    const start = PC.exec(line)?.[1];
    if (start !== undefined) {
      pc = BigInt(`0x${start}`);
      x = [];
      f = [];
      continue;
    }
    if (pc === null) continue;
    for (const [, file, number, bits] of line.matchAll(REGISTER)) {
      const list = file === 'x' ? x : f;
      if (Number(number) !== list.length)
        throw new HarnessError('emulator', `a trace with ${file}${number} out of order`);
      list.push(BigInt(`0x${bits}`));
    }
    if (f.length === REGISTERS && x.length === REGISTERS) {
      states.push({ pc, x, f });
      pc = null;
    }
  }
  return states;
}
