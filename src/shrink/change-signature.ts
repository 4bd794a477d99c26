import type { Case } from '../clif/case.ts';
import type { BlockArg, BlockParam, Function, FuncRef, Inst, Value } from '../clif/module.ts';
import { functionNameText } from '../clif/module.ts';
import { abiParam, type AbiParam, type Signature } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';
import { bitMask, typeInfo } from '../clif/type.ts';
import type { CallGroup } from './call-group.ts';
import { calledSignature, signatureKey } from './call-group.ts';
import type { Editor } from './edit-function.ts';
import { editFunction } from './edit-function.ts';

/** What becomes of one parameter or result: gone, of another type, or declared anew with the same type. */
export type ParamChange = { readonly kind: 'drop' } | { readonly kind: 'declare'; readonly param: AbiParam };

/** Changes by position; a position that is absent stays. */
export interface SignatureChange {
  readonly params: ReadonlyMap<number, ParamChange>;
  readonly returns: ReadonlyMap<number, ParamChange>;
  readonly callConv: Signature['callConv'] | null;
  /** New parameters after the others, zero at every call; not for the entry's group. */
  readonly added: readonly Type[];
}

const NO_CHANGES: ReadonlyMap<number, ParamChange> = new Map();
export const UNCHANGED: SignatureChange = {
  params: NO_CHANGES,
  returns: NO_CHANGES,
  callConv: null,
  added: [],
};

interface Passed {
  readonly insts: readonly Inst[];
  readonly values: readonly Value[];
}

function changeList(
  list: readonly AbiParam[],
  changes: ReadonlyMap<number, ParamChange>,
): readonly AbiParam[] {
  if (changes.size === 0) return list;
  return list.flatMap((param, index) => {
    const change = changes.get(index);
    return change === undefined ? [param] : change.kind === 'drop' ? [] : [change.param];
  });
}

function changeSignature(signature: Signature, change: SignatureChange): Signature {
  return {
    params: [...changeList(signature.params, change.params), ...change.added.map((type) => abiParam(type))],
    returns: changeList(signature.returns, change.returns),
    callConv: change.callConv ?? signature.callConv,
  };
}

/** Values on their way into a call or a return. */
function passValues(
  values: readonly Value[],
  changes: ReadonlyMap<number, ParamChange>,
  editor: Editor,
): Passed {
  if (changes.size === 0) return { insts: [], values };
  const insts: Inst[] = [];
  const passed = values.flatMap((value, index) => {
    const change = changes.get(index);
    if (change === undefined) return [value];
    if (change.kind === 'drop') return [];
    const converted = editor.convert(value, change.param.type);
    insts.push(...converted.insts);
    return [converted.value];
  });
  return { insts, values: passed };
}

/** Values coming out of a call or into a function: what is gone reads as zero, what changed its type is converted back. */
function receiveValues(
  values: readonly Value[],
  changes: ReadonlyMap<number, ParamChange>,
  editor: Editor,
): Passed {
  if (changes.size === 0) return { insts: [], values };
  const insts: Inst[] = [];
  const received = values.flatMap((value, index) => {
    const change = changes.get(index);
    if (change === undefined) return [value];
    const type = editor.typeOf(value);
    if (change.kind === 'drop') {
      editor.rename(value, editor.zero(type));
      return [];
    }
    if (change.param.type === type) return [value];
    const fresh = editor.fresh(change.param.type);
    const converted = editor.convert(fresh, type);
    insts.push(...converted.insts);
    editor.rename(value, converted.value);
    return [fresh];
  });
  return { insts, values: received };
}

/** A try_call's normal target: results that are gone read as zero. Null where a result would need a conversion. */
function receiveInTarget(
  args: readonly BlockArg[],
  changes: ReadonlyMap<number, ParamChange>,
  signature: Signature,
  editor: Editor,
): readonly BlockArg[] | null {
  const mapped: BlockArg[] = [];
  for (const arg of args) {
    if (arg.kind !== 'ret') {
      mapped.push(arg);
      continue;
    }
    const type = signature.returns[arg.index]?.type;
    const change = changes.get(arg.index);
    if (type === undefined) return null;
    if (change?.kind === 'drop') {
      mapped.push({ kind: 'value', value: editor.zero(type) });
      continue;
    }
    if (change !== undefined && change.param.type !== type) return null;
    const dropped = [...changes].filter(([index, c]) => index < arg.index && c.kind === 'drop').length;
    mapped.push({ kind: 'ret', index: arg.index - dropped });
  }
  return mapped;
}

/** Why a change cannot be made somewhere; never leaves this file. */
class CannotChange extends Error {}

function changeCall(
  inst: Inst,
  signature: Signature,
  sig: number,
  change: SignatureChange,
  editor: Editor,
): readonly Inst[] {
  const hasAddress = inst.kind === 'call_indirect' || inst.kind === 'try_call_indirect';
  const address = hasAddress ? inst.args.slice(0, 1) : [];
  const passed = passValues(hasAddress ? inst.args.slice(1) : inst.args, change.params, editor);
  const args = [...address, ...passed.values, ...change.added.map(editor.zero)];
  switch (inst.kind) {
    case 'call':
    case 'call_indirect': {
      const received = receiveValues(inst.results, change.returns, editor);
      const changed = { ...inst, args, results: received.values };
      return [...passed.insts, changed.kind === 'call' ? changed : { ...changed, sig }, ...received.insts];
    }
    case 'try_call':
    case 'try_call_indirect': {
      const targetArgs = receiveInTarget(inst.table.normal.args, change.returns, signature, editor);
      if (targetArgs === null) throw new CannotChange();
      const table = { ...inst.table, sig, normal: { ...inst.table.normal, args: targetArgs } };
      return [...passed.insts, { ...inst, args, table }];
    }
    default:
      return [inst];
  }
}

function changeFunction(fn: Function, group: CallGroup, change: SignatureChange): Function {
  const isMember = group.functions.has(functionNameText(fn.name));
  const mentions =
    [...fn.funcRefs.values()].some((ref) => group.functions.has(functionNameText(ref.name))) ||
    [...fn.sigRefs.values()].some((signature) => group.indirect.has(signatureKey(signature)));
  if (!isMember && !mentions) return fn;
  const sigRefs = new Map(fn.sigRefs);
  const movedSigs = new Map<number, number>();
  const moveSig = (sig: number): number => {
    const known = movedSigs.get(sig);
    const signature = fn.sigRefs.get(sig);
    if (known !== undefined || signature === undefined) return known ?? sig;
    const moved = Math.max(-1, ...sigRefs.keys()) + 1;
    sigRefs.set(moved, changeSignature(signature, change));
    movedSigs.set(sig, moved);
    return moved;
  };
  const funcRefs = new Map<number, FuncRef>();
  for (const [key, ref] of fn.funcRefs) {
    const isChanged = group.functions.has(functionNameText(ref.name));
    funcRefs.set(key, isChanged ? { ...ref, sig: moveSig(ref.sig) } : ref);
  }
  let params: readonly BlockParam[] | null = null;
  const edited = editFunction(
    fn,
    (inst, editor) => {
      if (isMember && inst.op === 'return' && inst.kind === 'plain') {
        const passed = passValues(inst.args, change.returns, editor);
        return [...passed.insts, { ...inst, args: passed.values }];
      }
      const sig = calledSignature(fn, inst, group);
      const signature = sig === null ? undefined : fn.sigRefs.get(sig);
      if (sig === null || signature === undefined) return [inst];
      return changeCall(inst, signature, moveSig(sig), change, editor);
    },
    (editor) => {
      const entry = fn.blocks[0];
      if (!isMember || entry === undefined || change.params.size + change.added.length === 0) return [];
      const received = receiveValues(
        entry.params.map((p) => p.value),
        change.params,
        editor,
      );
      const values = [...received.values, ...change.added.map(editor.fresh)];
      params = values.map((value) => ({ value, type: editor.typeOf(value) }));
      return received.insts;
    },
  );
  if (!isMember && movedSigs.size === 0) return fn;
  return {
    ...edited,
    signature: isMember ? changeSignature(fn.signature, change) : fn.signature,
    blocks: edited.blocks.map((block, index) =>
      index === 0 && params !== null ? { ...block, params } : block,
    ),
    sigRefs,
    funcRefs,
  };
}

function changeInput(
  input: readonly bigint[],
  signature: Signature,
  changes: ReadonlyMap<number, ParamChange>,
): readonly bigint[] {
  return input.flatMap((bits, index) => {
    const change = changes.get(index);
    if (change === undefined) return [bits];
    if (change.kind === 'drop') return [];
    const isSame: boolean = change.param.type === signature.params[index]?.type;
    return [isSame ? bits : bits & bitMask(typeInfo(change.param.type).bits)];
  });
}

/**
 * Changes the signature of every function of the group, at the definition, at each call that may reach it and, for the entry, in
 * the inputs. Null where a call takes a form that cannot follow.
 */
export function changeGroup(kase: Case, group: CallGroup, change: SignatureChange): Case | null {
  const entryName = functionNameText(kase.entry);
  const entry = kase.module.functions.find((fn) => functionNameText(fn.name) === entryName);
  try {
    const functions = kase.module.functions.map((fn) => changeFunction(fn, group, change));
    const followsInputs = group.functions.has(entryName) && entry !== undefined && change.params.size > 0;
    const inputs = followsInputs
      ? kase.inputs.map((input) => changeInput(input, entry.signature, change.params))
      : kase.inputs;
    return { ...kase, module: { functions }, inputs };
  } catch (error) {
    if (error instanceof CannotChange) return null;
    throw error;
  }
}

/** The positions `from..to` of a list that `select` picks, each with the change it gives. */
export function changesIn(
  positions: readonly number[],
  range: readonly [number, number],
  make: (index: number) => ParamChange,
): ReadonlyMap<number, ParamChange> {
  return new Map(positions.slice(range[0], range[1]).map((index) => [index, make(index)]));
}

/** `declare` with another type; extension goes where the new type cannot have one. */
export function retyped(param: AbiParam, type: Type): ParamChange {
  const info = typeInfo(type);
  const extension = info.isVector || info.isFloat ? 'none' : param.extension;
  return { kind: 'declare', param: { ...param, type, extension } };
}
