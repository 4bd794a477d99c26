import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import { functionNameText } from '../clif/module.ts';
import type { CodeFault } from './code-faults.ts';

/*
 * Without compressed instructions every instruction has 4 bytes and lies at a multiple of 4 (RISC-V unprivileged ISA, "Base
 * Instruction-Length Encoding", IALIGN). What runs code here has C, so that no run shows a breach.
 */

/** Flags that mean Zca (RISC-V unprivileged ISA, "Zc*"). */
const COMPRESSED: readonly string[] = ['has_c', 'has_zca', 'has_zcb', 'has_zcd'];

const INSTRUCTION_BYTES = 4;

/** The places of such findings. */
export const TOO_SHORT = 'instruction of two bytes without compressed instructions';
export const MISALIGNED = 'instruction at no multiple of 4 without compressed instructions';

/** Where instructions are known to begin. */
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

/** The major opcode of a jump, and the mask of that and of rd: with rd = x0 nothing comes back behind it. */
const JAL = 0x6f;
const JALR = 0x67;
const OPCODE_AND_RD = 0xfff;
/** What Cranelift traps by (`isa/riscv64/inst/mod.rs`, `TRAP_OPCODE`). */
const TRAP = 0;

function endsHere(word: number): boolean {
  const jump = word & OPCODE_AND_RD;
  return word === TRAP || jump === JAL || jump === JALR;
}

/** What is wrong with an instruction that runs go through from a known one on, and where. */
function firstWrong(fn: CompiledFunction): { readonly offset: number; readonly place: string } | null {
  const view = new DataView(fn.code.buffer, fn.code.byteOffset, fn.code.length);
  const last = fn.code.length - INSTRUCTION_BYTES;
  let misaligned: number | null = null;
  let seen = 0;
  for (const beginning of beginnings(fn)) {
    if (beginning < seen) continue;
    if (beginning % INSTRUCTION_BYTES !== 0) misaligned ??= beginning;
    for (seen = beginning; seen <= last; seen += INSTRUCTION_BYTES) {
      const word = view.getUint32(seen, true);
      if (word !== TRAP && (word & 3) !== 3) return { offset: seen, place: TOO_SHORT };
      if (!endsHere(word)) continue;
      seen += INSTRUCTION_BYTES;
      break;
    }
  }
  return misaligned === null ? null : { offset: misaligned, place: MISALIGNED };
}

/** The first instruction that a processor without compressed ones would not execute: one of two bytes, else one where data have left it. */
export function alignmentFault(
  { isa }: Configuration,
  compiled: readonly CompiledFunction[],
): CodeFault | null {
  if (isa.some((flag) => COMPRESSED.includes(flag))) return null;
  for (const fn of compiled) {
    const wrong = firstWrong(fn);
    if (wrong !== null)
      return {
        place: wrong.place,
        detail: `an instruction of ${functionNameText(fn.name)} lies at +0x${wrong.offset.toString(16)}`,
      };
  }
  return null;
}
