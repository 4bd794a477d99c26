import { advance, expectKind, expectMark, failAt, failExpecting, peek } from './cursor.ts';
import { integerBits } from './integer-text.ts';
import type { Value } from './module.ts';
import { expandGlobal } from './old-global.ts';
import type { Opcode } from './opcode.ts';
import { emit, type FunctionContext, inventValue, type InstSink } from './parse-context.ts';
import { parseOffset, parseValue } from './parse-operand.ts';
import { isInSet } from './type-rule.ts';
import { bitMask, type Type, typeInfo } from './type.ts';

/**
 * Instructions that CLIF had until about 0.134 and today's reader refuses, rewritten as Cranelift's own legalizer did
 * (`legalizer/mod.rs` of those versions): `iadd_imm v0, 5` becomes an `iconst` and an `iadd`, `stack_load` a
 * `stack_addr` and a `load`. `results` are those that the text names, which may be too many or too few. Returns the types
 * that there should be.
 */
export function expandOldInst(
  context: FunctionContext,
  opcode: Opcode,
  explicit: Type | null,
  results: readonly Value[],
  sink: InstSink,
  offset: number,
): readonly Type[] {
  const [result = 0] = results;
  switch (opcode.shape) {
    case 'old_imm':
      return [expandImm(context, opcode, explicit, result, sink, offset)];
    case 'old_carry':
      return expandCarry(context, opcode, explicit, results, sink, offset);
    case 'old_reference':
      return [expandReference(context, opcode, explicit, result, sink, offset)];
    case 'old_global':
      return [expandGlobal(context, explicit ?? 'i64', result, sink, offset)];
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
      return [type];
    }
    case 'old_compare_imm': {
      const cond = expectKind(context.cursor, 'word', 'an integer condition such as eq or slt').text;
      const { arg, type } = parseTypedValue(context, opcode, explicit);
      const imm = parseImm(context, type, cond.startsWith('u') ? 'unsigned' : 'signed', sink, offset);
      emit(sink, { kind: 'compare', op: 'icmp', type, results: [result], args: [arg, imm], cond }, offset);
      return ['i8'];
    }
    case 'old_dynamic_load':
    case 'old_stack_load': {
      const address = parseStackAddress(context, opcode, sink, offset);
      const type = explicit ?? 'i64';
      const args = [address];
      emit(
        sink,
        { kind: 'memory', op: 'load', type, results: [result], args, flags: ['notrap'], offset: 0 },
        offset,
      );
      return [type];
    }
    default: {
      const { arg, type } = parseTypedValue(context, opcode, explicit);
      expectMark(context.cursor, ',', 'between operands');
      const address = parseStackAddress(context, opcode, sink, offset);
      const args = [arg, address];
      emit(
        sink,
        { kind: 'memory', op: 'store', type, results: [], args, flags: ['notrap'], offset: 0 },
        offset,
      );
      return [];
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

/**
 * Of the overflow with carry that older text has (`iadd_carry`), and of the same without telling it (`iadd_cin`). What it tells
 * is signed overflow, whatever its documentation said (cranelift-interpreter `step.rs` and Wasmtime's iaddcarry.clif of
 * those versions).
 */
function expandCarry(
  context: FunctionContext,
  opcode: Opcode,
  explicit: Type | null,
  results: readonly Value[],
  sink: InstSink,
  offset: number,
): readonly Type[] {
  const { arg, type } = parseTypedValue(context, opcode, explicit);
  expectMark(context.cursor, ',', 'between operands');
  const second = parseValue(context.cursor);
  expectMark(context.cursor, ',', 'between operands');
  const args = [arg, second, parseValue(context.cursor)];
  const tells = opcode.op === 'iadd_carry' || opcode.op === 'isub_borrow';
  const [sum = 0, told = 0] = results;
  const op = opcode.op.startsWith('iadd') ? 'sadd_overflow_cin' : 'ssub_overflow_bin';
  const made = [sum, tells ? told : inventValue(context, 'i8')];
  emit(sink, { kind: 'plain', op, type, results: made, args }, offset);
  return tells ? [type, 'i8'] : [type];
}

/** `null.r64` is all zeros, and the invalid reference that `is_invalid` asks for all ones. */
function expandReference(
  context: FunctionContext,
  opcode: Opcode,
  explicit: Type | null,
  result: Value,
  sink: InstSink,
  offset: number,
): Type {
  if (opcode.op === 'null') {
    const type = explicit ?? 'i64';
    emit(sink, { kind: 'const', op: 'iconst', type, results: [result], args: [], bits: 0n }, offset);
    return type;
  }
  const { arg, type } = parseTypedValue(context, opcode, explicit);
  const other = inventValue(context, type);
  const bits = opcode.op === 'is_null' ? 0n : bitMask(typeInfo(type).bits);
  emit(sink, { kind: 'const', op: 'iconst', type, results: [other], args: [], bits }, offset);
  const args = [arg, other];
  emit(sink, { kind: 'compare', op: 'icmp', type, results: [result], args, cond: 'eq' }, offset);
  return 'i8';
}

function parseStackAddress(context: FunctionContext, opcode: Opcode, sink: InstSink, offset: number): Value {
  if (opcode.shape.startsWith('old_dynamic')) {
    const slot = expectKind(context.cursor, 'dss', 'a dynamic stack slot such as dss0');
    if (!context.dynamicSlots.has(slot.number)) failAt(slot, `${slot.text} is not declared`);
    const made = inventValue(context, 'i64');
    emit(
      sink,
      {
        kind: 'stack',
        op: 'dynamic_stack_addr',
        type: 'i64',
        results: [made],
        args: [],
        slot: slot.number,
        offset: 0,
      },
      offset,
    );
    return made;
  }
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
