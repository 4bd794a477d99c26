import {
  advance,
  at,
  atText,
  expectEntity,
  expectKind,
  expectMark,
  failAt,
  failExpecting,
  peek,
  takeMark,
} from './cursor.ts';
import { integerBetween } from './integer-text.ts';
import type { Token } from './lexer.ts';
import type { Inst, Value } from './module.ts';
import { type Opcode, OPCODES } from './opcode.ts';
import { expandOldInst } from './old-inst.ts';
import { defineValue, emit, type FunctionContext, type InstSink } from './parse-context.ts';
import {
  parseArguments,
  parseBlockCall,
  parseExceptionTable,
  parseFuncRefUse,
  parseJumpTable,
  parseMemoryFlags,
  parseOffset,
  parseSigRef,
  parseTrapCode,
  parseValue,
  parseValues,
} from './parse-operand.ts';
import { parseType } from './parse-signature.ts';
import { parseScalar, parseVectorConst } from './parse-vector.ts';
import { isInSet, ruleType } from './type-rule.ts';
import { type Type, typeInfo } from './type.ts';

const INT_CONDITIONS: ReadonlySet<string> = new Set(['eq', 'ne', 'slt', 'sge', 'sgt', 'sle', 'ult', 'uge', 'ugt', 'ule']);
const FLOAT_CONDITIONS: ReadonlySet<string> = new Set([
  'ord', 'uno', 'eq', 'ne', 'one', 'ueq', 'lt', 'le', 'gt', 'ge', 'ult', 'ule', 'ugt', 'uge',
]);
const RMW_OPS: ReadonlySet<string> = new Set([
  'add', 'sub', 'and', 'nand', 'or', 'xor', 'xchg', 'umin', 'umax', 'smin', 'smax',
]);

/** What an instruction's operands say; the results and types are filled in once they are known. */
type Operands = (results: readonly Value[], type: Type | null) => Inst;

/** Reads one instruction, its results already read, and appends it and what it expands to. */
export function parseInst(context: FunctionContext, results: readonly Token[], sink: InstSink, offset: number): void {
  const { cursor } = context;
  const name = peek(cursor);
  const opcode = name.kind === 'word' ? OPCODES.get(name.text) : undefined;
  if (opcode === undefined) failExpecting(cursor, 'an instruction');
  advance(cursor);
  const explicit = takeMark(cursor, '.') ? parseExplicitType(context, opcode) : null;
  if (opcode.typing === 'explicit' && explicit === null) {
    failAt(name, `expected a type after ${opcode.op}, such as ${opcode.op}.${opcode.types?.lanes.at(-1) ?? 'i64'}`);
  }
  const numbers = results.map((result) => result.number);
  if (opcode.shape.startsWith('old_')) {
    const [result] = results;
    const resultType = expandOldInst(context, opcode, explicit, numbers[0] ?? 0, sink, offset);
    checkResultCount(name, results, resultType === null ? 0 : 1);
    if (result !== undefined && resultType !== null) defineValue(context, result, resultType);
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
  if (token.kind === 'dt') failAt(token, `dynamic vector types are not supported: ${token.text}`);
  const type = parseType(context.cursor, `a type after '${opcode.op}.'`);
  if (opcode.types === null) failAt(token, `${opcode.op} takes no type`);
  if (!isInSet(type, opcode.types)) failAt(token, `${type} is no type for ${opcode.op}`);
  return type;
}

function inferType(context: FunctionContext, opcode: Opcode, args: readonly Value[], name: Token): Type | null {
  if (opcode.types === null) return null;
  const source = args[opcode.typeOperand];
  const type = source === undefined ? undefined : context.types[source];
  if (type === undefined) failAt(name, `expected a type after ${opcode.op}: v${source} is not defined above`);
  if (!isInSet(type, opcode.types)) failAt(name, `${type} (the type of v${source}) is no type for ${opcode.op}`);
  return type;
}

function checkResultCount(name: Token, results: readonly Token[], count: number): void {
  if (results.length !== count) failAt(name, `${name.text} gives ${count} results, ${results.length} are named`);
}

function resultTypesOf(context: FunctionContext, opcode: Opcode, inst: Inst, name: Token): readonly Type[] {
  if (opcode.isCall) {
    if (opcode.isTerminator || (inst.kind !== 'call' && inst.kind !== 'call_indirect')) return [];
    const sig = inst.kind === 'call' ? context.funcRefs.get(inst.func)?.sig : inst.sig;
    return sig === undefined ? [] : (context.sigRefs.get(sig)?.returns ?? []).map((param) => param.type);
  }
  return opcode.results.map((rule) => ruleType(rule, inst.type) ?? failAt(name, `${inst.op} has no result type for ${inst.type}`));
}

/** `, stack_map=[i64 @ ss0+0]` after a call: kept by Cranelift for collectors, not by a module. */
function skipStackMap(context: FunctionContext, opcode: Opcode): void {
  const { cursor } = context;
  if (!opcode.isCall || !takeMark(cursor, ',')) return;
  if (!atText(cursor, 'word', 'stack_map')) failExpecting(cursor, 'stack_map');
  advance(cursor);
  expectMark(cursor, '=', 'after stack_map');
  expectMark(cursor, '[', 'before stack map entries');
  while (!takeMark(cursor, ']')) {
    parseType(cursor, 'the type of a stack map entry');
    expectMark(cursor, '@', 'after the type of a stack map entry');
    expectEntity(cursor, 'ss', 'a stack slot such as ss0');
    takeMark(cursor, '+');
    expectKind(cursor, 'integer', 'the offset of a stack map entry');
    takeMark(cursor, ',');
  }
}

function comma(context: FunctionContext): void {
  expectMark(context.cursor, ',', 'between operands');
}

function nextValues(context: FunctionContext, count: number): Value[] {
  const values: Value[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0) comma(context);
    values.push(parseValue(context.cursor));
  }
  return values;
}

function parseWordOf(context: FunctionContext, words: ReadonlySet<string>, expected: string): string {
  const token = peek(context.cursor);
  if (token.kind !== 'word' || !words.has(token.text)) failExpecting(context.cursor, expected);
  return advance(context.cursor).text;
}

function parseSmall(context: FunctionContext, most: number, expected: string): number {
  const token = peek(context.cursor);
  const value = token.kind === 'integer' ? integerBetween(token.text, 0, most) : null;
  if (value === null) failExpecting(context.cursor, expected);
  advance(context.cursor);
  return value;
}

function constBits(context: FunctionContext, opcode: Opcode, type: Type | null): bigint {
  const { cursor } = context;
  const constType = ruleType(opcode.results[0] ?? 'same', type) ?? 'i64';
  const info = typeInfo(constType);
  if (at(cursor, 'const') && (info.isVector || constType === 'f128')) {
    const token = advance(cursor);
    const bytes = context.constants.get(token.number);
    if (bytes === undefined) failAt(token, `${token.text} is not declared`);
    if (bytes.length !== info.bytes) failAt(token, `${token.text} has ${bytes.length} bytes, ${constType} has ${info.bytes}`);
    return bytes.reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
  }
  return info.isVector ? parseVectorConst(cursor, constType) : parseScalar(cursor, info.lane);
}

function parseShuffleMask(context: FunctionContext): readonly number[] {
  const bits = parseVectorConst(context.cursor, 'i8x16');
  return Array.from({ length: 16 }, (_, i) => Number(BigInt.asUintN(8, bits >> BigInt(8 * i))));
}

/** Reads what follows the opcode. `args` are the plain values, for type inference. */
function parseOperands(
  context: FunctionContext,
  opcode: Opcode,
  explicit: Type | null,
): { readonly args: readonly Value[]; readonly build: Operands } {
  const { cursor } = context;
  const { op } = opcode;
  const plain = (args: readonly Value[]) => ({
    args,
    build: (results: readonly Value[], type: Type | null): Inst => ({ kind: 'plain', op, type, results, args }),
  });
  const memory = (flags: readonly string[], args: readonly Value[], offset: number) => ({
    args,
    build: (results: readonly Value[], type: Type | null): Inst => ({ kind: 'memory', op, type, results, args, flags, offset }),
  });
  const made = (args: readonly Value[], build: Operands) => ({ args, build });
  switch (opcode.shape) {
    case 'nullary':
      return plain([]);
    case 'unary':
      return plain(nextValues(context, 1));
    case 'binary':
      return plain(nextValues(context, 2));
    case 'ternary':
      return plain(nextValues(context, 3));
    case 'variable':
      return plain(parseValues(cursor));
    case 'const': {
      const bits = constBits(context, opcode, explicit);
      return made([], (results, type) => ({ kind: 'const', op, type, results, args: [], bits }));
    }
    case 'binary_lane':
    case 'ternary_lane': {
      const args = nextValues(context, opcode.shape === 'binary_lane' ? 1 : 2);
      comma(context);
      const lane = parseSmall(context, 255, 'a lane number, 0 to 255');
      return made(args, (results, type) => ({ kind: 'lane', op, type, results, args, lane }));
    }
    case 'shuffle': {
      const args = nextValues(context, 2);
      comma(context);
      const mask = parseShuffleMask(context);
      return made(args, (results, type) => ({ kind: 'shuffle', op, type, results, args, mask }));
    }
    case 'int_compare':
    case 'float_compare': {
      const cond =
        opcode.shape === 'int_compare'
          ? parseWordOf(context, INT_CONDITIONS, 'an integer condition such as eq or slt')
          : parseWordOf(context, FLOAT_CONDITIONS, 'a float condition such as eq or lt');
      const args = nextValues(context, 2);
      return made(args, (results, type) => ({ kind: 'compare', op, type, results, args, cond }));
    }
    case 'trap':
    case 'cond_trap':
    case 'add_trap': {
      const args = nextValues(context, opcode.operands.length);
      if (args.length > 0) comma(context);
      const code = parseTrapCode(cursor);
      return made(args, (results, type) => ({ kind: 'trap', op, type, results, args, code }));
    }
    case 'load':
    case 'store': {
      const flags = parseMemoryFlags(cursor);
      const args = nextValues(context, opcode.operands.length);
      return memory(flags, args, parseOffset(cursor));
    }
    case 'load_no_offset':
    case 'store_no_offset':
    case 'atomic_cas':
      return memory(parseMemoryFlags(cursor), nextValues(context, opcode.operands.length), 0);
    case 'atomic_rmw': {
      const flags = parseMemoryFlags(cursor);
      const rmw = parseWordOf(context, RMW_OPS, 'an atomic operation such as add or xchg');
      const args = nextValues(context, 2);
      return made(args, (results, type) => ({ kind: 'atomic_rmw', op, type, results, args, flags, rmw }));
    }
    case 'stack': {
      const slot = expectKind(cursor, 'ss', 'a stack slot such as ss0');
      if (!context.stackSlots.has(slot.number)) failAt(slot, `${slot.text} is not declared`);
      const offset = parseOffset(cursor);
      return made([], (results, type) => ({ kind: 'stack', op, type, results, args: [], slot: slot.number, offset }));
    }
    case 'global': {
      const global = expectKind(cursor, 'gv', 'a global value such as gv0');
      if (!context.globalValues.has(global.number)) failAt(global, `${global.text} is not declared`);
      return made([], (results, type) => ({ kind: 'global', op, type, results, args: [], global: global.number }));
    }
    case 'func_addr': {
      const func = parseFuncRefUse(context);
      return made([], (results, type) => ({ kind: 'func_addr', op, type, results, args: [], func }));
    }
    case 'call': {
      const func = parseFuncRefUse(context);
      const args = parseArguments(cursor);
      return made(args, (results, type) => ({ kind: 'call', op, type, results, args, func }));
    }
    case 'call_indirect': {
      const sig = parseSigRef(context);
      comma(context);
      const callee = parseValue(cursor, 'the address to call, such as v0');
      const args = [callee, ...parseArguments(cursor)];
      return made(args, (results, type) => ({ kind: 'call_indirect', op, type, results, args, sig }));
    }
    case 'try_call': {
      const func = parseFuncRefUse(context);
      const args = parseArguments(cursor);
      comma(context);
      const table = parseExceptionTable(context);
      return made(args, (results, type) => ({ kind: 'try_call', op, type, results, args, func, table }));
    }
    case 'try_call_indirect': {
      const callee = parseValue(cursor, 'the address to call, such as v0');
      const args = [callee, ...parseArguments(cursor)];
      comma(context);
      const table = parseExceptionTable(context);
      return made(args, (results, type) => ({ kind: 'try_call_indirect', op, type, results, args, table }));
    }
    case 'jump': {
      const target = parseBlockCall(cursor);
      return made([], (results, type) => ({ kind: 'jump', op, type, results, args: [], target }));
    }
    case 'brif': {
      const args = nextValues(context, 1);
      comma(context);
      const then = parseBlockCall(cursor);
      comma(context);
      const otherwise = parseBlockCall(cursor);
      return made(args, (results, type) => ({ kind: 'brif', op, type, results, args, then, else: otherwise }));
    }
    case 'br_table': {
      const args = nextValues(context, 1);
      comma(context);
      const fallback = parseBlockCall(cursor);
      comma(context);
      const table = parseJumpTable(cursor);
      return made(args, (results, type) => ({ kind: 'br_table', op, type, results, args, fallback, table }));
    }
    case 'handler_address': {
      const block = expectEntity(cursor, 'block', 'a block such as block1');
      comma(context);
      const index = parseSmall(context, 0xffff_ffff, 'the index of an exception handler');
      return made([], (results, type) => ({ kind: 'handler_address', op, type, results, args: [], block, index }));
    }
    case 'dynamic_stack':
      return failExpecting(cursor, 'an instruction without dynamic stack slots');
    case 'old_imm':
    case 'old_compare_imm':
    case 'old_stack_load':
    case 'old_stack_store':
      return failExpecting(cursor, `an instruction other than ${op}`);
  }
}
