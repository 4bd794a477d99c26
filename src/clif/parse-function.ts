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
  SyntaxFault,
  takeMark,
  takeWord,
} from './cursor.ts';
import type { Token } from './lexer.ts';

import type { Block, BlockParam, Function, Value } from './module.ts';
import { skipFact } from './old-proof.ts';
import { defineValue, type FunctionContext, type InstSink } from './parse-context.ts';
import { parseInst } from './parse-inst.ts';
import { parsePreamble } from './parse-preamble.ts';
import { parseFunctionName, parseSignature, parseType, parseUnsigned } from './parse-signature.ts';
import type { CallConv } from './signature.ts';
import { mapValues, usesOf } from './rewrite.ts';

/** As many blocks as Cranelift's reader takes (`MAX_BLOCKS_IN_A_FUNCTION`). */
const MOST_BLOCKS = 100_000;

/** A block and where each of its instructions began. */
interface ReadBlock {
  readonly block: Block;
  readonly offsets: readonly number[];
}

/** `function %f(i64) -> i64 tail { … }`. */
export function parseFunction(cursor: Cursor, defaultCallConv: CallConv): Function {
  if (!takeWord(cursor, 'function')) failExpecting(cursor, "'function'");
  const name = parseFunctionName(cursor, 'definition');
  const signature = parseSignature(cursor, defaultCallConv);
  expectMark(cursor, '{', 'before the body of a function');
  const context: FunctionContext = {
    cursor,
    defaultCallConv,
    start: cursor.index,
    signature,
    stackSlots: new Map(),
    dynamicTypes: new Map(),
    dynamicSlots: new Map(),
    globalValues: new Map(),
    sigRefs: new Map(),
    funcRefs: new Map(),
    constants: new Map(),
    blocks: new Set(),
    types: [],
    aliases: new Map(),
    nextSigRef: 0,
    entryParams: [],
    freeValue: 0,
  };
  const stackLimit = parsePreamble(context);
  const blocks: ReadBlock[] = [];
  while (!atText(cursor, 'punctuation', '}')) blocks.push(parseBlock(context));
  advance(cursor);
  checkUses(context, blocks);
  const { stackSlots, globalValues, sigRefs, funcRefs, constants, types, dynamicTypes, dynamicSlots } =
    context;
  const isDynamic = dynamicTypes.size > 0 || dynamicSlots.size > 0;
  return {
    name,
    signature,
    stackSlots,
    globalValues,
    sigRefs,
    funcRefs,
    constants: withoutGaps(constants),
    stackLimit,
    ...(isDynamic ? { dynamic: { types: dynamicTypes, slots: dynamicSlots } } : {}),
    blocks: resolveAliases(context, blocks),
    valueTypes: types,
  };
}

/** Constants in order from 0: text refers to none any more, and Cranelift's reader panics over a gap (docs/parser-differences.md). */
function withoutGaps(constants: ReadonlyMap<number, Uint8Array>): ReadonlyMap<number, Uint8Array> {
  return new Map([...constants].toSorted(([a], [b]) => a - b).map(([, bytes], i) => [i, bytes]));
}

function parseBlock(context: FunctionContext): ReadBlock {
  const { cursor } = context;
  const token = expectKind(cursor, 'block', "a block such as block0, or '}'");
  if (token.number >= MOST_BLOCKS) failAt(token, `block number above ${MOST_BLOCKS - 1}: ${token.text}`);
  if (context.blocks.has(token.number)) failAt(token, `${token.text} is defined twice`);
  context.blocks.add(token.number);
  const params = takeMark(cursor, '(') ? parseBlockParams(context) : [];
  if (context.blocks.size === 1) context.entryParams = params;
  const cold = takeWord(cursor, 'cold');
  expectMark(cursor, ':', 'after the head of a block');
  const sink: InstSink = { insts: [], offsets: [] };
  while (isInstNext(cursor)) parseLine(context, sink);
  return { block: { id: token.number, params, insts: sink.insts, cold }, offsets: sink.offsets };
}

function parseBlockParams(context: FunctionContext): readonly BlockParam[] {
  const { cursor } = context;
  const params: BlockParam[] = [];
  if (takeMark(cursor, ')')) return params;
  do {
    const token = expectKind(cursor, 'value', 'a block parameter such as v0');
    skipFact(cursor);
    expectMark(cursor, ':', 'after a block parameter');
    const type = parseType(cursor, 'the type of a block parameter');
    defineValue(context, token, type);
    params.push({ value: token.number, type });
  } while (takeMark(cursor, ','));
  expectMark(cursor, ')', 'after block parameters');
  return params;
}

function isInstNext(cursor: Cursor): boolean {
  const { kind, text } = peek(cursor);
  return (
    kind === 'value' ||
    kind === 'word' ||
    kind === 'source_location' ||
    (kind === 'punctuation' && text === '<')
  );
}

/** An instruction or an alias, after debug tags and a source location, which a module does not keep. */
function parseLine(context: FunctionContext, sink: InstSink): void {
  const { cursor } = context;
  skipDebugTags(cursor);
  skipSourceLocation(cursor);
  const { offset } = peek(cursor);
  const results: Token[] = [];
  if (at(cursor, 'value')) {
    do {
      results.push(expectKind(cursor, 'value', 'a result such as v0'));
      skipFact(cursor);
    } while (takeMark(cursor, ','));
    if (takeMark(cursor, '->')) {
      parseAlias(context, results);
      return;
    }
    if (!takeMark(cursor, '=')) failExpecting(cursor, "'=' or '->' after a result");
  }
  parseInst(context, results, sink, offset);
}

function skipDebugTags(cursor: Cursor): void {
  if (!takeMark(cursor, '<')) return;
  while (!takeMark(cursor, '>')) {
    if (at(cursor, 'ss')) advance(cursor);
    else parseUnsigned(cursor, 'a debug tag, a number or a stack slot');
    if (takeMark(cursor, ',')) continue;
    expectMark(cursor, '>', 'after debug tags');
    return;
  }
}

function skipSourceLocation(cursor: Cursor): void {
  if (!at(cursor, 'source_location')) return;
  const token = advance(cursor);
  if (Number(`0x${token.text}`) > 0xffff_ffff) failAt(token, 'a source location has 32 bits');
}

function parseAlias(context: FunctionContext, results: readonly Token[]): void {
  const [alias] = results;
  const target = expectKind(context.cursor, 'value', 'the value an alias stands for');
  if (alias === undefined || results.length > 1) failAt(target, 'an alias has one name');
  if (context.aliases.has(alias.number) && context.aliases.get(alias.number) === target.number) return;
  const type = context.types[target.number];
  if (type === undefined) failAt(target, `${target.text} is not defined above`);
  defineValue(context, alias, type);
  context.aliases.set(alias.number, target.number);
}

function checkUses(context: FunctionContext, blocks: readonly ReadBlock[]): void {
  for (const { block, offsets } of blocks) {
    block.insts.forEach((inst, i) => {
      for (const value of usesOf(inst)) {
        if (context.types[value] === undefined)
          throw new SyntaxFault(`v${value} is not defined`, offsets[i] ?? 0);
      }
    });
  }
}

/** Puts the value an alias stands for wherever the alias is read. An alias only names values above: no cycles. */
function resolveAliases(context: FunctionContext, blocks: readonly ReadBlock[]): readonly Block[] {
  if (context.aliases.size === 0) return blocks.map(({ block }) => block);
  const resolved = new Map<Value, Value>();
  for (const [alias, target] of context.aliases) {
    // In the order of the text, so what the target stands for is known.
    resolved.set(alias, resolved.get(target) ?? target);
    context.types[alias] = undefined;
  }
  const resolve = (value: Value): Value => resolved.get(value) ?? value;
  return blocks.map(({ block }) => ({
    ...block,
    insts: block.insts.map((inst) => mapValues(inst, resolve)),
  }));
}
