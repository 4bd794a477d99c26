import type { Function, FuncRef, Inst, Module } from '../clif/module.ts';
import { functionNameText } from '../clif/module.ts';
import type { AbiParam, Signature } from '../clif/signature.ts';

/** Functions and indirect-call signatures that have to change together, because one call may reach any of them. */
export interface CallGroup {
  /** By `functionNameText`. */
  readonly functions: ReadonlySet<string>;
  /** Signatures (by `signatureKey`) of indirect calls that may reach one of `functions`. */
  readonly indirect: ReadonlySet<string>;
}

const KEYS = new WeakMap<Signature, string>();

function paramKey({ type, extension, purpose }: AbiParam): string {
  return `${type}/${extension}/${purpose.kind}${purpose.kind === 'sarg' ? purpose.bytes : ''}`;
}

/** Equal for signatures that are equal in every part. */
export function signatureKey(signature: Signature): string {
  let key = KEYS.get(signature);
  if (key === undefined) {
    const params = signature.params.map(paramKey).join();
    key = `${params}->${signature.returns.map(paramKey).join()}:${signature.callConv}`;
    KEYS.set(signature, key);
  }
  return key;
}

interface Links {
  /** Signature key of each function whose address is taken. */
  readonly addressTaken: ReadonlyMap<string, string>;
  /** Pairs of a function and the callee, or `~` and the key of an indirect signature, that it tail-calls. */
  readonly tails: readonly (readonly [caller: string, callee: string])[];
}

const LINKS = new WeakMap<Module, Links>();

function linksOf(module: Module): Links {
  const known = LINKS.get(module);
  if (known !== undefined) return known;
  const keys = new Map(module.functions.map((fn) => [functionNameText(fn.name), signatureKey(fn.signature)]));
  const addressTaken = new Map<string, string>();
  const tails: (readonly [string, string])[] = [];
  for (const fn of module.functions) {
    const caller = functionNameText(fn.name);
    for (const block of fn.blocks) {
      for (const inst of block.insts) {
        if (inst.kind === 'func_addr') {
          const callee = calleeName(fn, inst.func);
          const key = keys.get(callee);
          if (key !== undefined) addressTaken.set(callee, key);
        } else if (inst.op === 'return_call' && inst.kind === 'call') {
          tails.push([caller, calleeName(fn, inst.func)]);
        } else if (inst.op === 'return_call_indirect' && inst.kind === 'call_indirect') {
          const sig = fn.sigRefs.get(inst.sig);
          if (sig !== undefined) tails.push([caller, `~${signatureKey(sig)}`]);
        }
      }
    }
  }
  const links = { addressTaken, tails };
  LINKS.set(module, links);
  return links;
}

export function calleeName(fn: Function, func: number): string {
  const ref: FuncRef | undefined = fn.funcRefs.get(func);
  return ref === undefined ? '' : functionNameText(ref.name);
}

/**
 * The group of `name`. With `followTails` also everything it is linked to by tail calls, whose results have to stay of the same
 * types (cranelift-codegen `verifier`, `typecheck_tail_call`).
 */
export function callGroup(module: Module, name: string, followTails: boolean): CallGroup {
  const { addressTaken, tails } = linksOf(module);
  const functions = new Set<string>();
  const indirect = new Set<string>();
  const addSignature = (key: string): void => {
    if (indirect.has(key)) return;
    indirect.add(key);
    for (const [other, otherKey] of addressTaken) if (otherKey === key) addFunction(other);
    if (followTails) for (const [caller, callee] of tails) if (callee === `~${key}`) addFunction(caller);
  };
  const addFunction = (fn: string): void => {
    if (functions.has(fn)) return;
    functions.add(fn);
    const key = addressTaken.get(fn);
    if (key !== undefined) addSignature(key);
    if (!followTails) return;
    for (const [caller, callee] of tails) {
      if (callee === fn) addFunction(caller);
      if (caller !== fn) continue;
      if (callee.startsWith('~')) addSignature(callee.slice(1));
      else addFunction(callee);
    }
  };
  addFunction(name);
  return { functions, indirect };
}

/** The signature number an instruction calls with, and whether the group decides that signature. Null for no call. */
export function calledSignature(fn: Function, inst: Inst, group: CallGroup): number | null {
  switch (inst.kind) {
    case 'call':
    case 'try_call':
      return group.functions.has(calleeName(fn, inst.func))
        ? (fn.funcRefs.get(inst.func)?.sig ?? null)
        : null;
    case 'call_indirect':
      return isIndirectMember(fn, inst.sig, group) ? inst.sig : null;
    case 'try_call_indirect':
      return isIndirectMember(fn, inst.table.sig, group) ? inst.table.sig : null;
    default:
      return null;
  }
}

function isIndirectMember(fn: Function, sig: number, group: CallGroup): boolean {
  const signature = fn.sigRefs.get(sig);
  return signature !== undefined && group.indirect.has(signatureKey(signature));
}
