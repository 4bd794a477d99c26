import type { ExceptionHandler, ExceptionTable, Function, Inst, Value } from '../../clif/module.ts';
import { functionNameText } from '../../clif/module.ts';
import { throwRoutineNamed } from '../../clif/throw-routine.ts';
import { editFunction } from '../edit-function.ts';
import { replaceFunction, type Pass } from '../pass.ts';

type TryInst = Extract<Inst, { readonly kind: 'try_call' | 'try_call_indirect' }>;

function triesOf(fn: Function): readonly TryInst[] {
  return fn.blocks.flatMap((block) =>
    block.insts.filter((inst) => inst.kind === 'try_call' || inst.kind === 'try_call_indirect'),
  );
}

function withTable(fn: Function, inst: TryInst, table: ExceptionTable): Function {
  return editFunction(fn, (other) => (other === inst ? [{ ...inst, table }] : [other]));
}

/** Shorter lists of handlers: none, contexts gone, and each one gone. */
function* shorterLists(handlers: readonly ExceptionHandler[]): Generator<readonly ExceptionHandler[]> {
  yield [];
  yield handlers.filter((handler) => handler.kind !== 'context');
  for (const handler of handlers) yield handlers.filter((other) => other !== handler);
}

/** Handlers of try_calls and their contexts go, one by one. */
export const fewerHandlers: Pass = {
  name: 'fewer handlers',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      for (const inst of triesOf(fn)) {
        const { handlers } = inst.table;
        for (const shorter of shorterLists(handlers)) {
          if (shorter.length < handlers.length)
            yield () => replaceFunction(kase, fn, withTable(fn, inst, { ...inst.table, handlers: shorter }));
        }
      }
    }
  },
};

/** The direct call, where the address that is called comes from a func_addr of the same function. */
function asDirect(inst: Inst, addresses: ReadonlyMap<Value, number>): Inst | null {
  const [address, ...args] = inst.args;
  const func = address === undefined ? undefined : addresses.get(address);
  if (func === undefined) return null;
  if (inst.kind === 'call_indirect') {
    const op = inst.op === 'call_indirect' ? 'call' : 'return_call';
    return { kind: 'call', op, type: null, results: inst.results, args, func };
  }
  if (inst.kind !== 'try_call_indirect') return null;
  return { kind: 'try_call', op: 'try_call', type: null, results: [], args, func, table: inst.table };
}

/** Calls through a known address as direct ones; but Wasmtime's filetests know what throws by its address alone, so that stays. */
export const directAddresses: Pass = {
  name: 'direct addresses',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      const insts = fn.blocks.flatMap((block) => block.insts);
      const addresses = new Map<Value, number>();
      for (const inst of insts) {
        const [result] = inst.results;
        if (inst.kind !== 'func_addr' || result === undefined) continue;
        const name = fn.funcRefs.get(inst.func)?.name;
        if (name !== undefined && throwRoutineNamed(functionNameText(name)) === null)
          addresses.set(result, inst.func);
      }
      for (const inst of insts) {
        const direct = asDirect(inst, addresses);
        if (direct === null) continue;
        yield () =>
          replaceFunction(
            kase,
            fn,
            editFunction(fn, (other) => (other === inst ? [direct] : [other])),
          );
      }
    }
  },
};
