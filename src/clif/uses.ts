import { blockCallsOf, type BlockCall, type Inst, type Value } from './module.ts';

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
