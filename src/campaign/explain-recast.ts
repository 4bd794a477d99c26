import type { Case } from '../clif/case.ts';
import {
  functionNameText,
  type BlockParam,
  type FuncRef,
  type Function,
  type Inst,
  type StackSlot,
  type Value,
} from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { calledSignature, type CallGroup } from '../shrink/call-group.ts';
import { editFunction, type Editor } from '../shrink/edit-function.ts';

/** Rewrites of a signature at its definition and all its calls that keep the module's meaning. */
export interface Recast {
  readonly signature: (signature: Signature) => Signature;
  /** What a call passes in place of its arguments, and what it makes of the results; null for a call it cannot follow. */
  readonly call: (inst: Inst, signature: Signature, sig: number, frame: Frame) => readonly Inst[] | null;
  readonly leave: (inst: Inst, own: Signature, frame: Frame) => readonly Inst[];
  readonly enter: (
    fn: Function,
    frame: Frame,
  ) => { readonly params: readonly BlockParam[]; readonly insts: readonly Inst[] };
}

/** A function being rewritten. */
export interface Frame {
  readonly editor: Editor;
  readonly slot: (sizeBytes: number) => number;
  /** The pointer that the function itself was given. */
  pointer: Value | null;
}

const SLOT_ALIGN = 16;

/** A call that a rewrite cannot follow; never leaves this file. */
class CannotRecast extends Error {}

function recastFunction(fn: Function, group: CallGroup, recast: Recast): Function {
  const isMember = group.functions.has(functionNameText(fn.name));
  const sigRefs = new Map(fn.sigRefs);
  const moved = new Map<number, number>();
  const moveSig = (sig: number): number => {
    const known = moved.get(sig);
    const signature = fn.sigRefs.get(sig);
    if (known !== undefined || signature === undefined) return known ?? sig;
    const number = Math.max(-1, ...sigRefs.keys()) + 1;
    sigRefs.set(number, recast.signature(signature));
    moved.set(sig, number);
    return number;
  };
  const funcRefs = new Map<number, FuncRef>();
  for (const [key, ref] of fn.funcRefs) {
    const isCalled = group.functions.has(functionNameText(ref.name));
    funcRefs.set(key, isCalled ? { ...ref, sig: moveSig(ref.sig) } : ref);
  }
  const stackSlots = new Map<number, StackSlot>(fn.stackSlots);
  const slot = (sizeBytes: number): number => {
    const number = Math.max(-1, ...stackSlots.keys()) + 1;
    stackSlots.set(number, { kind: 'explicit_slot', sizeBytes, alignBytes: SLOT_ALIGN });
    return number;
  };
  let frame: Frame | null = null;
  const frameOf = (editor: Editor): Frame => (frame ??= { editor, slot, pointer: null });
  let params: readonly BlockParam[] | null = null;
  const edited = editFunction(
    fn,
    (inst, editor) => {
      if (isMember && inst.kind === 'plain' && inst.op === 'return')
        return recast.leave(inst, fn.signature, frameOf(editor));
      const sig = calledSignature(fn, inst, group);
      const signature = sig === null ? undefined : fn.sigRefs.get(sig);
      if (sig === null || signature === undefined) return [inst];
      const insts = recast.call(inst, signature, moveSig(sig), frameOf(editor));
      if (insts === null) throw new CannotRecast();
      return insts;
    },
    (editor) => {
      if (!isMember) return [];
      const entered = recast.enter(fn, frameOf(editor));
      ({ params } = entered);
      return entered.insts;
    },
  );
  const blocks = edited.blocks.map((block, i) => (i === 0 && params !== null ? { ...block, params } : block));
  return {
    ...edited,
    signature: isMember ? recast.signature(fn.signature) : fn.signature,
    blocks,
    sigRefs,
    funcRefs,
    stackSlots,
  };
}

/** The function without signatures that nothing names: Cranelift lays out every one that is declared. */
function withoutUnusedSigs(fn: Function): Function {
  const used = new Set([...fn.funcRefs.values()].map((ref) => ref.sig));
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      if (inst.kind === 'call_indirect') used.add(inst.sig);
      if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') used.add(inst.table.sig);
    }
  }
  return { ...fn, sigRefs: new Map([...fn.sigRefs].filter(([sig]) => used.has(sig))) };
}

/** The case with the functions of the group and all their calls rewritten. Null where a call cannot follow. */
export function recastGroup(kase: Case, group: CallGroup, recast: Recast): Case | null {
  try {
    return {
      ...kase,
      module: {
        functions: kase.module.functions.map((fn) => withoutUnusedSigs(recastFunction(fn, group, recast))),
      },
    };
  } catch (error) {
    if (error instanceof CannotRecast) return null;
    throw error;
  }
}
