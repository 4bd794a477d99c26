import { layoutSignature } from '../abi/layout.ts';
import { canBeCalledAs } from '../clif/check-signature.ts';
import { functionNameText } from '../clif/module.ts';
import type { Function, Module } from '../clif/module.ts';
import { Recent } from '../clif/recent.ts';
import type { Signature } from '../clif/signature.ts';
import type { Callee } from './stub.ts';

/** How call sites of a module see what they call. */
interface Views {
  readonly byName: ReadonlyMap<string, readonly Signature[]>;
  /** Of calls through a pointer, whatever they reach. */
  readonly indirect: ReadonlySet<Signature>;
}

/** The configurations of a case are linked one right after the other; with more, those of long ago would outlive collections. */
const MODULES_REMEMBERED = 3;
const knownViews = new Recent<Module, Views>(MODULES_REMEMBERED);
const knownCallees = [
  new Recent<Module, Map<Function, Callee>>(MODULES_REMEMBERED),
  new Recent<Module, Map<Function, Callee>>(MODULES_REMEMBERED),
] as const;

/** Functions of a module as their callers may count on them; remembered for a while. Throws as `layoutSignature` does. */
export function calleesOf(
  module: Module,
  functions: readonly Function[],
  implicitReturnArea: boolean,
): readonly Callee[] {
  const known = knownCallees[implicitReturnArea ? 1 : 0].for(module, () => new Map());
  return functions.map((fn) => {
    const callee = known.get(fn) ?? makeCallee(module, fn, implicitReturnArea);
    known.set(fn, callee);
    return callee;
  });
}

function makeCallee(module: Module, fn: Function, implicitReturnArea: boolean): Callee {
  const layout = layoutSignature(fn.signature, { implicitReturnArea });
  return {
    name: fn.name,
    layout,
    callConv: fn.signature.callConv,
    kind: 'compiled',
    isExtensionChecked: (param) => isSeenAlike(knownViews.for(module, viewsOf), fn, param),
    stackWords: layout.argumentAreaBytes / 8,
  };
}

function viewsOf(module: Module): Views {
  const byName = new Map<string, Signature[]>();
  const indirect = new Set<Signature>();
  for (const fn of module.functions) {
    for (const ref of fn.funcRefs.values()) {
      const sig = fn.sigRefs.get(ref.sig);
      if (sig === undefined) continue;
      const name = functionNameText(ref.name);
      const list = byName.get(name);
      if (list === undefined) byName.set(name, [sig]);
      else list.push(sig);
    }
    for (const block of fn.blocks) {
      for (const inst of block.insts) {
        const number =
          inst.kind === 'call_indirect'
            ? inst.sig
            : inst.kind === 'try_call_indirect' || inst.kind === 'try_call'
              ? inst.table.sig
              : undefined;
        const sig = number === undefined ? undefined : fn.sigRefs.get(number);
        if (sig !== undefined) indirect.add(sig);
      }
    }
  }
  return { byName, indirect };
}

/**
 * Whether every call site that may reach `fn` passes `param` as the function declares it, type and extension. Cranelift does not compare the
 * signatures of two functions; a caller that declares no extension owes none, and one that sees another type extends from that.
 */
function isSeenAlike(views: Views, fn: Function, param: number): boolean {
  const own = fn.signature.params[param];
  if (own === undefined) return false;
  const direct = views.byName.get(functionNameText(fn.name)) ?? [];
  const isAlike = (sig: Signature): boolean =>
    sig === fn.signature ||
    (sig.params[param]?.type === own.type && sig.params[param]?.extension === own.extension);
  if (!direct.every(isAlike)) return false;
  for (const sig of views.indirect) {
    // A call through a pointer has to name its callee's convention, and types it may be seen as, or is undefined.
    const mayReach = sig.callConv === fn.signature.callConv && canBeCalledAs(fn.signature, sig);
    if (mayReach && !isAlike(sig)) return false;
  }
  return true;
}
