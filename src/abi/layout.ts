import { HarnessError } from '../clif/harness-error.ts';
import type { AbiParam, ArgumentExtension, ArgumentPurpose, Signature } from '../clif/signature.ts';
import { typeInfo } from '../clif/type.ts';
import type { Type } from '../clif/type.ts';
import { convention } from './convention.ts';
import type { ClauseId } from './psabi-clauses.ts';
import { A0, ARGUMENT_REGISTERS, FA0, RESULT_REGISTERS } from './registers.ts';
import type { RegisterNumber } from './registers.ts';

/**
 * Where a part lies. `memory` is the argument area for a parameter (bytes from sp at entry) and the return area for a result
 * (bytes from the pointer in a0 at entry).
 */
export type Place =
  | { readonly kind: 'x'; readonly register: RegisterNumber }
  | { readonly kind: 'f'; readonly register: RegisterNumber }
  | { readonly kind: 'memory'; readonly offset: number };

/** What one register or memory slot holds of a value. */
export interface Part {
  readonly place: Place;
  /** The part is bits `valueBit` to `valueBit + bits - 1` of the value. */
  readonly valueBit: number;
  readonly bits: number;
  /** Room the part has: 8 bytes, or a longer vector's own size. What `bits` and `extension` leave of it is undefined. */
  readonly slotBytes: number;
  /** sext, uext: the part is extended to 64 bits. Always `none` for a part of 64 bits or more. */
  readonly extension: ArgumentExtension;
  /** The rest of the f register is ones. */
  readonly isNanBoxed: boolean;
  /** In a psABI layout: the clauses that chose the place and, where the part is narrow, what lies above it. */
  readonly clauses?: { readonly place: ClauseId; readonly rest: ClauseId | null };
}

export interface ValueLayout {
  readonly type: Type;
  readonly purpose: ArgumentPurpose;
  /** Lowest bits first. */
  readonly parts: readonly Part[];
}

export interface SignatureLayout {
  readonly params: readonly ValueLayout[];
  readonly returns: readonly ValueLayout[];
  /** The hidden pointer to the return area is in a0, ahead of every declared parameter. It is not given back. */
  readonly hasReturnAreaPointer: boolean;
  /** Index of the declared `sret` parameter, whose value comes back in a0; null without one. */
  readonly sretParam: number | null;
  /** Multiples of 16. */
  readonly argumentAreaBytes: number;
  readonly returnAreaBytes: number;
  /** Alignment of sp at entry and of the return area, whatever the alignment of the parts in them. */
  readonly alignBytes: number;
  /** How much higher than at entry sp is after the return: `tail` callees pop their arguments. */
  readonly poppedBytes: number;
}

/** `memory` only with `enable_multi_ret_implicit_sret`. */
export interface LayoutOptions {
  readonly implicitReturnArea: boolean;
}

const STACK_ALIGN_BYTES = 16;
const MAX_VECTOR_BITS = 512;

/** The registers and memory still free while a list of values is laid out. */
interface Cursor {
  nextX: number;
  nextF: number;
  readonly registers: number;
  memoryBytes: number;
}

/**
 * Where riscv64 Cranelift puts each argument and result. Follows `compute_arg_locs` (cranelift-codegen
 * `isa/riscv64/abi.rs`) and `rc_for_type` (`isa/riscv64/inst/mod.rs`), from the psABI's LP64D where they agree: two independent counters,
 * strictly left to right, each part on its own (so an i128's low half may be in a7 and its high half in memory, and an
 * aligned pair is not sought); f16 to f64 in f registers, which do not spill over into x registers; vectors in memory.
 *
 * Throws HarnessError for what Cranelift refuses or panics at: `winch`, `sarg`, a vector above 512 bits, `sret` beside a result
 * or twice, and results that do not fit in registers without `implicitReturnArea`.
 */
export function layoutSignature(signature: Signature, options: LayoutOptions): SignatureLayout {
  if (signature.callConv === 'winch') throw new HarnessError('abi', 'riscv64 has no winch convention');
  const returns = layoutList(signature.returns, 0, RESULT_REGISTERS);
  const hasReturnAreaPointer = returns.memoryBytes > 0;
  if (hasReturnAreaPointer && !options.implicitReturnArea) {
    throw new HarnessError('abi', 'results do not fit in registers and there is no implicit return area');
  }
  const sretParam = findSret(signature);
  const params = layoutList(signature.params, hasReturnAreaPointer ? 1 : 0, ARGUMENT_REGISTERS);
  return {
    params: params.values,
    returns: returns.values,
    hasReturnAreaPointer,
    sretParam,
    argumentAreaBytes: params.memoryBytes,
    returnAreaBytes: returns.memoryBytes,
    alignBytes: STACK_ALIGN_BYTES,
    poppedBytes: convention(signature.callConv).popper === 'callee' ? params.memoryBytes : 0,
  };
}

/** Whether some result does not fit in a0, a1, fa0 and fa1, so that Cranelift refuses without `enable_multi_ret_implicit_sret`. */
export function needsReturnArea(signature: Signature): boolean {
  return layoutList(signature.returns, 0, RESULT_REGISTERS).memoryBytes > 0;
}

/** See cranelift-codegen `machinst/abi.rs`, `ensure_struct_return_ptr_is_returned` and `SigSet::from_func_sig`. */
function findSret(signature: Signature): number | null {
  const index = signature.params.findIndex((param) => param.purpose.kind === 'sret');
  if (index < 0) return null;
  // preserve_all gives a0 back as it was, and has no results (Cranelift's verifier, `verify_signature`): the pointer is not returned.
  if (convention(signature.callConv).savedX.includes(A0)) return null;
  const isAlone = signature.params.findLastIndex((param) => param.purpose.kind === 'sret') === index;
  if (!isAlone || signature.returns.length > 0) {
    throw new HarnessError('abi', 'a declared sret parameter stands beside a result or another sret');
  }
  return index;
}

function layoutList(
  list: readonly AbiParam[],
  takenX: number,
  registers: number,
): { readonly values: readonly ValueLayout[]; readonly memoryBytes: number } {
  const cursor: Cursor = { nextX: takenX, nextF: 0, registers, memoryBytes: 0 };
  const values = list.map((param) => layoutValue(param, cursor));
  return { values, memoryBytes: alignUp(cursor.memoryBytes, STACK_ALIGN_BYTES) };
}

function layoutValue(param: AbiParam, cursor: Cursor): ValueLayout {
  const { type, purpose } = param;
  if (purpose.kind === 'sarg') throw new HarnessError('abi', 'riscv64 has no sarg parameters');
  const info = typeInfo(type);
  if (info.isVector) {
    if (info.bits > MAX_VECTOR_BITS) throw new HarnessError('abi', `${type} is too long to be passed`);
    return { type, purpose, parts: [memoryPart(0, info.bits, 'none', cursor)] };
  }
  if (info.bits === 128) {
    return {
      type,
      purpose,
      parts: [integerPart(0, 64, 'none', cursor), integerPart(64, 64, 'none', cursor)],
    };
  }
  if (info.isFloat) return { type, purpose, parts: [floatPart(info.bits, cursor)] };
  const extension = info.bits < 64 ? param.extension : 'none';
  return { type, purpose, parts: [integerPart(0, info.bits, extension, cursor)] };
}

function integerPart(valueBit: number, bits: number, extension: ArgumentExtension, cursor: Cursor): Part {
  if (cursor.nextX === cursor.registers) return memoryPart(valueBit, bits, extension, cursor);
  const place: Place = { kind: 'x', register: A0 + cursor.nextX++ };
  return { place, valueBit, bits, slotBytes: 8, extension, isNanBoxed: false };
}

/** NaN-boxing: psABI, "Hardware Floating-point Calling Convention". In memory the rest of the slot is undefined. */
function floatPart(bits: number, cursor: Cursor): Part {
  if (cursor.nextF === cursor.registers) return memoryPart(0, bits, 'none', cursor);
  const place: Place = { kind: 'f', register: FA0 + cursor.nextF++ };
  return { place, valueBit: 0, bits, slotBytes: 8, extension: 'none', isNanBoxed: bits < 64 };
}

function memoryPart(valueBit: number, bits: number, extension: ArgumentExtension, cursor: Cursor): Part {
  const slotBytes = Math.max(bits / 8, 8);
  const offset = alignUp(cursor.memoryBytes, slotBytes);
  cursor.memoryBytes = offset + slotBytes;
  return { place: { kind: 'memory', offset }, valueBit, bits, slotBytes, extension, isNanBoxed: false };
}

function alignUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
