import { floatText } from './float-text.ts';
import type { BlockArg, BlockCall, ExceptionTable, Inst, Value } from './module.ts';
import { OPCODES } from './opcode.ts';
import { type Type, typeInfo } from './type.ts';
import { vectorConstText } from './vector-text.ts';

const VALUE_NAMES: string[] = [];
for (let i = 0; i < 4096; i++) VALUE_NAMES.push(`v${i}`);

/** `v7`, from a table for the numbers that matter. */
export function valueText(value: Value): string {
  return VALUE_NAMES[value] ?? `v${value}`;
}

/** `v1, v2`, starting at `from`. */
function valuesText(values: readonly Value[], from: number): string {
  const first = values[from];
  if (first === undefined) return '';
  let text = valueText(first);
  for (let i = from + 1; i < values.length; i++) {
    const value = values[i];
    if (value !== undefined) text += `, ${valueText(value)}`;
  }
  return text;
}

function blockArgText(arg: BlockArg): string {
  switch (arg.kind) {
    case 'value':
      return valueText(arg.value);
    case 'ret':
      return `ret${arg.index}`;
    case 'exn':
      return `exn${arg.index}`;
  }
}

/** `block1(v0, ret1)`; no parentheses without arguments. */
export function blockCallText(call: BlockCall): string {
  let text = `block${call.block}`;
  if (call.args.length === 0) return text;
  let separator = '(';
  for (const arg of call.args) {
    text += separator + blockArgText(arg);
    separator = ', ';
  }
  return `${text})`;
}

function tableText(table: ExceptionTable): string {
  const handlers = table.handlers.map((handler) => {
    switch (handler.kind) {
      case 'tag':
        return `tag${handler.tag}: ${blockCallText(handler.target)}`;
      case 'default':
        return `default: ${blockCallText(handler.target)}`;
      case 'context':
        return `context ${valueText(handler.value)}`;
    }
  });
  const list = handlers.length === 0 ? '[]' : `[ ${handlers.join(', ')} ]`;
  return `sig${table.sig}, ${blockCallText(table.normal)}, ${list}`;
}

function offsetText(offset: number): string {
  return offset === 0 ? '' : offset > 0 ? `+${offset}` : `${offset}`;
}

function flagsText(flags: readonly string[]): string {
  let text = ' ';
  for (const flag of flags) text += `${flag} `;
  return text;
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

function operandsText(inst: Inst): string {
  switch (inst.kind) {
    case 'plain':
      return inst.args.length === 0 ? '' : ` ${valuesText(inst.args, 0)}`;
    case 'const':
      return ` ${constText(inst.op, inst.type, inst.bits)}`;
    case 'lane':
      return ` ${valuesText(inst.args, 0)}, ${inst.lane}`;
    case 'shuffle':
      return ` ${valuesText(inst.args, 0)}, [${inst.mask.join(' ')}]`;
    case 'compare':
      return ` ${inst.cond} ${valuesText(inst.args, 0)}`;
    case 'trap':
      return inst.args.length === 0 ? ` ${inst.code}` : ` ${valuesText(inst.args, 0)}, ${inst.code}`;
    case 'memory':
      return `${flagsText(inst.flags)}${valuesText(inst.args, 0)}${offsetText(inst.offset)}`;
    case 'atomic_rmw':
      return `${flagsText(inst.flags)}${inst.rmw} ${valuesText(inst.args, 0)}`;
    case 'stack': {
      const slot = `${inst.op === 'dynamic_stack_addr' ? 'dss' : 'ss'}${inst.slot}${offsetText(inst.offset)}`;
      return inst.args.length === 0 ? ` ${slot}` : ` ${valuesText(inst.args, 0)}, ${slot}`;
    }
    case 'global':
      return ` gv${inst.global}`;
    case 'func_addr':
      return ` fn${inst.func}`;
    case 'call':
      return ` fn${inst.func}(${valuesText(inst.args, 0)})`;
    case 'call_indirect':
      return ` sig${inst.sig}, ${valuesText(inst.args.slice(0, 1), 0)}(${valuesText(inst.args, 1)})`;
    case 'try_call':
      return ` fn${inst.func}(${valuesText(inst.args, 0)}), ${tableText(inst.table)}`;
    case 'try_call_indirect':
      return ` ${valuesText(inst.args.slice(0, 1), 0)}(${valuesText(inst.args, 1)}), ${tableText(inst.table)}`;
    case 'jump':
      return ` ${blockCallText(inst.target)}`;
    case 'brif':
      return ` ${valuesText(inst.args, 0)}, ${blockCallText(inst.then)}, ${blockCallText(inst.else)}`;
    case 'br_table':
      return ` ${valuesText(inst.args, 0)}, ${blockCallText(inst.fallback)}, [${inst.table.map(blockCallText).join(', ')}]`;
    case 'handler_address':
      return ` block${inst.block}, ${inst.index}`;
  }
}

/**
 * One instruction without indentation or line end. The controlling type is left out where the reader infers it from an
 * operand it has already seen: `typesAbove[v]` is the type of a value defined above. Without `typesAbove`, as if all were.
 */
export function instText(inst: Inst, typesAbove?: readonly (Type | undefined)[]): string {
  let text = inst.results.length === 0 ? inst.op : `${valuesText(inst.results, 0)} = ${inst.op}`;
  if (inst.type !== null) {
    const typeOperand = OPCODES.get(inst.op)?.typeOperand ?? -1;
    const source = typeOperand < 0 ? undefined : inst.args[typeOperand];
    if (source === undefined || (typesAbove !== undefined && typesAbove[source] !== inst.type))
      text += `.${inst.type}`;
  }
  return text + operandsText(inst);
}
