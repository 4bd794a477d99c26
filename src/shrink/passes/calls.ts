import type { Case } from '../../clif/case.ts';
import type { FuncRef, Function, Inst, Value } from '../../clif/module.ts';
import { functionNameText, isReturnCall } from '../../clif/module.ts';
import { calleeName, signatureKey } from '../call-group.ts';
import type { Editor } from '../edit-function.ts';
import { editFunction } from '../edit-function.ts';
import type { Candidate, Pass } from '../pass.ts';
import { chunks, mapFunctions, replaceFunction } from '../pass.ts';
import { withoutInsts } from './instructions.ts';

function instsOf(fn: Function, select: (inst: Inst) => boolean): readonly Inst[] {
  return fn.blocks.flatMap((block) => block.insts.filter(select));
}

function isPlainCall(inst: Inst): boolean {
  return inst.op === 'call' || inst.op === 'call_indirect';
}

/** Calls replaced by zeros for their results: all of the module, halves, … each. */
export const dropCalls: Pass = {
  name: 'drop calls',
  *candidates(kase) {
    const calls = kase.module.functions.flatMap((fn) => instsOf(fn, isPlainCall));
    for (const [start, end] of chunks(calls.length)) {
      yield () => withoutInsts(kase, new Set(calls.slice(start, end)));
    }
  },
};

/** `return_call` as a call and a return. The convention may stay `tail`. */
export function withoutReturnCalls(fn: Function, chosen: (inst: Inst) => boolean = isReturnCall): Function {
  if (instsOf(fn, chosen).length === 0) return fn;
  return editFunction(fn, (inst, editor) => {
    if (!chosen(inst) || (inst.kind !== 'call' && inst.kind !== 'call_indirect')) return [inst];
    const results = fn.signature.returns.map((p) => editor.fresh(p.type));
    const op = inst.kind === 'call' ? 'call' : 'call_indirect';
    return [
      { ...inst, op, results },
      { kind: 'plain', op: 'return', type: null, results: [], args: results },
    ];
  });
}

export const plainReturns: Pass = {
  name: 'return_call to call',
  *candidates(kase) {
    yield () => mapFunctions(kase, (fn) => withoutReturnCalls(fn));
    for (const fn of kase.module.functions) {
      for (const inst of instsOf(fn, isReturnCall)) {
        yield () =>
          replaceFunction(
            kase,
            fn,
            withoutReturnCalls(fn, (other) => other === inst),
          );
      }
    }
  },
};

/** A try_call as a call and a jump to its normal target; its handlers go. */
function withoutTry(fn: Function, inst: Inst, editor: Editor): readonly Inst[] {
  if (inst.kind !== 'try_call' && inst.kind !== 'try_call_indirect') return [inst];
  const { sig, normal } = inst.table;
  const results = (fn.sigRefs.get(sig)?.returns ?? []).map((p) => editor.fresh(p.type));
  const args = normal.args.map((arg) =>
    arg.kind === 'ret' ? { kind: 'value' as const, value: results[arg.index] ?? 0 } : arg,
  );
  const base = { type: inst.type, results, args: inst.args };
  const call: Inst =
    inst.kind === 'try_call'
      ? { ...base, kind: 'call', op: 'call', func: inst.func }
      : { ...base, kind: 'call_indirect', op: 'call_indirect', sig };
  return [
    call,
    { kind: 'jump', op: 'jump', type: null, results: [], args: [], target: { block: normal.block, args } },
  ];
}

function isTry(inst: Inst): boolean {
  return inst.kind === 'try_call' || inst.kind === 'try_call_indirect';
}

export const plainTries: Pass = {
  name: 'try_call to call',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      for (const inst of instsOf(fn, isTry)) {
        yield () =>
          replaceFunction(
            kase,
            fn,
            editFunction(fn, (other, editor) => (other === inst ? withoutTry(fn, other, editor) : [other])),
          );
      }
    }
  },
};

/** The function with one more function ref, to `callee`, and that ref's number. */
function withFuncRef(fn: Function, callee: Function): { readonly fn: Function; readonly func: number } {
  const sig = Math.max(-1, ...fn.sigRefs.keys()) + 1;
  const func = Math.max(-1, ...fn.funcRefs.keys()) + 1;
  const ref: FuncRef = { name: callee.name, sig, colocated: true, patchable: false };
  return {
    fn: {
      ...fn,
      sigRefs: new Map([...fn.sigRefs, [sig, callee.signature]]),
      funcRefs: new Map([...fn.funcRefs, [func, ref]]),
    },
    func,
  };
}

/** Indirect calls as direct ones to each function of the same signature. */
export const directCalls: Pass = {
  name: 'direct calls',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      for (const inst of instsOf(fn, (other) => other.kind === 'call_indirect')) {
        if (inst.kind !== 'call_indirect') continue;
        const signature = fn.sigRefs.get(inst.sig);
        if (signature === undefined) continue;
        for (const callee of kase.module.functions) {
          if (callee === fn || signatureKey(callee.signature) !== signatureKey(signature)) continue;
          yield () => {
            const target = withFuncRef(fn, callee);
            const op = inst.op === 'call_indirect' ? 'call' : 'return_call';
            const call: Inst = {
              kind: 'call',
              op,
              type: null,
              results: inst.results,
              args: inst.args.slice(1),
              func: target.func,
            };
            return replaceFunction(
              kase,
              fn,
              editFunction(target.fn, (other) => [other === inst ? call : other]),
            );
          };
        }
      }
    }
  },
};

/** Values of the wanted types out of `have`, each once and in order; zeros where none is left. */
function matchByType(
  wanted: readonly { readonly type: string }[],
  have: readonly Value[],
  editor: Editor,
): readonly (Value | null)[] {
  const left = [...have];
  return wanted.map(({ type }) => {
    const index = left.findIndex((value) => editor.typeOf(value) === type);
    return index < 0 ? null : (left.splice(index, 1)[0] ?? null);
  });
}

function bypassCall(kase: Case, fn: Function, inst: Inst, callee: Function): Case {
  const target = withFuncRef(fn, callee);
  const edited = editFunction(target.fn, (other, editor) => {
    if (other !== inst) return [other];
    const have = inst.kind === 'call_indirect' ? inst.args.slice(1) : inst.args;
    const matched = matchByType(callee.signature.params, have, editor);
    const args = callee.signature.params.map((p, i) => matched[i] ?? editor.zero(p.type));
    const results = callee.signature.returns.map((p) => editor.fresh(p.type));
    const types = inst.results.map((result) => ({ type: editor.typeOf(result) }));
    const found = matchByType(types, results, editor);
    inst.results.forEach((result, i) => {
      editor.rename(result, found[i] ?? editor.zero(editor.typeOf(result)));
    });
    return [{ kind: 'call', op: 'call', type: null, results, args, func: target.func }];
  });
  return replaceFunction(kase, fn, edited);
}

function* bypassesOf(kase: Case, fn: Function): Generator<Candidate> {
  const byName = new Map(kase.module.functions.map((other) => [functionNameText(other.name), other]));
  for (const inst of instsOf(fn, isPlainCall)) {
    const skipped = inst.kind === 'call' ? byName.get(calleeName(fn, inst.func)) : undefined;
    for (const ref of skipped?.funcRefs.values() ?? []) {
      const callee = byName.get(functionNameText(ref.name));
      if (callee !== undefined && callee !== fn) yield () => bypassCall(kase, fn, inst, callee);
    }
  }
}

/** A call of f replaced by a call of what f calls: the call graph gets shorter, arguments and results go by their types. */
export const bypassCalls: Pass = {
  name: 'bypass calls',
  *candidates(kase) {
    for (const fn of kase.module.functions) yield* bypassesOf(kase, fn);
  },
};
