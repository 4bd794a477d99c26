import {
  advance,
  at,
  atText,
  type Cursor,
  expectKind,
  expectMark,
  failAt,
  failExpecting,
  peek,
  takeMark,
  takeWord,
} from './cursor.ts';
import { countValue, integerBetween } from './integer-text.ts';
import type { Token } from './lexer.ts';
import type { FunctionName } from './module.ts';
import {
  type AbiParam,
  type ArgumentExtension,
  type ArgumentPurpose,
  CALL_CONVS,
  type CallConv,
  NORMAL,
  type Signature,
} from './signature.ts';
import { isType, type Type, typeName } from './type.ts';

/** Libcalls Cranelift knows (`ir/libcall.rs`); any other `%name` in a reference is a function of the file. */
const LIBCALLS: ReadonlySet<string> = new Set([
  'Probestack',
  'CeilF32',
  'CeilF64',
  'FloorF32',
  'FloorF64',
  'TruncF32',
  'TruncF64',
  'NearestF32',
  'NearestF64',
  'FmaF32',
  'FmaF64',
  'Memcpy',
  'Memset',
  'Memmove',
  'Memcmp',
  'ElfTlsGetAddr',
  'ElfTlsGetOffset',
  'X86Pshufb',
]);

/** A type is next, or the parse stops. */
export function parseType(cursor: Cursor, expected: string): Type {
  // References of older text (until 0.109): numbers to all but a collector of garbage.
  if (takeWord(cursor, 'r64')) return 'i64';
  if (takeWord(cursor, 'r32')) return 'i32';
  const { text } = expectKind(cursor, 'type', expected);
  const type = typeName(text);
  if (!isType(type)) failExpecting(cursor, expected);
  return type;
}

/** An unsigned 32-bit number. */
export function parseUnsigned(cursor: Cursor, expected: string): number {
  const token = peek(cursor);
  const value = token.kind === 'integer' ? integerBetween(token.text, 0, 0xffff_ffff) : null;
  if (value === null) failExpecting(cursor, expected);
  advance(cursor);
  return value;
}

/** A decimal number of 32 bits. */
export function parseCount(cursor: Cursor, expected: string): number {
  const token = peek(cursor);
  const value = token.kind === 'integer' ? countValue(token.text) : null;
  if (value === null) failExpecting(cursor, expected);
  advance(cursor);
  return value;
}

/** `%name` or `u0:1`. Only a reference can name a libcall: a definition of that name is a plain function. */
export function parseFunctionName(cursor: Cursor, place: 'definition' | 'reference'): FunctionName {
  if (at(cursor, 'name')) {
    const { text } = advance(cursor);
    return { kind: place === 'reference' && LIBCALLS.has(text) ? 'libcall' : 'test', name: text };
  }
  const namespace = expectKind(cursor, 'user', 'a function name such as %main or u0:1').number;
  expectMark(cursor, ':', 'in a function name of the form u0:1');
  return { kind: 'user', namespace, index: parseCount(cursor, 'the number of a function') };
}

/** Conventions of older text, as what riscv64 made of them then. */
const OLD_CALL_CONVS: ReadonlyMap<string, CallConv> = new Map([
  ['cold', 'fast'],
  ['wasmtime_system_v', 'system_v'],
  ['wasmtime_fastcall', 'windows_fastcall'],
  ['wasmtime_apple_aarch64', 'apple_aarch64'],
]);

function callConvOf(text: string): CallConv | undefined {
  const today = OLD_CALL_CONVS.get(text);
  if (today !== undefined) return today;
  return CALL_CONVS.find((known) => known === text);
}

/** `(i64, i8 sext) -> i32 tail`. */
export function parseSignature(cursor: Cursor, defaultCallConv: CallConv): Signature {
  expectMark(cursor, '(', 'before the parameters of a signature');
  const params = atText(cursor, 'punctuation', ')') ? [] : parseAbiParams(cursor);
  expectMark(cursor, ')', 'after the parameters of a signature');
  const returns = takeMark(cursor, '->') ? parseAbiParams(cursor) : [];
  return { params, returns, callConv: at(cursor, 'word') ? parseCallConv(cursor) : defaultCallConv };
}

function parseCallConv(cursor: Cursor): CallConv {
  const token = peek(cursor);
  // In a preamble the next line may begin with this word.
  const callConv = callConvOf(token.text);
  if (callConv === undefined)
    failAt(token, `expected a calling convention, one of ${CALL_CONVS.join(' ')}, found '${token.text}'`);
  advance(cursor);
  return callConv;
}

function parseAbiParams(cursor: Cursor): AbiParam[] {
  const params = [parseAbiParam(cursor)];
  while (takeMark(cursor, ',')) params.push(parseAbiParam(cursor));
  return params;
}

function parseAbiParam(cursor: Cursor): AbiParam {
  const type = parseType(cursor, 'the type of a parameter or result');
  let extension: ArgumentExtension = 'none';
  let purpose: ArgumentPurpose = NORMAL;
  for (; at(cursor, 'word');) {
    const token: Token = peek(cursor);
    if (token.text === 'uext' || token.text === 'sext') extension = token.text;
    else if (token.text === 'sret' || token.text === 'vmctx') purpose = { kind: token.text };
    // The stack limit was a purpose of its own until 0.109; riscv64 reads such a parameter as any other.
    else if (token.text === 'normal' || token.text === 'stack_limit') purpose = NORMAL;
    else if (token.text !== 'sarg') break;
    advance(cursor);
    if (token.text === 'sarg') {
      expectMark(cursor, '(', 'before the size of sarg');
      purpose = { kind: 'sarg', bytes: parseUnsigned(cursor, 'the size of sarg in bytes') };
      expectMark(cursor, ')', 'after the size of sarg');
    }
  }
  return { type, extension, purpose };
}
