import { type Dialect, dialectOf, instsIn, slotIn } from './dialect.ts';
import type {
  Block,
  DynamicEntities,
  FuncRef,
  Function,
  GlobalValue,
  Inst,
  Module,
  StackSlot,
} from './module.ts';
import { functionNameText } from './module.ts';
import { putInst, valueText } from './print-inst.ts';
import type { AbiParam, Signature } from './signature.ts';
import { TextBuffer } from './text-buffer.ts';
import type { Type } from './type.ts';

/** `cranelift`: the version whose reader will read the text, as `0.121` or `0.135.8`. Default: the newest known. */
export interface PrintOptions {
  readonly cranelift?: string;
}

function abiParamText(param: AbiParam): string {
  let text: string = param.type;
  if (param.extension !== 'none') text += ` ${param.extension}`;
  switch (param.purpose.kind) {
    case 'normal':
      return text;
    case 'sarg':
      return `${text} sarg(${param.purpose.bytes})`;
    default:
      return `${text} ${param.purpose.kind}`;
  }
}

function abiParamsText(params: readonly AbiParam[]): string {
  let text = '';
  for (const param of params) text += text === '' ? abiParamText(param) : `, ${abiParamText(param)}`;
  return text;
}

/** `(i64, i8 sext) -> i32 tail`. The convention is always written: what the reader assumes without one varies. */
export function signatureText(signature: Signature): string {
  const head = `(${abiParamsText(signature.params)})`;
  const returns = signature.returns.length === 0 ? '' : ` -> ${abiParamsText(signature.returns)}`;
  return `${head}${returns} ${signature.callConv}`;
}

function stackSlotText(slot: StackSlot): string {
  const align = slot.alignBytes === 1 ? '' : `, align = ${slot.alignBytes}`;
  return `${slot.kind} ${slot.sizeBytes}${align}`;
}

function signed(offset: number | bigint): string {
  return offset == 0 ? '' : offset > 0 ? `+${offset}` : `${offset}`;
}

function globalValueText(global: GlobalValue): string {
  switch (global.kind) {
    case 'vmctx':
      return 'vmctx';
    case 'dyn_scale_target_const':
      return `dyn_scale_target_const.${global.type}`;
    case 'load': {
      const flags = global.flags.map((flag) => `${flag} `).join('');
      return `load.${global.type} ${flags}gv${global.base}${signed(global.offset)}`;
    }
    case 'iadd_imm':
      return `iadd_imm.${global.type} gv${global.base}, ${global.offset}`;
    case 'symbol': {
      const words = `${global.colocated ? 'colocated ' : ''}${global.tls ? 'tls ' : ''}`;
      return `symbol ${words}${functionNameText(global.name)}${signed(global.offset)}`;
    }
  }
}

function funcRefText(ref: FuncRef): string {
  const words = `${ref.colocated ? 'colocated ' : ''}${ref.patchable ? 'patchable ' : ''}`;
  return `${words}${functionNameText(ref.name)} sig${ref.sig}`;
}

/** `0x...`, most significant byte first, as Cranelift writes constants (their bytes are little-endian). */
function constantText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text = byte.toString(16).padStart(2, '0') + text;
  return `0x${text}`;
}

function dynamicText({ types, slots }: DynamicEntities): string {
  let text = '';
  for (const [n, { type, scale }] of types)
    text += `    dt${n} = ${type.slice(0, -'xN'.length)}*gv${scale}\n`;
  for (const [n, type] of slots) text += `    dss${n} = explicit_dynamic_slot dt${type}\n`;
  return text;
}

/** Text has no other name for a dynamic type than its number: `splat.i32x4xN` becomes `splat.dt0`. */
function putDynamicInst(
  out: TextBuffer,
  inst: Inst,
  typesAbove: readonly (Type | undefined)[],
  { types }: DynamicEntities,
): void {
  const own = new TextBuffer();
  putInst(own, inst, typesAbove);
  const named = own.toString().replace(/\.(\w+xN)/, (whole, name) => {
    const known = [...types].find(([, { type }]) => type === name);
    return known === undefined ? whole : `.dt${known[0]}`;
  });
  out.put(named);
}

function preambleText(fn: Function, dialect: Dialect | null): string {
  let text = '';
  for (const [n, slot] of fn.stackSlots) text += `    ss${n} = ${stackSlotText(slotIn(dialect, slot))}\n`;
  for (const [n, global] of fn.globalValues) text += `    gv${n} = ${globalValueText(global)}\n`;
  if (fn.dynamic !== undefined) text += dynamicText(fn.dynamic);
  for (const [n, signature] of fn.sigRefs) text += `    sig${n} = ${signatureText(signature)}\n`;
  for (const [n, ref] of fn.funcRefs) text += `    fn${n} = ${funcRefText(ref)}\n`;
  for (const [n, bytes] of fn.constants) text += `    const${n} = ${constantText(bytes)}\n`;
  if (fn.stackLimit !== null) text += `    stack_limit = gv${fn.stackLimit}\n`;
  return text;
}

function putBlockHeader(out: TextBuffer, block: Block): void {
  out.put(`block${block.id}`);
  let separator = '(';
  for (const param of block.params) {
    out.put(separator);
    out.put(valueText(param.value));
    out.put(': ');
    out.put(param.type);
    separator = ', ';
  }
  if (block.params.length > 0) out.put(')');
  out.put(block.cold ? ' cold:\n' : ':\n');
}

function putFunction(out: TextBuffer, fn: Function, options: PrintOptions): void {
  const dialect = dialectOf(options.cranelift);
  const inDialect = dialect === null ? null : instsIn(dialect, fn);
  const typesAbove: (Type | undefined)[] = [];
  const preamble = preambleText(fn, dialect);
  for (const piece of ['function ', functionNameText(fn.name), signatureText(fn.signature), ' {\n', preamble])
    out.put(piece);
  let isFirst = preamble === '';
  for (const block of fn.blocks) {
    if (!isFirst) out.put('\n');
    isFirst = false;
    putBlockHeader(out, block);
    for (const param of block.params) typesAbove[param.value] = param.type;
    const insts = inDialect === null ? block.insts : block.insts.flatMap(inDialect);
    for (const inst of insts) {
      out.put('    ');
      if (fn.dynamic === undefined) putInst(out, inst, typesAbove);
      else putDynamicInst(out, inst, typesAbove, fn.dynamic);
      out.put('\n');
      for (const result of inst.results) typesAbove[result] = fn.valueTypes[result];
    }
  }
  out.put('}\n');
}

/** One for all texts: none is begun before the last one is done. */
const text = new TextBuffer();

function printed(functions: readonly Function[], options: PrintOptions): TextBuffer {
  text.clear();
  for (const fn of functions) {
    if (text.length > 0) text.put('\n');
    putFunction(text, fn, options);
  }
  return text;
}

/** One function as text that Cranelift's reader takes, with a final line end. */
export function printFunction(fn: Function, options: PrintOptions = {}): string {
  return printed([fn], options).toString();
}

/** A module as text that Cranelift's reader takes: its functions in order, one empty line between them. */
export function printModule(module: Module, options: PrintOptions = {}): string {
  return printed(module.functions, options).toString();
}

/** What `printModule` prints, in ASCII: ready to be sent. */
export function printModuleBytes(module: Module, options: PrintOptions = {}): Uint8Array {
  return printed(module.functions, options).toBytes();
}
