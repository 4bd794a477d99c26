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
import { integerBetween } from './integer-text.ts';
import type { Token } from './lexer.ts';
import type { BlockArg, BlockCall, ExceptionHandler, ExceptionTable, Value } from './module.ts';
import type { FunctionContext } from './parse-context.ts';

const FLAGS: ReadonlySet<string> = new Set(['notrap', 'aligned', 'readonly', 'little', 'big', 'can_move']);
/** Hints of older text (alias regions, Spectre checks) that today's reader does not know. */
const OLD_FLAGS: ReadonlySet<string> = new Set(['heap', 'table', 'vmctx', 'checked']);
const TRAPS: ReadonlySet<string> = new Set(['stk_ovf', 'heap_oob', 'int_ovf', 'int_divz', 'bad_toint']);
/**
 * Trap codes of older text, before embedders numbered their own (0.115): each as a number of its own near the top of those
 * that today's text has.
 */
const OLD_TRAPS: ReadonlyMap<string, string> = new Map([
  ['user0', 'user250'],
  ['heap_misaligned', 'user249'],
  ['table_oob', 'user248'],
  ['icall_null', 'user247'],
  ['null_reference', 'user246'],
  ['bad_sig', 'user245'],
  ['unreachable', 'user244'],
  ['interrupt', 'user243'],
  ['null_i31ref', 'user242'],
]);
/** Older text numbers its own up to 65535; those above 250 become this one. */
const HIGH_USER_TRAP = 'user241';
const MOST_OLD_USER_TRAPS = 65_535;
const USER_TRAP = /^user(\d+)$/;

/** A named code or `user1` to `user250` (`ir/trapcode.rs`), without leading zeros; null: none of them. */
function trapCodeOf(text: string): string | null {
  if (TRAPS.has(text)) return text;
  const number = Number(USER_TRAP.exec(text)?.[1] ?? '0');
  return number >= 1 && number <= 250 ? `user${number}` : null;
}

function oldTrapCodeOf(text: string): string | null {
  const number = Number(USER_TRAP.exec(text)?.[1] ?? '0');
  return OLD_TRAPS.get(text) ?? (number > 250 && number <= MOST_OLD_USER_TRAPS ? HIGH_USER_TRAP : null);
}

export function parseTrapCode(cursor: Cursor): string {
  const token = peek(cursor);
  const code = token.kind === 'word' ? (trapCodeOf(token.text) ?? oldTrapCodeOf(token.text)) : null;
  if (code === null) failExpecting(cursor, 'a trap code such as user1 or heap_oob');
  advance(cursor);
  return code;
}

/** Flags of a memory access in text order, without hints a module does not keep (alias regions). */
export function parseMemoryFlags(cursor: Cursor): readonly string[] {
  let flags: readonly string[] = [];
  let hasRegion = false;
  for (;;) {
    const token = peek(cursor);
    const isWord = token.kind === 'word';
    const flag = !isWord ? null : FLAGS.has(token.text) ? token.text : trapCodeOf(token.text);
    if (flag !== null) {
      flags = withFlag(flags, flag, token);
    } else if (token.kind === 'region') {
      if (hasRegion) failAt(token, 'an access has one alias region');
      hasRegion = true;
    } else if (!isWord || !OLD_FLAGS.has(token.text)) {
      return flags;
    }
    advance(cursor);
  }
}

function withFlag(flags: readonly string[], flag: string, token: Token): readonly string[] {
  const opposite = flag === 'little' ? 'big' : flag === 'big' ? 'little' : '';
  if (flags.includes(opposite)) failAt(token, 'an access cannot be both big and little endian');
  if (flags.includes(flag)) return flags;
  // Of notrap and trap codes the last one holds.
  const saysTrap = (other: string): boolean => other === 'notrap' || trapCodeOf(other) !== null;
  return [...(saysTrap(flag) ? flags.filter((other) => !saysTrap(other)) : flags), flag];
}

/** `+8`, `-0x10` or nothing, which is 0; 32 bits signed. */
export function parseOffset(cursor: Cursor): number {
  const token = peek(cursor);
  if (token.kind !== 'integer' || !(token.text.startsWith('+') || token.text.startsWith('-'))) return 0;
  const offset = integerBetween(token.text, -0x8000_0000, 0x7fff_ffff);
  if (offset === null) failAt(token, `expected a 32-bit offset, found '${token.text}'`);
  advance(cursor);
  return offset;
}

export function parseValue(cursor: Cursor, expected = 'a value such as v0'): Value {
  return expectEntity(cursor, 'value', expected);
}

/** `v0, v1, …`, possibly none. */
export function parseValues(cursor: Cursor): Value[] {
  if (!at(cursor, 'value')) return [];
  const values = [parseValue(cursor)];
  while (takeMark(cursor, ',')) values.push(parseValue(cursor));
  return values;
}

/** `(v0, v1)`. */
export function parseArguments(cursor: Cursor): Value[] {
  expectMark(cursor, '(', 'before the arguments of a call');
  const values = parseValues(cursor);
  expectMark(cursor, ')', 'after the arguments of a call');
  return values;
}

function parseBlockArg(cursor: Cursor): BlockArg {
  const token = peek(cursor);
  switch (token.kind) {
    case 'value':
      return { kind: 'value', value: advance(cursor).number };
    case 'ret':
    case 'exn':
      return { kind: token.kind, index: advance(cursor).number };
    default:
      return failExpecting(cursor, 'a block argument such as v0, ret0 or exn0');
  }
}

/** `block1` or `block1(v0, ret0)`. */
export function parseBlockCall(cursor: Cursor): BlockCall {
  const block = expectEntity(cursor, 'block', 'a block such as block1');
  const args: BlockArg[] = [];
  if (takeMark(cursor, '(')) {
    while (peek(cursor).text !== ')') {
      args.push(parseBlockArg(cursor));
      if (!takeMark(cursor, ',')) break;
    }
    expectMark(cursor, ')', 'after block arguments');
  }
  return { block, args };
}

/** `[block1, block2(v0)]`. */
export function parseJumpTable(cursor: Cursor): readonly BlockCall[] {
  expectMark(cursor, '[', 'before a jump table');
  const calls: BlockCall[] = [];
  if (takeMark(cursor, ']')) return calls;
  do calls.push(parseBlockCall(cursor));
  while (takeMark(cursor, ','));
  expectMark(cursor, ']', 'after a jump table');
  return calls;
}

/** `sig0, block1(ret0), [ tag0: block2(exn0), default: block3, context v1 ]`. */
export function parseExceptionTable(context: FunctionContext): ExceptionTable {
  const { cursor } = context;
  // Not looked up: like the reader, that is left to whoever checks the module.
  const sig = expectEntity(cursor, 'sig', 'a signature such as sig0');
  expectMark(cursor, ',', 'after the signature of a call');
  const normal = parseBlockCall(cursor);
  expectMark(cursor, ',', 'after the block of a normal return');
  expectMark(cursor, '[', 'before exception handlers');
  const handlers: ExceptionHandler[] = [];
  while (peek(cursor).text !== ']') {
    handlers.push(parseHandler(cursor));
    if (!takeMark(cursor, ',')) break;
  }
  expectMark(cursor, ']', 'after exception handlers');
  return { sig, normal, handlers };
}

function parseHandler(cursor: Cursor): ExceptionHandler {
  if (takeWord(cursor, 'context')) return { kind: 'context', value: parseValue(cursor) };
  if (takeWord(cursor, 'default')) {
    expectMark(cursor, ':', 'after default');
    return { kind: 'default', target: parseBlockCall(cursor) };
  }
  const tag = expectEntity(cursor, 'tag', 'an exception handler: tag0, default or context');
  expectMark(cursor, ':', 'after an exception tag');
  return { kind: 'tag', tag, target: parseBlockCall(cursor) };
}

export function parseSigRef(context: FunctionContext): number {
  const token = expectKind(context.cursor, 'sig', 'a signature such as sig0');
  if (!context.sigRefs.has(token.number)) failAt(token, `${token.text} is not declared`);
  return token.number;
}

export function parseFuncRefUse(context: FunctionContext): number {
  const token = expectKind(context.cursor, 'fn', 'a function reference such as fn0');
  if (!context.funcRefs.has(token.number)) failAt(token, `${token.text} is not declared`);
  return token.number;
}
