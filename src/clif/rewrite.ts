import {
  type Block,
  type BlockArg,
  blockCallsOf,
  type BlockCall,
  type ExceptionHandler,
  type ExceptionTable,
  type Function,
  type Inst,
  type Module,
  type Value,
} from './module.ts';
import type { Type } from './type.ts';

function pushCallUses(call: BlockCall, uses: Value[]): void {
  for (const arg of call.args) if (arg.kind === 'value') uses.push(arg.value);
}

/** Every value an instruction reads: operands, block arguments, exception contexts, in text order, repeats included. */
export function usesOf(inst: Inst): readonly Value[] {
  switch (inst.kind) {
    case 'jump':
    case 'brif':
    case 'br_table':
    case 'try_call':
    case 'try_call_indirect':
      break;
    default:
      return inst.args;
  }
  const uses = [...inst.args];
  for (const call of blockCallsOf(inst)) pushCallUses(call, uses);
  if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') {
    for (const handler of inst.table.handlers) if (handler.kind === 'context') uses.push(handler.value);
  }
  return uses;
}

/** New number for a value. */
export type ValueMap = (value: Value) => Value;

function mapCall(call: BlockCall, map: ValueMap): BlockCall {
  if (call.args.length === 0) return call;
  const args = call.args.map((arg): BlockArg =>
    arg.kind === 'value' ? { kind: 'value', value: map(arg.value) } : arg,
  );
  return { block: call.block, args };
}

function mapHandler(handler: ExceptionHandler, map: ValueMap): ExceptionHandler {
  if (handler.kind === 'context') return { kind: 'context', value: map(handler.value) };
  return { ...handler, target: mapCall(handler.target, map) };
}

function mapTable(table: ExceptionTable, map: ValueMap): ExceptionTable {
  return {
    sig: table.sig,
    normal: mapCall(table.normal, map),
    handlers: table.handlers.map((handler) => mapHandler(handler, map)),
  };
}

/** The instruction with every value it defines or reads renumbered. Give `mapResult` to number definitions apart. */
export function mapValues(inst: Inst, map: ValueMap, mapResult: ValueMap = map): Inst {
  const results = inst.results.length === 0 ? inst.results : inst.results.map(mapResult);
  const args = inst.args.length === 0 ? inst.args : inst.args.map(map);
  switch (inst.kind) {
    case 'jump':
      return { ...inst, results, args, target: mapCall(inst.target, map) };
    case 'brif':
      return { ...inst, results, args, then: mapCall(inst.then, map), else: mapCall(inst.else, map) };
    case 'br_table': {
      const table = inst.table.map((call) => mapCall(call, map));
      return { ...inst, results, args, fallback: mapCall(inst.fallback, map), table };
    }
    case 'try_call':
    case 'try_call_indirect':
      return { ...inst, results, args, table: mapTable(inst.table, map) };
    default:
      return { ...inst, results, args };
  }
}

/**
 * The function with values numbered 0, 1, 2, … in text order: block parameters, then results, block by block. Cranelift's
 * reader allocates up to the highest number, so gaps cost compile time. A value that is read and nowhere defined gets a
 * number past all others and stays undefined. A function already numbered so is given back itself.
 */
export function renumber(fn: Function): Function {
  const numbers: (Value | undefined)[] = [];
  const types: (Type | undefined)[] = [];
  let isDense = true;
  const define = (value: Value): void => {
    if (value !== types.length) isDense = false;
    numbers[value] = types.length;
    types.push(fn.valueTypes[value]);
  };
  for (const block of fn.blocks) {
    for (const param of block.params) define(param.value);
    for (const inst of block.insts) inst.results.forEach(define);
  }
  if (isDense && fn.valueTypes.length <= types.length) return fn;
  let undefinedNumber = types.length;
  const map = (value: Value): Value => {
    let number = numbers[value];
    if (number === undefined) {
      number = undefinedNumber;
      undefinedNumber += 1;
      numbers[value] = number;
    }
    return number;
  };
  const blocks = fn.blocks.map((block): Block => ({
    ...block,
    params: block.params.map((param) => ({ value: map(param.value), type: param.type })),
    insts: block.insts.map((inst) => mapValues(inst, map)),
  }));
  return { ...fn, blocks, valueTypes: types };
}

/** Instructions of all functions together, terminators included. */
export function countInstructions(module: Module): number {
  let count = 0;
  for (const fn of module.functions) for (const block of fn.blocks) count += block.insts.length;
  return count;
}
