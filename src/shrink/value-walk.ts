import type { BlockArg, BlockCall, ExceptionTable, Function, Inst, Value } from '../clif/module.ts';
import { blockCallsOf } from '../clif/module.ts';

/** Every value an instruction reads: operands, block arguments, exception contexts. */
export function usedValues(inst: Inst): readonly Value[] {
  const calls = blockCallsOf(inst);
  const hasContext = inst.kind === 'try_call' || inst.kind === 'try_call_indirect';
  if (calls.length === 0 && !hasContext) return inst.args;
  const used = [...inst.args];
  for (const call of calls) for (const arg of call.args) if (arg.kind === 'value') used.push(arg.value);
  if (hasContext) for (const h of inst.table.handlers) if (h.kind === 'context') used.push(h.value);
  return used;
}

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

/** The instruction with every value it reads renamed. Results stay. */
export function mapUses(inst: Inst, rename: (value: Value) => Value): Inst {
  const mapArg = (arg: BlockArg): BlockArg =>
    arg.kind === 'value' ? { kind: 'value', value: rename(arg.value) } : arg;
  const renamed = mapBlockCalls({ ...inst, args: inst.args.map(rename) }, (call) => ({
    block: call.block,
    args: call.args.map(mapArg),
  }));
  if (renamed.kind !== 'try_call' && renamed.kind !== 'try_call_indirect') return renamed;
  const handlers = renamed.table.handlers.map((h) =>
    h.kind === 'context' ? { ...h, value: rename(h.value) } : h,
  );
  return { ...renamed, table: { ...renamed.table, handlers } };
}

/** The instruction that makes each value; block parameters have none. */
export function definitionsOf(fn: Function): ReadonlyMap<Value, Inst> {
  const definitions = new Map<Value, Inst>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) for (const result of inst.results) definitions.set(result, inst);
  }
  return definitions;
}
