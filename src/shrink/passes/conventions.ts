import type { Case } from '../../clif/case.ts';
import type { FuncRef, Function } from '../../clif/module.ts';
import { functionNameText } from '../../clif/module.ts';
import type { Signature } from '../../clif/signature.ts';
import { callGroup } from '../call-group.ts';
import { changeGroup, UNCHANGED } from '../change-signature.ts';
import type { Pass } from '../pass.ts';
import { mapFunctions, replaceFunction } from '../pass.ts';
import { withoutReturnCalls } from './calls.ts';

function asSystemV(signature: Signature): Signature {
  return signature.callConv === 'system_v' ? signature : { ...signature, callConv: 'system_v' };
}

/** Every function and every declared signature as system_v; tail calls become calls. */
function allSystemV(kase: Case): Case | null {
  return mapFunctions(kase, (fn) => {
    const isPlain =
      fn.signature.callConv === 'system_v' &&
      [...fn.sigRefs.values()].every((signature) => signature.callConv === 'system_v');
    if (isPlain) return fn;
    const sigRefs = new Map([...fn.sigRefs].map(([key, signature]) => [key, asSystemV(signature)]));
    return { ...withoutReturnCalls(fn), signature: asSystemV(fn.signature), sigRefs };
  });
}

/** tail, fast and the others to system_v: the whole module, then each function with what its tail calls tie it to. */
export const plainerConventions: Pass = {
  name: 'plainer conventions',
  *candidates(kase) {
    yield () => allSystemV(kase);
    for (const fn of kase.module.functions) {
      if (fn.signature.callConv === 'system_v') continue;
      const name = functionNameText(fn.name);
      yield () => {
        const group = callGroup(kase.module, name, true);
        const changed = changeGroup(kase, group, { ...UNCHANGED, callConv: 'system_v' });
        if (changed === null) return null;
        return mapFunctions(changed, (other) =>
          group.functions.has(functionNameText(other.name)) ? withoutReturnCalls(other) : other,
        );
      };
    }
  },
};

function isSpecial(ref: FuncRef): boolean {
  return !ref.colocated || ref.patchable;
}

function plainRef(ref: FuncRef): FuncRef {
  return { ...ref, colocated: true, patchable: false };
}

function plainRefs(fn: Function, isChosen: (key: number) => boolean): Function {
  const funcRefs = new Map([...fn.funcRefs].map(([key, ref]) => [key, isChosen(key) ? plainRef(ref) : ref]));
  return { ...fn, funcRefs };
}

/** Function refs colocated and not patchable: the whole module, then each. */
export const plainerRefs: Pass = {
  name: 'colocated refs',
  *candidates(kase) {
    yield () =>
      mapFunctions(kase, (fn) =>
        [...fn.funcRefs.values()].some(isSpecial) ? plainRefs(fn, () => true) : fn,
      );
    for (const fn of kase.module.functions) {
      for (const [key, ref] of fn.funcRefs) {
        if (isSpecial(ref))
          yield () =>
            replaceFunction(
              kase,
              fn,
              plainRefs(fn, (other) => other === key),
            );
      }
    }
  },
};
