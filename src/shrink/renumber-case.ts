import type { Case } from '../clif/case.ts';
import type { Block, FuncRef, Function, FunctionName, Inst } from '../clif/module.ts';
import { functionNameText } from '../clif/module.ts';
import { renumber } from '../clif/rewrite.ts';
import { mapBlockCalls } from './value-walk.ts';

function numberKeys(keys: Iterable<number>): ReadonlyMap<number, number> {
  return new Map([...keys].map((key, index) => [key, index]));
}

function rekey<T>(map: ReadonlyMap<number, T>, keys: ReadonlyMap<number, number>): ReadonlyMap<number, T> {
  return new Map([...map].map(([key, item]) => [keys.get(key) ?? key, item]));
}

/** Values, blocks, slots and refs numbered from 0 in the order of the text. */
export function renumberFunction(sparse: Function, rename: (name: FunctionName) => FunctionName): Function {
  const fn = renumber(sparse);
  const blockIds = numberKeys(fn.blocks.map((block) => block.id));
  const slots = numberKeys(fn.stackSlots.keys());
  const sigs = numberKeys(fn.sigRefs.keys());
  const funcs = numberKeys(fn.funcRefs.keys());
  const renumberInst = (inst: Inst): Inst => {
    const made = mapBlockCalls(inst, (call) => ({
      ...call,
      block: blockIds.get(call.block) ?? call.block,
    }));
    switch (made.kind) {
      case 'call':
      case 'func_addr':
        return { ...made, func: funcs.get(made.func) ?? made.func };
      case 'call_indirect':
        return { ...made, sig: sigs.get(made.sig) ?? made.sig };
      case 'stack':
        return { ...made, slot: slots.get(made.slot) ?? made.slot };
      case 'try_call':
      case 'try_call_indirect': {
        const table = { ...made.table, sig: sigs.get(made.table.sig) ?? made.table.sig };
        return made.kind === 'try_call'
          ? { ...made, table, func: funcs.get(made.func) ?? made.func }
          : { ...made, table };
      }
      case 'handler_address':
        return { ...made, block: blockIds.get(made.block) ?? made.block };
      default:
        return made;
    }
  };
  const blocks: readonly Block[] = fn.blocks.map((block) => ({
    ...block,
    id: blockIds.get(block.id) ?? block.id,
    insts: block.insts.map(renumberInst),
  }));
  const refs = new Map<number, FuncRef>();
  for (const [key, ref] of fn.funcRefs) {
    refs.set(key, { ...ref, name: rename(ref.name), sig: sigs.get(ref.sig) ?? ref.sig });
  }
  const globalValues = new Map(
    [...fn.globalValues].map(([key, gv]) => [
      key,
      gv.kind === 'symbol' ? { ...gv, name: rename(gv.name) } : gv,
    ]),
  );
  return {
    ...fn,
    name: rename(fn.name),
    globalValues,
    blocks,
    stackSlots: rekey(fn.stackSlots, slots),
    sigRefs: rekey(fn.sigRefs, sigs),
    funcRefs: rekey(refs, funcs),
  };
}

/** The entry as `%main` and last, the others as `u0:0`, `u0:1`, …, everything inside them numbered densely. */
export function renumberCase(kase: Case): Case {
  const entry = functionNameText(kase.entry);
  const isEntry = (fn: Function): boolean => functionNameText(fn.name) === entry;
  const ordered = [
    ...kase.module.functions.filter((fn) => !isEntry(fn)),
    ...kase.module.functions.filter(isEntry),
  ];
  const names = new Map<string, FunctionName>();
  ordered.forEach((fn, index) => {
    const name: FunctionName = isEntry(fn)
      ? { kind: 'test', name: 'main' }
      : { kind: 'user', namespace: 0, index };
    names.set(functionNameText(fn.name), name);
  });
  const rename = (name: FunctionName): FunctionName => names.get(functionNameText(name)) ?? name;
  return {
    ...kase,
    entry: rename(kase.entry),
    module: { functions: ordered.map((fn) => renumberFunction(fn, rename)) },
  };
}
