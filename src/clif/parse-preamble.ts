import {
  advance,
  at,
  type Cursor,
  expectEntity,
  expectKind,
  expectMark,
  failAt,
  failExpecting,
  peek,
  takeMark,
  takeWord,
} from './cursor.ts';
import { integerBetween, integerBits, integerValue } from './integer-text.ts';
import type { Token } from './lexer.ts';
import type { DynamicTypeDeclaration, FuncRef, GlobalValue, StackSlot } from './module.ts';
import { skipFact, skipMemoryType } from './old-proof.ts';
import { parseMemoryFlags, parseOffset } from './parse-operand.ts';
import type { FunctionContext } from './parse-context.ts';
import {
  parseCount,
  parseFunctionName,
  parseSignature,
  parseType,
  parseUnsigned,
} from './parse-signature.ts';
import { parseVectorConst } from './parse-vector.ts';
import { dynamicOf, typeInfo } from './type.ts';

/** Reads every declaration before the first block. Returns the stack limit's global value. */
export function parsePreamble(context: FunctionContext): number | null {
  let stackLimit: number | null = null;
  let aliasRegions = 0;
  const { cursor } = context;
  for (;;) {
    const token = peek(cursor);
    switch (token.kind) {
      case 'ss':
        declare(context.stackSlots, beginEntity(cursor), parseStackSlot(cursor));
        break;
      case 'gv':
        declare(context.globalValues, beginEntity(cursor), parseGlobalValue(cursor));
        break;
      case 'sig':
        declare(context.sigRefs, beginEntity(cursor), parseSignature(cursor, context.defaultCallConv));
        context.nextSigRef = Math.max(context.nextSigRef, token.number + 1);
        break;
      case 'fn':
        declare(context.funcRefs, beginEntity(cursor), parseFuncRef(context));
        break;
      case 'const':
        declare(context.constants, beginEntity(cursor), parseConstant(cursor));
        break;
      case 'region':
        skipAliasRegion(cursor, beginEntity(cursor), aliasRegions);
        aliasRegions += 1;
        break;
      case 'dss':
        declare(context.dynamicSlots, beginEntity(cursor), parseDynamicSlot(context));
        break;
      case 'dt':
        declare(context.dynamicTypes, beginEntity(cursor), parseDynamicType(cursor));
        break;
      default:
        if (skipMemoryType(cursor)) break;
        if (token.kind !== 'word' || token.text !== 'stack_limit') return stackLimit;
        beginEntity(cursor);
        if (stackLimit !== null) failAt(token, 'stack_limit is declared twice');
        stackLimit = expectEntity(cursor, 'gv', 'the global value of the stack limit, such as gv0');
    }
  }
}

/** A fact after the entity is one of older text, see `skipFact`. */
function beginEntity(cursor: Cursor): Token {
  const token = advance(cursor);
  if (token.kind === 'gv') skipFact(cursor);
  expectMark(cursor, '=', `after ${token.text} in a declaration`);
  return token;
}

function declare<T>(map: Map<number, T>, token: Token, data: T): void {
  if (map.has(token.number)) failAt(token, `${token.text} is declared twice`);
  map.set(token.number, data);
}

function parseStackSlot(cursor: Cursor): StackSlot {
  if (!takeWord(cursor, 'explicit_slot')) failExpecting(cursor, 'explicit_slot');
  const sizeBytes = parseUnsigned(cursor, 'the size of a stack slot in bytes');
  let alignBytes = 1;
  while (takeMark(cursor, ',')) {
    const flag = expectKind(cursor, 'word', 'a stack slot flag, align or key');
    expectMark(cursor, '=', 'after the flag of a stack slot');
    const token = expectKind(cursor, 'integer', `the value of ${flag.text}`);
    if (flag.text === 'align') alignBytes = alignmentOf(token);
    else if (flag.text !== 'key' || /^[+-]/.test(token.text) || integerBits(token.text, 64) === null) {
      failAt(flag, `expected a stack slot flag, align or key, found '${flag.text}'`);
    }
  }
  return { kind: 'explicit_slot', sizeBytes, alignBytes };
}

function alignmentOf(token: Token): number {
  const align = integerBetween(token.text, 1, 2 ** 31);
  if (align === null || !Number.isInteger(Math.log2(align)))
    failAt(token, `expected a power of two, found '${token.text}'`);
  return align;
}

function parseGlobalValue(cursor: Cursor): GlobalValue {
  const kind = expectKind(
    cursor,
    'word',
    'a kind of global value: vmctx, load, iadd_imm, symbol or dyn_scale_target_const',
  );
  switch (kind.text) {
    case 'vmctx':
      return { kind: 'vmctx' };
    case 'load': {
      expectMark(cursor, '.', 'before the type of a global value');
      const type = parseType(cursor, 'the type of a global value');
      const flags = parseMemoryFlags(cursor);
      if (!flags.includes('notrap') || !flags.includes('aligned'))
        failExpecting(cursor, 'notrap and aligned, which the load of a global value needs');
      const base = expectEntity(cursor, 'gv', 'a global value such as gv0');
      return { kind: 'load', base, type, offset: parseOffset(cursor), flags };
    }
    case 'iadd_imm': {
      expectMark(cursor, '.', 'before the type of a global value');
      const type = parseType(cursor, 'the type of a global value');
      const base = expectEntity(cursor, 'gv', 'a global value such as gv0');
      expectMark(cursor, ',', 'before the offset of a global value');
      const token = expectKind(cursor, 'integer', 'a 64-bit offset');
      return { kind: 'iadd_imm', base, type, offset: offset64(token) };
    }
    case 'dyn_scale_target_const': {
      expectMark(cursor, '.', 'before the type of a global value');
      const token = peek(cursor);
      const type = parseType(cursor, 'the vector type of a scale');
      if (!typeInfo(type).isVector) failAt(token, `expected a vector type, found '${token.text}'`);
      return { kind: 'dyn_scale_target_const', type };
    }
    case 'symbol': {
      const colocated = takeWord(cursor, 'colocated');
      const tls = takeWord(cursor, 'tls');
      const name = parseFunctionName(cursor, 'reference');
      const next = peek(cursor);
      const hasOffset = next.kind === 'integer' && (next.text.startsWith('+') || next.text.startsWith('-'));
      return { kind: 'symbol', name, offset: hasOffset ? offset64(advance(cursor)) : 0n, colocated, tls };
    }
    default:
      return failAt(
        kind,
        `expected a kind of global value: vmctx, load, iadd_imm, symbol or dyn_scale_target_const, found '${kind.text}'`,
      );
  }
}

function offset64(token: Token): bigint {
  const bits = integerBits(token.text, 64);
  if (bits === null) failAt(token, `expected a 64-bit offset, found '${token.text}'`);
  return BigInt.asIntN(64, bits);
}

/** `i32x4*gv0`. */
function parseDynamicType(cursor: Cursor): DynamicTypeDeclaration {
  const base = peek(cursor);
  const type = dynamicOf(parseType(cursor, 'the vector type that a dynamic type scales'));
  if (type === null) failAt(base, `expected a vector type, found '${base.text}'`);
  expectMark(cursor, '*', 'before the scale of a dynamic type');
  return { type, scale: expectEntity(cursor, 'gv', 'the global value of the scale, such as gv0') };
}

function parseDynamicSlot({ cursor }: FunctionContext): number {
  if (!takeWord(cursor, 'explicit_dynamic_slot')) failExpecting(cursor, 'explicit_dynamic_slot');
  return expectEntity(cursor, 'dt', 'a dynamic type such as dt0');
}

function parseFuncRef(context: FunctionContext): FuncRef {
  const { cursor } = context;
  const colocated = takeWord(cursor, 'colocated');
  const patchable = takeWord(cursor, 'patchable');
  const name = parseFunctionName(cursor, 'reference');
  if (at(cursor, 'sig')) {
    const token = advance(cursor);
    if (!context.sigRefs.has(token.number)) failAt(token, `${token.text} is not declared`);
    return { name, sig: token.number, colocated, patchable };
  }
  const signature = parseSignature(cursor, context.defaultCallConv);
  const sig = context.nextSigRef;
  context.nextSigRef += 1;
  context.sigRefs.set(sig, signature);
  return { name, sig, colocated, patchable };
}

function parseConstant(cursor: Cursor): Uint8Array {
  if (at(cursor, 'type')) {
    const type = parseType(cursor, 'the type of a constant');
    return bytesOf(parseVectorConst(cursor, type), typeInfo(type).bytes);
  }
  const token = expectKind(cursor, 'integer', 'a hexadecimal constant');
  const digits = token.text.startsWith('0x') ? token.text.slice(2).replaceAll('_', '') : '';
  const value = integerValue(token.text);
  if (value === null || digits === '' || digits.length % 2 !== 0 || digits.length > 32) {
    failAt(token, `expected 0x and an even number of digits, at most 32, found '${token.text.slice(0, 40)}'`);
  }
  return bytesOf(value, digits.length / 2);
}

/** Little-endian bytes, as Cranelift keeps constants. */
function bytesOf(bits: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number(BigInt.asUintN(8, bits >> BigInt(8 * i))));
}

/** Alias regions are hints to the optimiser; a module does not keep them. */
function skipAliasRegion(cursor: Cursor, token: Token, expected: number): void {
  if (token.number !== expected)
    failAt(token, `alias regions are numbered in order: expected region${expected}`);
  parseCount(cursor, 'the number of an alias region');
  expectKind(cursor, 'string', 'the quoted description of an alias region');
}
