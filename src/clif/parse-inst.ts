import {
  advance,
  at,
  atText,
  expectEntity,
  expectMark,
  failAt,
  failExpecting,
  peek,
  takeMark,
} from './cursor.ts';
import type { Token } from './lexer.ts';
import type { Inst, Value } from './module.ts';
import { expandOldInst } from './old-inst.ts';
import { type Opcode, OPCODES } from './opcode.ts';
import { defineValue, emit, type FunctionContext, type InstSink } from './parse-context.ts';
import { parseOperands } from './parse-shape.ts';
import { parseType, parseUnsigned } from './parse-signature.ts';
import { isInSet, ruleType } from './type-rule.ts';
import type { Type } from './type.ts';

/** Other names of older text for what is there today. */
const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ['x86_blendv', 'blendv'],
  // A trap that a debugger might resume; to a program it is one like others.
  ['resumable_trap', 'trap'],
  ['resumable_trapnz', 'trapnz'],
]);

/** Reads one instruction, its results already read, and appends it and what it expands to. */
export function parseInst(
  context: FunctionContext,
  results: readonly Token[],
  sink: InstSink,
  offset: number,
): void {
  const { cursor } = context;
  const name = peek(cursor);
  const opcode = name.kind === 'word' ? OPCODES.get(OLD_NAMES.get(name.text) ?? name.text) : undefined;
  if (opcode === undefined) failExpecting(cursor, 'an instruction');
  advance(cursor);
  const explicit = takeMark(cursor, '.') ? parseExplicitType(context, opcode) : null;
  if (opcode.typing === 'explicit' && explicit === null) {
    failAt(
      name,
      `expected a type after ${opcode.op}, such as ${opcode.op}.${opcode.types?.lanes.at(-1) ?? 'i64'}`,
    );
  }
  const numbers = results.map((result) => result.number);
  if (opcode.shape.startsWith('old_')) {
    const resultTypes = expandOldInst(context, opcode, explicit, numbers, sink, offset);
    checkResultCount(name, results, resultTypes.length);
    resultTypes.forEach((resultType, i) => {
      const result = results[i];
      if (result !== undefined) defineValue(context, result, resultType);
    });
    return;
  }
  const { args, build } = parseOperands(context, opcode, explicit);
  const type = explicit ?? inferType(context, opcode, args, name);
  const inst = build(numbers, type);
  skipStackMap(context, opcode);
  const resultTypes = resultTypesOf(context, opcode, inst, name);
  checkResultCount(name, results, resultTypes.length);
  resultTypes.forEach((resultType, i) => {
    const result = results[i];
    if (result !== undefined) defineValue(context, result, resultType);
  });
  emit(sink, inst, offset);
}

function parseExplicitType(context: FunctionContext, opcode: Opcode): Type {
  const token = peek(context.cursor);
  const type =
    token.kind === 'dt'
      ? parseDynamicUse(context)
      : parseType(context.cursor, `a type after '${opcode.op}.'`);
  if (opcode.types === null) failAt(token, `${opcode.op} takes no type`);
  if (!isInSet(type, opcode.types)) failAt(token, `${type} is no type for ${opcode.op}`);
  return type;
}

function parseDynamicUse(context: FunctionContext): Type {
  const token = advance(context.cursor);
  const declaration = context.dynamicTypes.get(token.number);
  if (declaration === undefined) failAt(token, `${token.text} is not declared`);
  return declaration.type;
}

function inferType(
  context: FunctionContext,
  opcode: Opcode,
  args: readonly Value[],
  name: Token,
): Type | null {
  if (opcode.types === null) return null;
  const source = args[opcode.typeOperand];
  const type = source === undefined ? undefined : context.types[source];
  if (type === undefined) failAt(name, `expected a type after ${opcode.op}: v${source} is not defined above`);
  if (!isInSet(type, opcode.types))
    failAt(name, `${type} (the type of v${source}) is no type for ${opcode.op}`);
  return type;
}

function checkResultCount(name: Token, results: readonly Token[], count: number): void {
  if (results.length !== count)
    failAt(name, `${name.text} gives ${count} results, ${results.length} are named`);
}

function resultTypesOf(context: FunctionContext, opcode: Opcode, inst: Inst, name: Token): readonly Type[] {
  if (opcode.isCall) {
    if (opcode.isTerminator || (inst.kind !== 'call' && inst.kind !== 'call_indirect')) return [];
    const sig = inst.kind === 'call' ? context.funcRefs.get(inst.func)?.sig : inst.sig;
    return sig === undefined ? [] : (context.sigRefs.get(sig)?.returns ?? []).map((param) => param.type);
  }
  return opcode.results.map(
    (rule) => ruleType(rule, inst.type) ?? failAt(name, `${inst.op} has no result type for ${inst.type}`),
  );
}

/** `, stack_map=[i64 @ ss0+0]` after a call: kept by Cranelift for collectors, not by a module. */
function skipStackMap(context: FunctionContext, opcode: Opcode): void {
  const { cursor } = context;
  if (!opcode.isCall || !takeMark(cursor, ',')) return;
  if (opcode.op.startsWith('return_')) failExpecting(cursor, 'no stack map after a tail call');
  if (!atText(cursor, 'word', 'stack_map')) failExpecting(cursor, 'stack_map');
  advance(cursor);
  expectMark(cursor, '=', 'after stack_map');
  expectMark(cursor, '[', 'before stack map entries');
  while (!takeMark(cursor, ']')) {
    parseType(cursor, 'the type of a stack map entry');
    expectMark(cursor, '@', 'after the type of a stack map entry');
    expectEntity(cursor, 'ss', 'a stack slot such as ss0');
    if (!(at(cursor, 'integer') && peek(cursor).text.startsWith('+')))
      expectMark(cursor, '+', 'before the offset of a stack map entry');
    parseUnsigned(cursor, 'the offset of a stack map entry');
    if (takeMark(cursor, ',')) continue;
    expectMark(cursor, ']', 'after stack map entries');
    return;
  }
}
