import type { BlockArg, BlockCall, ExceptionHandler, ExceptionTable, Inst, Value } from './module.ts';

/** New number for a value. */
export type ValueMap = (value: Value) => Value;

function mapCall(call: BlockCall, map: ValueMap): BlockCall {
  if (call.args.length === 0) return call;
  const args = call.args.map((arg): BlockArg => (arg.kind === 'value' ? { kind: 'value', value: map(arg.value) } : arg));
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
