import type { Artifact } from '../backend/artifact.ts';
import { functionNameText } from '../clif/module.ts';
import { GUARD_BYTES, STACK_BASE, STACK_BYTES } from './protocol.ts';

/** `u0:1+0x24` inside a function, `image+0x200` between functions, else the address. */
export function placeText(artifact: Artifact, pc: bigint): string {
  const offset = imageOffset(artifact, pc);
  if (offset === null) return hex(pc);
  const inside = artifact.functions.find((f) => offset >= f.offset && offset < f.offset + f.sizeBytes);
  return inside === undefined
    ? `image+${hex(offset)}`
    : `${functionNameText(inside.name)}+${hex(offset - inside.offset)}`;
}

/** Code of the trap recorded for the instruction at `pc`, or null. */
export function trapCodeAt(artifact: Artifact, pc: bigint): string | null {
  const offset = imageOffset(artifact, pc);
  if (offset === null) return null;
  let low = 0;
  let high = artifact.traps.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const trap = artifact.traps[middle];
    if (trap === undefined) return null;
    if (trap.offset === offset) return trap.code;
    if (trap.offset < offset) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

/** Which guard area an address lies in: the stack overflowed, or its upper end was overrun. */
export function guardAt(address: bigint): 'below' | 'above' | null {
  const top = STACK_BASE + STACK_BYTES;
  if (address >= STACK_BASE - GUARD_BYTES && address < STACK_BASE) return 'below';
  return address >= top && address < top + GUARD_BYTES ? 'above' : null;
}

/** Linux signal numbers the guest catches (asm-generic/signal.h). */
export function signalName(signal: number): string {
  return SIGNAL_NAMES[signal] ?? `signal ${signal}`;
}

const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  5: 'SIGTRAP',
  7: 'SIGBUS',
  8: 'SIGFPE',
  11: 'SIGSEGV',
};

function imageOffset(artifact: Artifact, pc: bigint): number | null {
  const offset = pc - artifact.base;
  return offset >= 0n && offset < BigInt(artifact.image.length) ? Number(offset) : null;
}

function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
