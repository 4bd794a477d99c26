import type { Case } from '../clif/case.ts';
import { knownAddresses } from '../clif/check-calls.ts';
import { findFunction, functionNameText, type Function, type Inst } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { callGroup } from '../shrink/call-group.ts';
import { changeGroup, UNCHANGED, type ParamChange } from '../shrink/change-signature.ts';
import { editFunction } from '../shrink/edit-function.ts';
import { mapFunctions, type Pass } from '../shrink/pass.ts';
import { plainReturns, plainTries } from '../shrink/passes/calls.ts';
import { plainerConventions, plainerRefs } from '../shrink/passes/conventions.ts';

/** Makes another case that means the same, or less of the same; null where there is nothing to change. */
export type Rewrite = (kase: Case) => Case | null;

function firstOf(pass: Pass): Rewrite {
  return (kase) => {
    const [candidate] = pass.candidates(kase);
    return candidate?.() ?? null;
  };
}

const MOST_STEPS = 100;

/** The first candidate again and again, until there is none. */
function allOf(pass: Pass): Rewrite {
  const step = firstOf(pass);
  return (kase) => {
    let current: Case | null = null;
    for (let i = 0; i < MOST_STEPS; i += 1) {
      const next = step(current ?? kase);
      if (next === null) break;
      current = next;
    }
    return current;
  };
}

export const asSystemV: Rewrite = firstOf(plainerConventions);
export const asPlainCalls: Rewrite = firstOf(plainReturns);
export const withoutTries: Rewrite = allOf(plainTries);
export const asColocated: Rewrite = firstOf(plainerRefs);

/** Function refs that are not colocated: their addresses are loaded, and the call is an indirect one. */
export const asFar: Rewrite = (kase) =>
  mapFunctions(kase, (fn) => {
    if ([...fn.funcRefs.values()].every((ref) => !ref.colocated || ref.patchable)) return fn;
    const refs = [...fn.funcRefs].map(
      ([key, ref]) => [key, ref.patchable ? ref : { ...ref, colocated: false }] as const,
    );
    return { ...fn, funcRefs: new Map(refs) };
  });

function hasInst(fn: Function, isWanted: (inst: Inst) => boolean): boolean {
  return fn.blocks.some((block) => block.insts.some(isWanted));
}

/** Calls through an address that func_addr made as calls of that function. */
export const asDirect: Rewrite = (kase) =>
  mapFunctions(kase, (fn) => {
    const known = knownAddresses(fn);
    const funcOf = (inst: Inst): number | undefined =>
      inst.kind === 'call_indirect' || inst.kind === 'try_call_indirect'
        ? known.get(inst.args[0] ?? -1)
        : undefined;
    if (!hasInst(fn, (inst) => funcOf(inst) !== undefined)) return fn;
    return editFunction(fn, (inst) => {
      const func = funcOf(inst);
      if (func === undefined) return [inst];
      const args = inst.args.slice(1);
      if (inst.kind === 'try_call_indirect')
        return [{ ...inst, kind: 'try_call', op: 'try_call', type: null, func, args }];
      const op = inst.op === 'return_call_indirect' ? 'return_call' : 'call';
      return [{ kind: 'call', op, type: null, results: inst.results, args, func }];
    });
  });

/** Direct calls through func_addr. */
export const asIndirect: Rewrite = (kase) =>
  mapFunctions(kase, (fn) => {
    const isDirect = (inst: Inst): boolean => inst.kind === 'call' || inst.kind === 'try_call';
    if (!hasInst(fn, isDirect)) return fn;
    return editFunction(fn, (inst, editor) => {
      if (inst.kind !== 'call' && inst.kind !== 'try_call') return [inst];
      const sig = fn.funcRefs.get(inst.func)?.sig ?? 0;
      const address = editor.fresh('i64');
      const taken: Inst = {
        kind: 'func_addr',
        op: 'func_addr',
        type: 'i64',
        results: [address],
        args: [],
        func: inst.func,
      };
      const args = [address, ...inst.args];
      if (inst.kind === 'try_call') {
        const { table, results } = inst;
        const type = 'i64';
        return [taken, { kind: 'try_call_indirect', op: 'try_call_indirect', type, results, args, table }];
      }
      const op = inst.op === 'return_call' ? 'return_call_indirect' : 'call_indirect';
      return [taken, { kind: 'call_indirect', op, type: 'i64', results: inst.results, args, sig }];
    });
  });

function withoutExtension(signature: Signature): Signature {
  const drop = (list: Signature['params']): Signature['params'] =>
    list.map((param) => ({ ...param, extension: 'none' }));
  return { ...signature, params: drop(signature.params), returns: drop(signature.returns) };
}

/** No sext and no uext anywhere: receivers never read the bits. */
export const withoutExtensions: Rewrite = (kase) =>
  mapFunctions(kase, (fn) => {
    const signatures = [fn.signature, ...fn.sigRefs.values()];
    if (signatures.every((s) => [...s.params, ...s.returns].every((p) => p.extension === 'none'))) return fn;
    const sigRefs = new Map([...fn.sigRefs].map(([key, signature]) => [key, withoutExtension(signature)]));
    return { ...fn, signature: withoutExtension(fn.signature), sigRefs };
  });

/** Of each function with several results only the first, or the last; the others read as zero. */
export function oneResult(kept: 'first' | 'last'): Rewrite {
  return (kase) => {
    let current: Case | null = null;
    const done = new Set<string>();
    for (const fn of kase.module.functions) {
      const name = functionNameText(fn.name);
      const { length } = fn.signature.returns;
      if (done.has(name) || length < 2) continue;
      const base: Case = current ?? kase;
      const group = callGroup(base.module, name, true);
      const dropped = Array.from({ length: length - 1 }, (_, i): [number, ParamChange] => [
        kept === 'first' ? i + 1 : i,
        { kind: 'drop' },
      ]);
      const changed = changeGroup(base, group, { ...UNCHANGED, returns: new Map(dropped) });
      if (changed === null) return null;
      current = changed;
      for (const member of group.functions) done.add(member);
    }
    return current;
  };
}

/** Calls of known functions by the convention of their callee: mends a module that is wrong in that alone. */
export const byCalleesConvention: Rewrite = (kase) =>
  mapFunctions(kase, (fn) => {
    const known = knownAddresses(fn);
    const sigRefs = new Map(fn.sigRefs);
    const mend = (sig: number, func: number | undefined): number => {
      const name = func === undefined ? undefined : fn.funcRefs.get(func)?.name;
      const callConv = name === undefined ? undefined : findFunction(kase.module, name)?.signature.callConv;
      const declared = fn.sigRefs.get(sig);
      if (declared === undefined || callConv === undefined || declared.callConv === callConv) return sig;
      const mended = Math.max(-1, ...sigRefs.keys()) + 1;
      sigRefs.set(mended, { ...declared, callConv });
      return mended;
    };
    const funcRefs = new Map(
      [...fn.funcRefs].map(([key, ref]) => [key, { ...ref, sig: mend(ref.sig, key) }]),
    );
    const edited = editFunction(fn, (inst) => {
      switch (inst.kind) {
        case 'call_indirect':
          return [{ ...inst, sig: mend(inst.sig, known.get(inst.args[0] ?? -1)) }];
        case 'try_call':
          return [{ ...inst, table: { ...inst.table, sig: funcRefs.get(inst.func)?.sig ?? inst.table.sig } }];
        case 'try_call_indirect': {
          const sig = mend(inst.table.sig, known.get(inst.args[0] ?? -1));
          return [{ ...inst, table: { ...inst.table, sig } }];
        }
        default:
          return [inst];
      }
    });
    return sigRefs.size === fn.sigRefs.size ? fn : { ...edited, sigRefs, funcRefs };
  });
