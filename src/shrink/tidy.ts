import type { Case } from '../clif/case.ts';
import type { Block, BlockId, FuncRef, Function, Inst, Module, Value } from '../clif/module.ts';
import { blockCallsOf, functionNameText } from '../clif/module.ts';
import { usesOf } from '../clif/rewrite.ts';
import type { Type } from '../clif/type.ts';
import { signatureKey } from './call-group.ts';
import { isPure } from './purity.ts';

/** Dead code may be what keeps registers busy and a fault alive. */
export type Tidying = 'all' | 'keep dead code';

function reachableBlocks(fn: Function): readonly Block[] {
  const byId = new Map(fn.blocks.map((block) => [block.id, block]));
  const entry = fn.blocks[0];
  if (entry === undefined) return [];
  const seen = new Set<BlockId>([entry.id]);
  const queue = [entry];
  for (let block = queue.pop(); block !== undefined; block = queue.pop()) {
    for (const inst of block.insts) {
      for (const { block: id } of blockCallsOf(inst)) {
        const target = byId.get(id);
        if (target === undefined || seen.has(id)) continue;
        seen.add(id);
        queue.push(target);
      }
    }
  }
  return seen.size === fn.blocks.length ? fn.blocks : fn.blocks.filter((block) => seen.has(block.id));
}

function dropDeadInsts(blocks: readonly Block[]): readonly Block[] {
  const uses = new Map<Value, number>();
  const count = (inst: Inst, by: number): void => {
    for (const value of usesOf(inst)) uses.set(value, (uses.get(value) ?? 0) + by);
  };
  for (const block of blocks) for (const inst of block.insts) count(inst, 1);
  const dead = new Set<Inst>();
  for (let before = -1; dead.size !== before;) {
    before = dead.size;
    for (const block of blocks.toReversed()) {
      for (const inst of block.insts.toReversed()) {
        if (dead.has(inst) || !isPure(inst) || inst.results.some((r) => (uses.get(r) ?? 0) > 0)) continue;
        dead.add(inst);
        count(inst, -1);
      }
    }
  }
  if (dead.size === 0) return blocks;
  return blocks.map((block) =>
    block.insts.some((inst) => dead.has(inst))
      ? { ...block, insts: block.insts.filter((inst) => !dead.has(inst)) }
      : block,
  );
}

/** `valueTypes` cut to the values that are defined. */
function definedTypes(fn: Function, blocks: readonly Block[]): readonly (Type | undefined)[] {
  const types: (Type | undefined)[] = [];
  const define = (value: Value, type: Type | undefined): void => {
    while (types.length < value) types.push(undefined);
    types[value] = type;
  };
  for (const block of blocks) {
    for (const p of block.params) define(p.value, p.type);
    for (const inst of block.insts) for (const result of inst.results) define(result, fn.valueTypes[result]);
  }
  return types;
}

function keep<T>(map: ReadonlyMap<number, T>, used: ReadonlySet<number>): ReadonlyMap<number, T> {
  for (const key of map.keys()) {
    if (!used.has(key)) return new Map([...map].filter(([k]) => used.has(k)));
  }
  return map;
}

function usedRefs(fn: Function, blocks: readonly Block[]): { funcs: Set<number>; sigs: Set<number> } {
  const funcs = new Set<number>();
  const sigs = new Set<number>();
  for (const block of blocks) {
    for (const inst of block.insts) {
      if (inst.kind === 'call' || inst.kind === 'func_addr' || inst.kind === 'try_call') funcs.add(inst.func);
      if (inst.kind === 'call_indirect') sigs.add(inst.sig);
      if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') sigs.add(inst.table.sig);
    }
  }
  for (const func of funcs) {
    const ref: FuncRef | undefined = fn.funcRefs.get(func);
    if (ref !== undefined) sigs.add(ref.sig);
  }
  return { funcs, sigs };
}

/** Function refs and indirect calls moved to the first of several equal signatures. */
function shareSignatures(fn: Function): Function {
  const first = new Map<string, number>();
  const moved = new Map<number, number>();
  for (const [key, signature] of fn.sigRefs) {
    const text = signatureKey(signature);
    const known = first.get(text);
    if (known === undefined) first.set(text, key);
    else moved.set(key, known);
  }
  if (moved.size === 0) return fn;
  const move = (sig: number): number => moved.get(sig) ?? sig;
  const moveInst = (inst: Inst): Inst => {
    if (inst.kind === 'call_indirect') return { ...inst, sig: move(inst.sig) };
    if (inst.kind !== 'try_call' && inst.kind !== 'try_call_indirect') return inst;
    return { ...inst, table: { ...inst.table, sig: move(inst.table.sig) } };
  };
  return {
    ...fn,
    funcRefs: new Map([...fn.funcRefs].map(([key, ref]) => [key, { ...ref, sig: move(ref.sig) }])),
    blocks: fn.blocks.map((block) => ({ ...block, insts: block.insts.map(moveInst) })),
  };
}

const TIDIED: Readonly<Record<Tidying, WeakMap<Function, Function>>> = {
  all: new WeakMap(),
  'keep dead code': new WeakMap(),
};

/** `tidyFunction`, remembered: a candidate shares most functions with the case it came from. */
function tidyOnce(fn: Function, tidying: Tidying): Function {
  let tidied = TIDIED[tidying].get(fn);
  if (tidied === undefined) {
    tidied = tidyFunction(fn, tidying);
    TIDIED[tidying].set(fn, tidied);
    TIDIED[tidying].set(tidied, tidied);
  }
  return tidied;
}

/** The function without unreachable blocks, unread pure instructions (unless kept) and refs nothing names. Slots stay: they are frame. */
function tidyFunction(original: Function, tidying: Tidying): Function {
  const fn = shareSignatures(original);
  const reachable = reachableBlocks(fn);
  const blocks = tidying === 'all' ? dropDeadInsts(reachable) : reachable;
  const { funcs, sigs } = usedRefs(fn, blocks);
  return {
    ...fn,
    blocks,
    valueTypes: definedTypes(fn, blocks),
    funcRefs: keep(fn.funcRefs, funcs),
    sigRefs: keep(fn.sigRefs, sigs),
  };
}

/** The functions that can be reached from `entry` through function refs, in the module's order. */
function reachableFunctions(module: Module, entry: string): readonly Function[] {
  const byName = new Map(module.functions.map((fn) => [functionNameText(fn.name), fn]));
  const seen = new Set<string>([entry]);
  const queue = [entry];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const ref of byName.get(name)?.funcRefs.values() ?? []) {
      const callee = functionNameText(ref.name);
      if (seen.has(callee)) continue;
      seen.add(callee);
      queue.push(callee);
    }
  }
  return module.functions.filter((fn) => seen.has(functionNameText(fn.name)));
}

/** Takes away what no path can reach or read. Applied to every candidate, so passes may leave litter. */
export function tidyCase(kase: Case, tidying: Tidying): Case {
  const functions = kase.module.functions.map((fn) => tidyOnce(fn, tidying));
  return { ...kase, module: { functions: reachableFunctions({ functions }, functionNameText(kase.entry)) } };
}
