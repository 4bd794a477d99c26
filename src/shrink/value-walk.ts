import type { BlockCall, ExceptionTable, Function, Inst, Value } from '../clif/module.ts';

/** The instruction with every block call rewritten. */
export function mapBlockCalls(inst: Inst, edit: (call: BlockCall) => BlockCall): Inst {
  switch (inst.kind) {
    case 'jump':
      return { ...inst, target: edit(inst.target) };
    case 'brif':
      return { ...inst, then: edit(inst.then), else: edit(inst.else) };
    case 'br_table':
      return { ...inst, fallback: edit(inst.fallback), table: inst.table.map(edit) };
    case 'try_call':
    case 'try_call_indirect':
      return { ...inst, table: mapTableCalls(inst.table, edit) };
    default:
      return inst;
  }
}

function mapTableCalls(table: ExceptionTable, edit: (call: BlockCall) => BlockCall): ExceptionTable {
  const handlers = table.handlers.map((h) => (h.kind === 'context' ? h : { ...h, target: edit(h.target) }));
  return { ...table, normal: edit(table.normal), handlers };
}

/** The instruction that makes each value; block parameters have none. */
export function definitionsOf(fn: Function): ReadonlyMap<Value, Inst> {
  const definitions = new Map<Value, Inst>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) for (const result of inst.results) definitions.set(result, inst);
  }
  return definitions;
}
