import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import { functionNameText } from '../clif/module.ts';
import type { CodeFault } from './code-faults.ts';

/*
 * Without compressed instructions every instruction has 4 bytes and lies at a multiple of 4 (RISC-V unprivileged ISA, "Base
 * Instruction-Length Encoding", IALIGN), and with Zca alone there are none of two bytes for doubles ("Zc*", Zcd). What runs code here has C, so that
 * no run shows a breach.
 */

/** Flags that mean Zca (RISC-V unprivileged ISA, "Zc*"), and those that mean Zcd. */
const COMPRESSED: readonly string[] = ['has_c', 'has_zca', 'has_zcb', 'has_zcd'];
const COMPRESSED_DOUBLES: readonly string[] = ['has_c', 'has_zcd'];

const INSTRUCTION_BYTES = 4;
const COMPRESSED_BYTES = 2;

/** The places of such findings. */
export const TOO_SHORT = 'instruction of two bytes without compressed instructions';
export const OF_DOUBLES = 'compressed instruction for doubles without Zcd';
export const MISALIGNED = 'instruction at no multiple of 4 without compressed instructions';

/** What a configuration lets code have. */
interface Allowed {
  readonly compressed: boolean;
  readonly compressedDoubles: boolean;
}

interface Wrong {
  readonly offset: number;
  readonly place: string;
}

/** Where instructions are known to begin, ascending. */
function beginnings({ code, relocations, traps, callSites }: CompiledFunction): readonly number[] {
  return [
    0,
    // An address in full is data.
    ...relocations.filter(({ kind }) => kind.startsWith('Riscv')).map(({ offset }) => offset),
    ...traps.map(({ offset }) => offset),
    ...callSites.flatMap(({ offset, handlers }) => [offset, ...handlers.map((handler) => handler.offset)]),
  ]
    .filter((offset) => offset < code.length)
    .sort((a, b) => a - b);
}

/** What Cranelift traps by begins with (`isa/riscv64/inst/mod.rs`, `TRAP_OPCODE`). */
const TRAP = 0;

/** Major opcodes of jumps, with rd = x0, so that nothing comes back behind them: `jal` and `jalr`, of which the low half tells both. */
const OPCODE_AND_RD = 0xfff;
const JUMPS: readonly number[] = [0x6f, 0x67];

function isCompressed(half: number): boolean {
  return (half & 3) !== 3;
}

/** Quadrant and funct3 of a compressed instruction ("RVC Instruction Set Listings"). */
function formOf(half: number): number {
  return ((half & 3) << 3) | (half >> 13);
}
const C_J = 0b01_101;
const C_JR = 0b10_100;
/** c.fld, c.fsd, c.fldsp, c.fsdsp. */
const FORMS_OF_DOUBLES: readonly number[] = [0b00_001, 0b00_101, 0b10_001, 0b10_101];

/** `c.jr` shares its form with `c.mv`, which has an rs2, and with `c.jalr` and `c.add`, which have bit 12. */
function isReturn(half: number): boolean {
  return formOf(half) === C_JR && (half & 0x107c) === 0;
}

/** Whether nothing goes on behind the instruction that begins with `half`. */
function endsHere(half: number): boolean {
  if (half === TRAP) return true;
  if (!isCompressed(half)) return JUMPS.includes(half & OPCODE_AND_RD);
  return formOf(half) === C_J || isReturn(half);
}

function wrongWith(half: number, allowed: Allowed): string | null {
  if (half === TRAP || !isCompressed(half)) return null;
  if (!allowed.compressed) return TOO_SHORT;
  return !allowed.compressedDoubles && FORMS_OF_DOUBLES.includes(formOf(half)) ? OF_DOUBLES : null;
}

/** What is wrong with an instruction that runs go through from a known one on, and where. */
function firstWrong(fn: CompiledFunction, allowed: Allowed): Wrong | null {
  const view = new DataView(fn.code.buffer, fn.code.byteOffset, fn.code.length);
  const last = fn.code.length - COMPRESSED_BYTES;
  let misaligned: number | null = null;
  let seen = 0;
  for (const beginning of beginnings(fn)) {
    if (beginning < seen) continue;
    if (!allowed.compressed && beginning % INSTRUCTION_BYTES !== 0) misaligned ??= beginning;
    let isOver = false;
    for (seen = beginning; seen <= last && !isOver;) {
      const half = view.getUint16(seen, true);
      const place = wrongWith(half, allowed);
      if (place !== null) return { offset: seen, place };
      isOver = endsHere(half);
      seen += isCompressed(half) && half !== TRAP ? COMPRESSED_BYTES : INSTRUCTION_BYTES;
    }
  }
  return misaligned === null ? null : { offset: misaligned, place: MISALIGNED };
}

/**
 * The first instruction that a processor with the configuration's flags alone would not execute: one of two bytes that it lacks, else one where data have
 * left it.
 */
export function encodingFault(
  { isa }: Configuration,
  compiled: readonly CompiledFunction[],
): CodeFault | null {
  const allowed = {
    compressed: isa.some((flag) => COMPRESSED.includes(flag)),
    compressedDoubles: isa.some((flag) => COMPRESSED_DOUBLES.includes(flag)),
  };
  if (allowed.compressedDoubles) return null;
  for (const fn of compiled) {
    const wrong = firstWrong(fn, allowed);
    if (wrong !== null)
      return {
        place: wrong.place,
        detail: `an instruction of ${functionNameText(fn.name)} lies at +0x${wrong.offset.toString(16)}`,
      };
  }
  return null;
}
