import { floatText } from './float-text.ts';
import type { BlockArg, BlockCall, ExceptionHandler, ExceptionTable, Inst, Value } from './module.ts';
import { OPCODES } from './opcode.ts';
import { TextBuffer } from './text-buffer.ts';
import { type Type, typeInfo } from './type.ts';
import { vectorConstText } from './vector-text.ts';

const VALUE_NAMES: string[] = [];
for (let i = 0; i < 4096; i++) VALUE_NAMES.push(`v${i}`);

/** `v7`, from a table for the numbers that matter. */
export function valueText(value: Value): string {
  return VALUE_NAMES[value] ?? `v${value}`;
}

/** `v1, v2`, from number `from` up to but without `to`. */
function putValues(out: TextBuffer, values: readonly Value[], from = 0, to = values.length): void {
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (value === undefined) return;
    if (i > from) out.put(', ');
    out.put(valueText(value));
  }
}

function putBlockArg(out: TextBuffer, arg: BlockArg): void {
  switch (arg.kind) {
    case 'value':
      out.put(valueText(arg.value));
      return;
    case 'ret':
      out.put(`ret${arg.index}`);
      return;
    case 'exn':
      out.put(`exn${arg.index}`);
  }
}

/** `block1(v0, ret1)`; no parentheses without arguments. */
function putBlockCall(out: TextBuffer, call: BlockCall): void {
  out.put('block');
  out.put(`${call.block}`);
  if (call.args.length === 0) return;
  let separator = '(';
  for (const arg of call.args) {
    out.put(separator);
    putBlockArg(out, arg);
    separator = ', ';
  }
  out.put(')');
}

function putHandler(out: TextBuffer, handler: ExceptionHandler): void {
  switch (handler.kind) {
    case 'tag':
      out.put(`tag${handler.tag}: `);
      putBlockCall(out, handler.target);
      return;
    case 'default':
      out.put('default: ');
      putBlockCall(out, handler.target);
      return;
    case 'context':
      out.put('context ');
      out.put(valueText(handler.value));
  }
}

function putTable(out: TextBuffer, table: ExceptionTable): void {
  out.put(`sig${table.sig}, `);
  putBlockCall(out, table.normal);
  let separator = ', [ ';
  for (const handler of table.handlers) {
    out.put(separator);
    putHandler(out, handler);
    separator = ', ';
  }
  out.put(table.handlers.length === 0 ? ', []' : ' ]');
}

function putOffset(out: TextBuffer, offset: number): void {
  if (offset === 0) return;
  if (offset > 0) out.put('+');
  out.put(`${offset}`);
}

/** Signed decimal, as Cranelift writes it. Small numbers, nearly all of them, skip the slow way through BigInt. */
function integerText(bits: bigint, width: number): string {
  if (bits < 0x80n) return `${Number(bits)}`;
  return BigInt.asIntN(width, bits).toString();
}

function constText(op: string, type: Type | null, bits: bigint): string {
  switch (op) {
    case 'f16const':
      return floatText(bits, 'f16');
    case 'f32const':
      return floatText(bits, 'f32');
    case 'f64const':
      return floatText(bits, 'f64');
    case 'f128const':
      return floatText(bits, 'f128');
    case 'vconst':
      return type === null ? `${bits}` : vectorConstText(bits, type);
    default:
      return type === null ? `${bits}` : integerText(bits, typeInfo(type).bits);
  }
}

function putMemoryOperands(
  out: TextBuffer,
  flags: readonly string[],
  args: readonly Value[],
  before = '',
): void {
  for (const flag of flags) {
    out.put(flag);
    out.put(' ');
  }
  out.put(before);
  putValues(out, args);
}

function putStackSlot(out: TextBuffer, inst: Extract<Inst, { kind: 'stack' }>): void {
  if (inst.args.length > 0) {
    putValues(out, inst.args);
    out.put(', ');
  }
  out.put(inst.op === 'dynamic_stack_addr' ? 'dss' : 'ss');
  out.put(`${inst.slot}`);
  putOffset(out, inst.offset);
}

/** `fn0(v1, v2)`, or with a callee's address among `args` `v0(v1, v2)`. */
function putCall(out: TextBuffer, callee: string, args: readonly Value[], from: number): void {
  out.put(callee);
  out.put('(');
  putValues(out, args, from);
  out.put(')');
}

function calleeAddress(args: readonly Value[]): string {
  const [callee] = args;
  return callee === undefined ? '' : valueText(callee);
}

function putOperands(out: TextBuffer, inst: Inst): void {
  switch (inst.kind) {
    case 'plain':
      putValues(out, inst.args);
      return;
    case 'const':
      out.put(constText(inst.op, inst.type, inst.bits));
      return;
    case 'lane':
      putValues(out, inst.args);
      out.put(`, ${inst.lane}`);
      return;
    case 'shuffle':
      putValues(out, inst.args);
      out.put(`, [${inst.mask.join(' ')}]`);
      return;
    case 'compare':
      out.put(inst.cond);
      out.put(' ');
      putValues(out, inst.args);
      return;
    case 'trap':
      putValues(out, inst.args);
      if (inst.args.length > 0) out.put(', ');
      out.put(inst.code);
      return;
    case 'memory':
      putMemoryOperands(out, inst.flags, inst.args);
      putOffset(out, inst.offset);
      return;
    case 'atomic_rmw':
      putMemoryOperands(out, inst.flags, inst.args, `${inst.rmw} `);
      return;
    case 'stack':
      putStackSlot(out, inst);
      return;
    case 'global':
      out.put(`gv${inst.global}`);
      return;
    case 'func_addr':
      out.put(`fn${inst.func}`);
      return;
    case 'call':
      putCall(out, `fn${inst.func}`, inst.args, 0);
      return;
    case 'call_indirect':
      out.put(`sig${inst.sig}, `);
      putCall(out, calleeAddress(inst.args), inst.args, 1);
      return;
    case 'try_call':
      putCall(out, `fn${inst.func}`, inst.args, 0);
      out.put(', ');
      putTable(out, inst.table);
      return;
    case 'try_call_indirect':
      putCall(out, calleeAddress(inst.args), inst.args, 1);
      out.put(', ');
      putTable(out, inst.table);
      return;
    case 'jump':
      putBlockCall(out, inst.target);
      return;
    case 'brif':
      putValues(out, inst.args);
      for (const target of [inst.then, inst.else]) {
        out.put(', ');
        putBlockCall(out, target);
      }
      return;
    case 'br_table': {
      putValues(out, inst.args);
      out.put(', ');
      putBlockCall(out, inst.fallback);
      let separator = ', [';
      for (const target of inst.table) {
        out.put(separator);
        putBlockCall(out, target);
        separator = ', ';
      }
      out.put(inst.table.length === 0 ? ', []' : ']');
      return;
    }
    case 'handler_address':
      out.put(`block${inst.block}, ${inst.index}`);
  }
}

/** A controlling type is left out where the reader infers it from an operand it has already seen. */
function isTypeInferred(inst: Inst, typesAbove: readonly (Type | undefined)[] | undefined): boolean {
  const typeOperand = OPCODES.get(inst.op)?.typeOperand ?? -1;
  const source = typeOperand < 0 ? undefined : inst.args[typeOperand];
  return source !== undefined && (typesAbove === undefined || typesAbove[source] === inst.type);
}

/**
 * Appends one instruction without indentation or line end. `typesAbove[v]` is the type of a value defined above, which decides where a
 * controlling type can be left out. Without `typesAbove`, as if all were.
 */
export function putInst(out: TextBuffer, inst: Inst, typesAbove?: readonly (Type | undefined)[]): void {
  const { op, type, results } = inst;
  if (results.length > 0) {
    putValues(out, results);
    out.put(' = ');
  }
  out.put(op);
  if (type !== null && !isTypeInferred(inst, typesAbove)) {
    out.put('.');
    out.put(type);
  }
  if (inst.kind !== 'plain' || inst.args.length > 0) out.put(' ');
  putOperands(out, inst);
}

/** One instruction as `putInst` appends it. */
export function instText(inst: Inst): string {
  const out = new TextBuffer();
  putInst(out, inst);
  return out.toString();
}
