import type { Case } from '../../clif/case.ts';
import type { Block, BlockCall, BlockId, Function, Inst, Value } from '../../clif/module.ts';
import { blockCallsOf } from '../../clif/module.ts';
import { editFunction } from '../edit-function.ts';
import type { Candidate, Pass } from '../pass.ts';
import { mapFunctions, replaceFunction } from '../pass.ts';
import { isTerminator } from '../purity.ts';
import { mapBlockCalls } from '../value-walk.ts';

function jumpTo(target: BlockCall): Inst {
  return { kind: 'jump', op: 'jump', type: null, results: [], args: [], target };
}

function replaceInst(kase: Case, fn: Function, old: Inst, made: Inst): Case {
  return replaceFunction(
    kase,
    fn,
    editFunction(fn, (inst) => [inst === old ? made : inst]),
  );
}

function terminators(fn: Function): readonly Inst[] {
  return fn.blocks.flatMap((block) => block.insts.slice(-1));
}

/** A branch decided: brif and br_table to a jump, or the block to a return of zeros. */
export const decideBranches: Pass = {
  name: 'decide branches',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      for (const inst of terminators(fn)) {
        if (!isTerminator(inst) || inst.op === 'return' || fn.blocks.length === 1) continue;
        yield () => {
          const edited = editFunction(fn, (other, editor) => {
            if (other !== inst) return [other];
            const args = fn.signature.returns.map((p) => editor.zero(p.type));
            return [{ kind: 'plain', op: 'return', type: null, results: [], args }];
          });
          return replaceFunction(kase, fn, edited);
        };
        if (inst.kind !== 'brif' && inst.kind !== 'br_table') continue;
        for (const target of blockCallsOf(inst)) yield () => replaceInst(kase, fn, inst, jumpTo(target));
      }
    }
  },
};

/** Where block `id` leads when its arguments are known, if all it does is end in a branch: each way out, arguments put in. */
function waysOut(fn: Function, call: BlockCall): readonly BlockCall[] {
  const block = fn.blocks.find((b) => b.id === call.block);
  const end = block?.insts.at(-1);
  if (block === undefined || end === undefined || (end.kind !== 'jump' && end.kind !== 'brif')) return [];
  const given = new Map(block.params.map((p, index) => [p.value, call.args[index]]));
  return blockCallsOf(end)
    .filter((out) => out.block !== call.block)
    .map((out) => ({
      block: out.block,
      args: out.args.map((arg) => (arg.kind === 'value' ? (given.get(arg.value) ?? arg) : arg)),
    }));
}

/** A jump sent past its target: a loop's back edge becomes its exit, so that the loop runs once. */
export const skipBlocks: Pass = {
  name: 'skip blocks',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      for (const inst of terminators(fn)) {
        for (const call of blockCallsOf(inst)) {
          for (const out of waysOut(fn, call)) {
            yield () =>
              replaceInst(
                kase,
                fn,
                inst,
                mapBlockCalls(inst, (other) => (other === call ? out : other)),
              );
          }
        }
      }
    }
  },
};

/** Straight lines joined: a block that only one jump reaches becomes part of the block that jumps. */
function mergeBlocks(fn: Function): Function {
  const incoming = new Map<BlockId, number>();
  for (const inst of fn.blocks.flatMap((block) => block.insts)) {
    for (const { block } of blockCallsOf(inst)) incoming.set(block, (incoming.get(block) ?? 0) + 1);
    if (inst.kind === 'handler_address') incoming.set(inst.block, 2);
  }
  const entry = fn.blocks[0];
  for (const block of fn.blocks) {
    const end = block.insts.at(-1);
    if (end?.kind !== 'jump' || incoming.get(end.target.block) !== 1) continue;
    const next = fn.blocks.find((b) => b.id === end.target.block);
    if (next === undefined || next === entry || next === block) continue;
    const renames = new Map<Value, Value>();
    next.params.forEach((p, index) => {
      const arg = end.target.args[index];
      if (arg?.kind === 'value') renames.set(p.value, arg.value);
    });
    const merged: Block = { ...block, insts: [...block.insts.slice(0, -1), ...next.insts] };
    const blocks = fn.blocks.flatMap((b) => (b === next ? [] : b === block ? [merged] : [b]));
    const joined = editFunction(
      { ...fn, blocks },
      (inst) => [inst],
      (editor) => {
        for (const [from, to] of renames) editor.rename(from, to);
        return [];
      },
    );
    return mergeBlocks(joined);
  }
  return fn;
}

export const mergeStraightLines: Pass = {
  name: 'merge blocks',
  *candidates(kase) {
    yield () => mapFunctions(kase, mergeBlocks);
    for (const fn of kase.module.functions)
      yield () => mapFunctions(kase, (f) => (f === fn ? mergeBlocks(f) : f));
  },
};

function withoutBlockParam(
  kase: Case,
  fn: Function,
  block: Block,
  position: number,
  value: Value | null,
): Case | null {
  const param = block.params[position];
  if (param === undefined) return null;
  const cut = (call: BlockCall): BlockCall =>
    call.block === block.id ? { ...call, args: call.args.filter((_, i) => i !== position) } : call;
  const edited = editFunction(
    fn,
    (inst) => [mapBlockCalls(inst, cut)],
    (editor) => {
      editor.rename(param.value, value ?? editor.zero(param.type));
      return [];
    },
  );
  const blocks = edited.blocks.map((b) =>
    b.id === block.id ? { ...b, params: b.params.filter((_, i) => i !== position) } : b,
  );
  return replaceFunction(kase, fn, { ...edited, blocks });
}

/** Block parameters replaced by zero, or by what is passed for them. */
export const dropBlockParams: Pass = {
  name: 'drop block parameters',
  *candidates(kase): Generator<Candidate> {
    for (const fn of kase.module.functions) {
      for (const block of fn.blocks.slice(1)) {
        const calls = terminators(fn).flatMap((inst) =>
          blockCallsOf(inst).filter((call) => call.block === block.id),
        );
        for (const position of block.params.keys()) {
          const passed = calls.flatMap((call) => {
            const arg = call.args[position];
            return arg?.kind === 'value' && arg.value !== block.params[position]?.value ? [arg.value] : [];
          });
          for (const value of [null, ...new Set(passed)]) {
            yield () => withoutBlockParam(kase, fn, block, position, value);
          }
        }
      }
    }
  },
};
