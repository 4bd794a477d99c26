import { expectMark } from './cursor.ts';
import type { Inst, Value } from './module.ts';
import type { OperandShape } from './opcode.ts';
import type { FunctionContext } from './parse-context.ts';
import {
  parseArguments,
  parseBlockCall,
  parseExceptionTable,
  parseFuncRefUse,
  parseJumpTable,
  parseSigRef,
  parseValue,
} from './parse-operand.ts';
import type { Type } from './type.ts';

/** Makes the instruction once its results and its type are known. */
export type InstBuilder = (results: readonly Value[], type: Type | null) => Inst;

/** What follows an opcode: the plain values, for type inference, and the rest in a function that makes the instruction. */
export interface ReadOperands {
  readonly args: readonly Value[];
  readonly build: InstBuilder;
}

export function made(args: readonly Value[], build: InstBuilder): ReadOperands {
  return { args, build };
}

export function comma(context: FunctionContext): void {
  expectMark(context.cursor, ',', 'between operands');
}

/** `v0, v1`, exactly `count`. */
export function nextValues(context: FunctionContext, count: number): Value[] {
  const values: Value[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0) comma(context);
    values.push(parseValue(context.cursor));
  }
  return values;
}

type ControlShape = Extract<
  OperandShape,
  'func_addr' | 'call' | 'call_indirect' | 'try_call' | 'try_call_indirect' | 'jump' | 'brif' | 'br_table'
>;

/** Operands of calls, branches and func_addr. */
export function parseControl(context: FunctionContext, op: string, shape: ControlShape): ReadOperands {
  const { cursor } = context;
  switch (shape) {
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
      return made(args, (results, type) => ({
        kind: 'brif',
        op,
        type,
        results,
        args,
        then,
        else: otherwise,
      }));
    }
    case 'br_table': {
      const args = nextValues(context, 1);
      comma(context);
      const fallback = parseBlockCall(cursor);
      comma(context);
      const table = parseJumpTable(cursor);
      return made(args, (results, type) => ({ kind: 'br_table', op, type, results, args, fallback, table }));
    }
  }
}
