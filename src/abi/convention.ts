import { releaseNumber } from '../clif/release.ts';
import type { CallConv } from '../clif/signature.ts';
import { GP, RA, SP, TP } from './registers.ts';
import type { RegisterNumber } from './registers.ts';

/** What a convention promises a caller. Every one of them keeps sp (but for what is popped), gp, tp and frm, and gives back ra. */
export interface Convention {
  /** Integer registers that come back unchanged; without ra and sp, which are checked apart. */
  readonly savedX: readonly RegisterNumber[];
  readonly savedF: readonly RegisterNumber[];
  readonly savesVectors: boolean;
  /**
   * Whether an unwinder restores s0-s11 and fs0-fs11 before a handler at a call runs; else only fp. (`isa/riscv64/abi.rs`,
   * `get_regs_clobbered_by_call`, says what a try_call counts on.)
   */
  readonly isRestoredByThrow: boolean;
  /** Who takes the stack arguments off the stack. */
  readonly popper: 'caller' | 'callee';
}

const PSABI_SAVED: readonly RegisterNumber[] = [8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];
const ALL: readonly RegisterNumber[] = Array.from({ length: 32 }, (_, number) => number);
/** x0 is constant, and t5 and t6 are Cranelift's scratch registers, which it never keeps. */
const NEVER_SAVED: readonly RegisterNumber[] = [0, RA, SP, 30, 31];

/**
 * s0-s11 and fs0-fs11, which LP64D saves whole, and the unallocatable gp and tp (psABI, "Integer Register Convention" and
 * "Floating-point Register Convention"). Vector registers, vl and vtype are never saved ("Vector Register Convention").
 */
const BY_PSABI: Convention = {
  savedX: [GP, TP, ...PSABI_SAVED],
  savedF: PSABI_SAVED,
  savesVectors: false,
  isRestoredByThrow: true,
  popper: 'caller',
};

/** The psABI does not have it: the callee saves all it writes (cranelift-codegen `isa/call_conv.rs`, `CallConv::PreserveAll`). */
const PRESERVE_ALL: Convention = {
  savedX: ALL.filter((number) => !NEVER_SAVED.includes(number)),
  savedF: ALL,
  savesVectors: true,
  isRestoredByThrow: false,
  popper: 'caller',
};

/** Cranelift's conventions on riscv64, one by one (cranelift-codegen `isa/riscv64/abi.rs`, `compute_arg_locs`, `gen_return`). */
const CONVENTIONS: Readonly<Record<CallConv, Convention>> = {
  system_v: BY_PSABI,
  fast: BY_PSABI,
  tail: { ...BY_PSABI, isRestoredByThrow: false, popper: 'callee' },
  preserve_all: PRESERVE_ALL,
  windows_fastcall: BY_PSABI,
  apple_aarch64: BY_PSABI,
  probestack: BY_PSABI,
  winch: BY_PSABI,
};

export function convention(callConv: CallConv): Convention {
  return CONVENTIONS[callConv];
}

/** The first release whose `tail` passes and keeps what this file says; before, it had registers of its own and kept none. */
const PSABI_TAIL_RELEASE = 108;

/** Whether Cranelift `version` means by a convention what this file says. */
export function isModelled(callConv: CallConv, version: string): boolean {
  return callConv !== 'tail' || (releaseNumber(version) ?? PSABI_TAIL_RELEASE) >= PSABI_TAIL_RELEASE;
}

/** Bit n for register n, as the guest takes sets of registers. */
export function registerSet(registers: readonly RegisterNumber[]): number {
  return registers.reduce((bits, register) => bits | (1 << register), 0) >>> 0;
}
