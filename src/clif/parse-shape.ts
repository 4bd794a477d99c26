import { advance, at, expectEntity, expectKind, failAt, failExpecting, peek } from './cursor.ts';
import { integerBetween, laneValue } from './integer-text.ts';
import type { Inst, Value } from './module.ts';
import type { Opcode } from './opcode.ts';
import type { FunctionContext } from './parse-context.ts';
import { parseMemoryFlags, parseOffset, parseTrapCode, parseValues } from './parse-operand.ts';
import { comma, made, nextValues, parseControl, type ReadOperands } from './parse-control.ts';
import { parseScalar, parseVectorConst } from './parse-vector.ts';
import { ruleType } from './type-rule.ts';
import { type Type, typeInfo } from './type.ts';

const INT_CONDITIONS: ReadonlySet<string> = new Set([
  'eq',
  'ne',
  'slt',
  'sge',
  'sgt',
  'sle',
  'ult',
  'uge',
  'ugt',
  'ule',
]);
const FLOAT_CONDITIONS: ReadonlySet<string> = new Set([
  'ord',
  'uno',
  'eq',
  'ne',
  'one',
  'ueq',
  'lt',
  'le',
  'gt',
  'ge',
  'ult',
  'ule',
  'ugt',
  'uge',
]);
const RMW_OPS: ReadonlySet<string> = new Set([
  'add',
  'sub',
  'and',
  'nand',
  'or',
  'xor',
  'xchg',
  'umin',
  'umax',
  'smin',
  'smax',
]);

function parseWordOf(context: FunctionContext, words: ReadonlySet<string>, expected: string): string {
  const token = peek(context.cursor);
  if (token.kind !== 'word' || !words.has(token.text)) failExpecting(context.cursor, expected);
  return advance(context.cursor).text;
}

function parseSmall(
  context: FunctionContext,
  read: (text: string) => number | null,
  expected: string,
): number {
  const token = peek(context.cursor);
  const value = token.kind === 'integer' ? read(token.text) : null;
  if (value === null) failExpecting(context.cursor, expected);
  advance(context.cursor);
  return value;
}

function handlerIndex(text: string): number | null {
  return integerBetween(text, 0, 0xffff_ffff);
}

function constBits(context: FunctionContext, opcode: Opcode, type: Type | null): bigint {
  const { cursor } = context;
  const constType = ruleType(opcode.results[0] ?? 'same', type) ?? 'i64';
  const info = typeInfo(constType);
  if (at(cursor, 'const') && (info.isVector || constType === 'f128')) {
    const token = advance(cursor);
    const bytes = context.constants.get(token.number);
    if (bytes === undefined) failAt(token, `${token.text} is not declared`);
    if (bytes.length !== info.bytes)
      failAt(token, `${token.text} has ${bytes.length} bytes, ${constType} has ${info.bytes}`);
    return bytes.reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
  }
  return info.isVector ? parseVectorConst(cursor, constType) : parseScalar(cursor, info.lane);
}

function parseShuffleMask(context: FunctionContext): readonly number[] {
  const bits = parseVectorConst(context.cursor, 'i8x16');
  return Array.from({ length: 16 }, (_, i) => Number(BigInt.asUintN(8, bits >> BigInt(8 * i))));
}

/** Reads what follows the opcode, by its shape. `args` are the plain values, for type inference. */
export function parseOperands(context: FunctionContext, opcode: Opcode, explicit: Type | null): ReadOperands {
  const { cursor } = context;
  const { op } = opcode;
  const plain = (args: readonly Value[]) => ({
    args,
    build: (results: readonly Value[], type: Type | null): Inst => ({
      kind: 'plain',
      op,
      type,
      results,
      args,
    }),
  });
  const memory = (flags: readonly string[], args: readonly Value[], offset: number) => ({
    args,
    build: (results: readonly Value[], type: Type | null): Inst => ({
      kind: 'memory',
      op,
      type,
      results,
      args,
      flags,
      offset,
    }),
  });
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
      const lane = parseSmall(context, laneValue, 'a lane number, 0 to 255');
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
      return made([], (results, type) => ({
        kind: 'stack',
        op,
        type,
        results,
        args: [],
        slot: slot.number,
        offset,
      }));
    }
    case 'global': {
      const token = expectKind(cursor, 'gv', 'a global value such as gv0');
      if (!context.globalValues.has(token.number)) failAt(token, `${token.text} is not declared`);
      return made([], (results, type) => ({
        kind: 'global',
        op,
        type,
        results,
        args: [],
        global: token.number,
      }));
    }
    case 'func_addr':
    case 'call':
    case 'call_indirect':
    case 'try_call':
    case 'try_call_indirect':
    case 'jump':
    case 'brif':
    case 'br_table':
      return parseControl(context, op, opcode.shape);
    case 'handler_address': {
      const block = expectEntity(cursor, 'block', 'a block such as block1');
      comma(context);
      const index = parseSmall(context, handlerIndex, 'the index of an exception handler');
      return made([], (results, type) => ({
        kind: 'handler_address',
        op,
        type,
        results,
        args: [],
        block,
        index,
      }));
    }
    case 'dynamic_stack': {
      const slot = expectKind(cursor, 'dss', 'a dynamic stack slot such as dss0');
      if (!context.dynamicSlots.has(slot.number)) failAt(slot, `${slot.text} is not declared`);
      return made([], (results, type) => ({
        kind: 'stack',
        op,
        type,
        results,
        args: [],
        slot: slot.number,
        offset: 0,
      }));
    }
    case 'old_not':
    case 'old_imm':
    case 'old_carry':
    case 'old_reference':
    case 'old_global':
    case 'old_dynamic_load':
    case 'old_dynamic_store':
    case 'old_compare_imm':
    case 'old_stack_load':
    case 'old_stack_store':
      return failExpecting(cursor, `an instruction other than ${op}`);
  }
}
