import { HarnessError } from '../clif/harness-error.ts';
import type { AbiParam, ArgumentExtension, Signature } from '../clif/signature.ts';
import { typeInfo } from '../clif/type.ts';
import type { Type } from '../clif/type.ts';
import type { Part, Place, SignatureLayout, ValueLayout } from './layout.ts';
import { LP64D } from './psabi-clauses.ts';
import type { ClauseId, Clauses } from './psabi-clauses.ts';
import { A0, FA0 } from './registers.ts';

const XLEN = 64;
const FLEN = 64;
const SLOT_BYTES = 8;

/** Registers and stack still free while arguments or results are laid out. */
interface Cursor {
  readonly clauses: Clauses;
  readonly registers: number;
  readonly floatRegisters: number;
  nextX: number;
  nextF: number;
  stackBytes: number;
}

/** What one part takes of a value, before it has a place. */
interface Piece {
  readonly valueBit: number;
  readonly bits: number;
  readonly extension: ArgumentExtension;
  readonly restClause: ClauseId | null;
}

/**
 * Where the RISC-V psABI's LP64D puts each argument and result of a C function that takes and returns what `signature` does: i8 to i64
 * as the integers of that size, signed where the parameter has `sext` and unsigned where it has `uext`; i128 as `__int128`; f16 as
 * `_Float16`; f128 as `long double`; two results as a struct of two fields; a declared `sret`, which comes first, as the
 * implicit parameter of a result in memory. Where no extension is declared the high bits are left undefined, as CLIF has it.
 *
 * `clauses` other than `LP64D` describe a convention that differs from the psABI in known ways. Throws HarnessError for a signature that no C function
 * has (`whyNotPsabi`).
 */
export function layoutPsabi(signature: Signature, clauses: Clauses = LP64D): SignatureLayout {
  const obstacle = whyNotPsabi(signature);
  if (obstacle !== null) throw new HarnessError('abi', `no psABI layout: ${obstacle}`);
  const cursor: Cursor = {
    clauses,
    registers: clauses['argument-registers'],
    floatRegisters: clauses['float-argument-registers'],
    nextX: 0,
    nextF: 0,
    stackBytes: clauses['stack-offset'],
  };
  const params = signature.params.map((param) => layoutScalar(param, cursor));
  return {
    params,
    returns: layoutResults(signature.returns, clauses),
    hasReturnAreaPointer: false,
    sretParam: null,
    argumentAreaBytes: alignUp(cursor.stackBytes, 16),
    returnAreaBytes: 0,
    alignBytes: clauses['sp-alignment'],
    poppedBytes: 0,
  };
}

/** Why the psABI says nothing of a signature; null where it does. */
export function whyNotPsabi(signature: Signature): string | null {
  if (signature.callConv !== 'system_v') return `${signature.callConv} is not the convention of C`;
  const { params, returns } = signature;
  if ([...params, ...returns].some((p) => typeInfo(p.type).isVector)) return 'vectors are not modelled';
  if (params.some((p) => p.purpose.kind === 'sarg')) return 'riscv64 has no sarg parameters';
  if (params.some((p, i) => p.purpose.kind === 'sret' && i > 0)) return 'an sret parameter is not the first';
  if (params.some((p) => p.purpose.kind === 'sret') && returns.length > 0) return 'sret beside a result';
  return whyNoStruct(returns.map((r) => r.type));
}

/**
 * Several results are a struct in C. Comparable are those whose fields have registers of their own: two floats, a float
 * and an integer, two integers of which one has 64 bits. Narrower integers share a register, and longer structs lie in memory.
 */
function whyNoStruct(types: readonly Type[]): string | null {
  const [first, second] = types;
  if (first === undefined || second === undefined) return null;
  if (types.length > 2) return `${types.length} results have no registers in C`;
  if (Math.max(typeInfo(first).bits, typeInfo(second).bits) > XLEN) {
    return 'a struct with a 128-bit field and another lies in memory';
  }
  if (isFloat(first) || isFloat(second) || first === 'i64' || second === 'i64') return null;
  return 'two narrow integers of a struct share a register';
}

function isFloat(type: Type): boolean {
  return typeInfo(type).isFloat;
}

function layoutResults(returns: readonly AbiParam[], clauses: Clauses): readonly ValueLayout[] {
  const first = clauses['results-as-arguments'];
  const cursor: Cursor = {
    clauses,
    registers: first + clauses['result-registers'],
    floatRegisters: first + clauses['float-result-registers'],
    nextX: first,
    nextF: first,
    stackBytes: 0,
  };
  if (returns.length < 2) return returns.map((result) => layoutScalar(result, cursor));
  return layoutStruct(returns, cursor);
}

/** A struct of two scalars that is passed or returned in registers (psABI, both sections on aggregates). */
function layoutStruct(fields: readonly AbiParam[], cursor: Cursor): readonly ValueLayout[] {
  const { clauses } = cursor;
  const floats = fields.filter((field) => isFloat(field.type)).length;
  // Whole or not at all: with too few float registers the struct goes by the integer convention.
  const inFloats =
    cursor.nextF + floats <= cursor.floatRegisters &&
    (floats === 2 || clauses['float-and-integer'] === 'one of each');
  const order =
    floats === 2 ? clauses['two-floats'] : floats === 0 ? clauses['aggregate-in-memory-order'] : [0, 1];
  const parts: Part[] = [];
  for (const index of order) {
    const field = fields[index];
    if (field === undefined) continue;
    parts[index] = fieldPart(field, floats, inFloats, cursor);
  }
  return fields.map(({ type, purpose }, index) => {
    const part = parts[index];
    return { type, purpose, parts: part === undefined ? [] : [part] };
  });
}

function fieldPart(field: AbiParam, floats: number, inFloats: boolean, cursor: Cursor): Part {
  const { clauses } = cursor;
  const { bits } = typeInfo(field.type);
  if (isFloat(field.type) && inFloats) {
    return floatRegisterPart(bits, cursor, floats === 2 ? 'two-floats' : 'float-and-integer');
  }
  const rest = floats === 1 ? 'float-and-integer-high-bits' : 'aggregate-padding';
  const extension = clauses[rest] === 'undefined' ? 'none' : extensionOf(field, clauses);
  const piece: Piece = { valueBit: 0, bits, extension, restClause: bits < XLEN ? rest : null };
  return registerPart(piece, cursor, floats === 1 ? 'float-and-integer' : 'aggregate-in-memory-order');
}

function layoutScalar(param: AbiParam, cursor: Cursor): ValueLayout {
  const { type, purpose } = param;
  return { type, purpose, parts: scalarParts(param, cursor) };
}

function scalarParts(param: AbiParam, cursor: Cursor): readonly Part[] {
  const { clauses } = cursor;
  const info = typeInfo(param.type);
  if (info.isFloat && info.bits <= FLEN && clauses['float-in-float-register'] === 'f') {
    if (cursor.nextF < cursor.floatRegisters) {
      if (clauses['float-beside-integer-registers'] === 'counted together') cursor.nextX++;
      return [floatRegisterPart(info.bits, cursor, 'float-in-float-register')];
    }
    const piece = narrowFloat(info.bits, clauses);
    if (clauses['float-registers-used-up'] === 'stack') {
      return [stackPart(piece, SLOT_BYTES, cursor, 'float-registers-used-up')];
    }
    return [xlenPart(piece, cursor, 'float-registers-used-up')];
  }
  if (info.bits > XLEN) return pairParts(info.isFloat, cursor);
  if (info.isFloat) return [xlenPart(narrowFloat(info.bits, clauses), cursor, 'float-in-float-register')];
  const piece: Piece = {
    valueBit: 0,
    bits: info.bits,
    extension: extensionOf(param, clauses),
    restClause: info.bits === XLEN ? null : info.bits === 32 ? 'sign-extend-words' : 'widen-by-sign',
  };
  return [xlenPart(piece, cursor, 'xlen-scalar')];
}

function narrowFloat(bits: number, clauses: Clauses): Piece {
  const restClause = bits < XLEN ? 'narrow-float-high-bits' : null;
  return {
    valueBit: 0,
    bits,
    extension: restClause === null ? 'none' : clauses[restClause],
    restClause,
  };
}

/** By its sign up to 32 bits, from there on always by the sign. A zero-extended byte or half has a zero there. */
function extensionOf(param: AbiParam, clauses: Clauses): ArgumentExtension {
  const { bits } = typeInfo(param.type);
  if (bits >= XLEN) return 'none';
  if (bits < 32) return clauses['widen-by-sign'](param.extension);
  return clauses['sign-extend-words'](param.extension);
}

/** A scalar or part of up to XLEN bits by the integer convention. */
function xlenPart(piece: Piece, cursor: Cursor, clause: ClauseId): Part {
  const isOnStack =
    cursor.nextX >= cursor.registers ||
    (clause === 'xlen-scalar' && cursor.clauses['xlen-scalar'] === 'stack');
  return isOnStack
    ? stackPart(piece, SLOT_BYTES, cursor, 'stack-offset')
    : registerPart(piece, cursor, clause);
}

/** i128 and f128: 2xXLEN bits, 16-byte aligned. */
function pairParts(isFloatType: boolean, cursor: Cursor): readonly Part[] {
  const { clauses } = cursor;
  const halves = clauses['pair-order'].map((valueBit): Piece => ({
    valueBit,
    bits: XLEN,
    extension: 'none',
    restClause: null,
  }));
  const [low, high] = halves;
  if (low === undefined || high === undefined) throw new HarnessError('abi', 'a pair has two halves');
  if (isFloatType && clauses['wide-float-as-aggregate'] === 'reference')
    return [xlenPart(low, cursor, 'wide-float-as-aggregate')];
  const aligned = alignUp(cursor.nextX, clauses['pair-in-any-registers']);
  const free = cursor.registers - aligned;
  const inOrder = (parts: readonly Part[]): readonly Part[] =>
    parts.toSorted((a, b) => a.valueBit - b.valueBit);
  if (free >= 2) {
    cursor.nextX = aligned;
    const clause = isFloatType ? 'wide-float-as-aggregate' : 'pair-order';
    return inOrder([registerPart(low, cursor, clause), registerPart(high, cursor, clause)]);
  }
  if (free === 1 && clauses['pair-split'] === 'register and stack') {
    return inOrder([
      registerPart(low, cursor, 'pair-split'),
      stackPart(high, SLOT_BYTES, cursor, 'pair-split'),
    ]);
  }
  cursor.nextX = cursor.registers;
  return inOrder([
    stackPart(low, clauses['stack-alignment'], cursor, 'stack-alignment'),
    stackPart(high, SLOT_BYTES, cursor, 'stack-alignment'),
  ]);
}

function registerPart(piece: Piece, cursor: Cursor, clause: ClauseId): Part {
  return makePart(piece, { kind: 'x', register: A0 + cursor.nextX++ }, false, clause);
}

function floatRegisterPart(bits: number, cursor: Cursor, clause: ClauseId): Part {
  const isBoxed = bits < FLEN && cursor.clauses['nan-boxing'] === 'ones';
  const piece: Piece = {
    valueBit: 0,
    bits,
    extension: bits < FLEN && !isBoxed ? 'uext' : 'none',
    restClause: bits < FLEN ? 'nan-boxing' : null,
  };
  return makePart(piece, { kind: 'f', register: FA0 + cursor.nextF++ }, isBoxed, clause);
}

function stackPart(piece: Piece, alignBytes: number, cursor: Cursor, clause: ClauseId): Part {
  const offset = alignUp(cursor.stackBytes, alignBytes);
  cursor.stackBytes = offset + SLOT_BYTES;
  return makePart(piece, { kind: 'memory', offset }, false, clause);
}

function makePart(piece: Piece, place: Place, isNanBoxed: boolean, clause: ClauseId): Part {
  const { valueBit, bits, extension, restClause } = piece;
  const clauses = { place: clause, rest: restClause };
  return { place, valueBit, bits, slotBytes: SLOT_BYTES, extension, isNanBoxed, clauses };
}

function alignUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
