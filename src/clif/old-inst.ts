import { advance, expectKind, expectMark, failAt, failExpecting, peek } from './cursor.ts';
import { integerBits } from './integer-text.ts';
import type { Value } from './module.ts';
import type { Opcode } from './opcode.ts';
import { emit, type FunctionContext, inventValue, type InstSink } from './parse-context.ts';
import { parseOffset, parseValue } from './parse-operand.ts';
import { isInSet } from './type-rule.ts';
import { type Type, typeInfo } from './type.ts';

/**
 * Instructions that CLIF had until about 0.134 and today's reader refuses, rewritten as Cranelift's own legalizer did
 * (`legalizer/mod.rs` of those versions): `iadd_imm v0, 5` becomes an `iconst` and an `iadd`, `stack_load` a
 * `stack_addr` and a `load`. Returns the type of the result, null for `stack_store`.
 */
export function expandOldInst(
  context: FunctionContext,
  opcode: Opcode,
  explicit: Type | null,
  result: Value,
  sink: InstSink,
  offset: number,
): Type | null {
  switch (opcode.shape) {
    case 'old_imm':
      return expandImm(context, opcode, explicit, result, sink, offset);
    case 'old_not': {
      const { arg, type } = parseTypedValue(context, opcode, explicit);
      expectMark(context.cursor, ',', 'between operands');
      const inverted = inventValue(context, type);
      emit(
        sink,
        { kind: 'plain', op: 'bnot', type, results: [inverted], args: [parseValue(context.cursor)] },
        offset,
      );
      const op = opcode.op.slice(0, -'_not'.length);
      emit(sink, { kind: 'plain', op, type, results: [result], args: [arg, inverted] }, offset);
      return type;
    }
    case 'old_compare_imm': {
      const cond = expectKind(context.cursor, 'word', 'an integer condition such as eq or slt').text;
      const { arg, type } = parseTypedValue(context, opcode, explicit);
      const imm = parseImm(context, type, cond.startsWith('u') ? 'unsigned' : 'signed', sink, offset);
      emit(sink, { kind: 'compare', op: 'icmp', type, results: [result], args: [arg, imm], cond }, offset);
      return 'i8';
    }
    case 'old_stack_load': {
      const address = parseStackAddress(context, sink, offset);
      const type = explicit ?? 'i64';
      const args = [address];
      emit(
        sink,
        { kind: 'memory', op: 'load', type, results: [result], args, flags: ['notrap'], offset: 0 },
        offset,
      );
      return type;
    }
    default: {
      const { arg, type } = parseTypedValue(context, opcode, explicit);
      expectMark(context.cursor, ',', 'between operands');
      const address = parseStackAddress(context, sink, offset);
      const args = [arg, address];
      emit(
        sink,
        { kind: 'memory', op: 'store', type, results: [], args, flags: ['notrap'], offset: 0 },
        offset,
      );
      return null;
    }
  }
}

function expandImm(
  context: FunctionContext,
  opcode: Opcode,
  explicit: Type | null,
  result: Value,
  sink: InstSink,
  offset: number,
): Type {
  const { arg, type } = parseTypedValue(context, opcode, explicit);
  const plainOp = opcode.op.slice(0, -'_imm'.length);
  const isShift = /^(?:rot|ish|ush|ssh)/.test(plainOp);
  expectMark(context.cursor, ',', 'between operands');
  const sign = plainOp.startsWith('u') || plainOp.startsWith('b') ? 'unsigned' : 'signed';
  const imm = immValue(context, isShift ? 'i32' : type, sign, sink, offset);
  const isReversed = plainOp === 'irsub';
  const args = isReversed ? [imm, arg] : [arg, imm];
  emit(sink, { kind: 'plain', op: isReversed ? 'isub' : plainOp, type, results: [result], args }, offset);
  return type;
}

function parseTypedValue(
  context: FunctionContext,
  opcode: Opcode,
  explicit: Type | null,
): { readonly arg: Value; readonly type: Type } {
  const token = peek(context.cursor);
  const arg = parseValue(context.cursor);
  const type = explicit ?? context.types[arg];
  if (type === undefined) failAt(token, `expected a type after ${opcode.op}: v${arg} is not defined above`);
  if (opcode.types !== null && !isInSet(type, opcode.types))
    failAt(token, `${type} is no type for ${opcode.op}`);
  return { arg, type };
}

function parseImm(
  context: FunctionContext,
  type: Type,
  sign: 'signed' | 'unsigned',
  sink: InstSink,
  offset: number,
): Value {
  expectMark(context.cursor, ',', 'between operands');
  return immValue(context, type, sign, sink, offset);
}

/** An integer literal as a value of an integer type; a 128-bit one is extended from 64 bits. */
function immValue(
  context: FunctionContext,
  type: Type,
  sign: 'signed' | 'unsigned',
  sink: InstSink,
  offset: number,
): Value {
  const token = peek(context.cursor);
  const bits64 = token.kind === 'integer' ? integerBits(token.text, 64) : null;
  if (bits64 === null) failExpecting(context.cursor, 'an integer of 64 bits');
  advance(context.cursor);
  const narrow: Type = type === 'i128' ? 'i64' : type;
  const value = inventValue(context, narrow);
  const bits = BigInt.asUintN(typeInfo(narrow).bits, bits64);
  emit(sink, { kind: 'const', op: 'iconst', type: narrow, results: [value], args: [], bits }, offset);
  if (type !== 'i128') return value;
  const wide = inventValue(context, 'i128');
  const op = sign === 'signed' ? 'sextend' : 'uextend';
  emit(sink, { kind: 'plain', op, type: 'i128', results: [wide], args: [value] }, offset);
  return wide;
}

function parseStackAddress(context: FunctionContext, sink: InstSink, offset: number): Value {
  const slot = expectKind(context.cursor, 'ss', 'a stack slot such as ss0');
  if (!context.stackSlots.has(slot.number)) failAt(slot, `${slot.text} is not declared`);
  const slotOffset = parseOffset(context.cursor);
  const address = inventValue(context, 'i64');
  const results = [address];
  emit(
    sink,
    {
      kind: 'stack',
      op: 'stack_addr',
      type: 'i64',
      results,
      args: [],
      slot: slot.number,
      offset: slotOffset,
    },
    offset,
  );
  return address;
}
