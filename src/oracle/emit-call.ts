import { functionNameText, type Inst, type Value } from '../clif/module.ts';
import { call, functionAt, gather, sameShape, scatter } from './calls.ts';
import {
  argCell,
  broken,
  cellOf,
  resultCell,
  unsupported,
  type Cell,
  type Emit,
  type PreparedFunction,
  type Scope,
} from './program.ts';

/** Gives the callee when the call happens. */
type Callee = () => PreparedFunction;

function named(scope: Scope, inst: Inst, func: number): PreparedFunction {
  const ref = scope.source.funcRefs.get(func);
  if (ref === undefined) return broken(scope, inst, `no function reference fn${func}`);
  const name = functionNameText(ref.name);
  return scope.findFunction(name) ?? unsupported(scope, inst, `${name} is not in this module`);
}

function directCallee(scope: Scope, inst: Inst, func: number): Callee {
  const callee = named(scope, inst, func);
  const sig = scope.source.sigRefs.get(scope.source.funcRefs.get(func)?.sig ?? -1);
  if (sig !== undefined && !sameShape(sig, callee.signature)) {
    return () => functionAt(scope.machine, callee.address, sig);
  }
  return () => callee;
}

function indirectCallee(scope: Scope, inst: Inst, sig: number): Callee {
  const signature = scope.source.sigRefs.get(sig);
  if (signature === undefined) return broken(scope, inst, `no signature sig${sig}`);
  const address = argCell(scope, inst, 0);
  const { machine } = scope;
  return () => functionAt(machine, address.v, signature);
}

function argCells(scope: Scope, inst: Inst, sig: number, values: readonly Value[]): readonly Cell[] {
  const signature = scope.source.sigRefs.get(sig);
  if (signature?.params.length !== values.length)
    return broken(scope, inst, `wrong number of arguments for sig${sig}`);
  return values.map((v) => cellOf(scope, v));
}

/** Callee and argument cells of any call-like instruction. */
export function callParts(
  scope: Scope,
  inst: Inst,
): { readonly callee: Callee; readonly args: readonly Cell[] } {
  switch (inst.kind) {
    case 'call':
    case 'try_call': {
      const sig = scope.source.funcRefs.get(inst.func)?.sig ?? -1;
      return { callee: directCallee(scope, inst, inst.func), args: argCells(scope, inst, sig, inst.args) };
    }
    case 'call_indirect':
    case 'try_call_indirect': {
      const sig = inst.kind === 'call_indirect' ? inst.sig : inst.table.sig;
      return {
        callee: indirectCallee(scope, inst, sig),
        args: argCells(scope, inst, sig, inst.args.slice(1)),
      };
    }
    default:
      return broken(scope, inst, 'not a call');
  }
}

const emitCall: Emit = (scope, inst) => {
  const { machine } = scope;
  const { callee, args } = callParts(scope, inst);
  const results = inst.results.map((v) => cellOf(scope, v));
  return () => scatter(results, call(machine, callee(), gather(args)));
};

/** An address never changes, so it is written once. */
const emitFuncAddr: Emit = (scope, inst) => {
  if (inst.kind !== 'func_addr') return broken(scope, inst, 'not a function address');
  resultCell(scope, inst).v = named(scope, inst, inst.func).address;
  return null;
};

export const CALL_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ['call', emitCall],
  ['call_indirect', emitCall],
  ['func_addr', emitFuncAddr],
]);
