import type { Case } from '../clif/case.ts';
import type { Block, Function, Inst, StackSlot, Value } from '../clif/module.ts';
import type { Type } from '../clif/type.ts';
import { freshValue, splitReturns, startRewriting, type Rewriting } from './try-returns.ts';

/** The integer of the bits of a float narrower than an f register; null for every other type. */
function carrierOf(type: Type | undefined): Type | null {
  return type === 'f32' ? 'i32' : type === 'f16' ? 'i16' : null;
}

type TryInst = Extract<Inst, { readonly kind: 'try_call' | 'try_call_indirect' }>;

const SLOT: StackSlot = { kind: 'explicit_slot', sizeBytes: 8, alignBytes: 8 };

/**
 * Appends to `insts` what makes `result` of `value`'s bits, boxed whatever was above them: through memory, as an integer on the way in and as a float
 * on the way out, so that no optimisation takes it for a move.
 */
function rebox(
  state: Rewriting,
  slot: number,
  type: Type,
  carrier: Type,
  value: Value,
  result: Value,
  insts: Inst[],
): void {
  const [bits, address] = [freshValue(state, carrier), freshValue(state, 'i64')];
  const memory = { kind: 'memory', flags: [], offset: 0 } as const;
  insts.push(
    { ...memory, op: 'bitcast', type: carrier, results: [bits], args: [value] },
    { kind: 'stack', op: 'stack_addr', type: 'i64', results: [address], args: [], slot, offset: 0 },
    { ...memory, op: 'store', type: carrier, results: [], args: [bits, address] },
    { ...memory, op: 'load', type, results: [result], args: [address] },
  );
}

function rewriteCall(state: Rewriting, slot: number, inst: Inst): void {
  const after: Inst[] = [];
  const results = inst.results.map((result) => {
    const type = state.types[result];
    const carrier = carrierOf(type);
    if (carrier === null || type === undefined) return result;
    const value = freshValue(state, type);
    rebox(state, slot, type, carrier, value, result, after);
    return value;
  });
  state.insts.push({ ...inst, results }, ...after);
}

function rewriteTry(state: Rewriting, slot: number, inst: TryInst, fn: Function): void {
  const returns = fn.sigRefs.get(inst.table.sig)?.returns ?? [];
  const table = splitReturns(state, inst.table, returns, {
    parts: (type) => [type],
    isSplit: (type) => carrierOf(type) !== null,
    join: (type, [part = 0], insts) => {
      const carrier = carrierOf(type);
      if (carrier === null) return part;
      const result = freshValue(state, type);
      rebox(state, slot, type, carrier, part, result, insts);
      return result;
    },
  });
  state.insts.push({ ...inst, table });
}

function rewriteBlock(
  fn: Function,
  slot: number,
  block: Block,
  types: (Type | undefined)[],
  edges: Block[],
): Block {
  const state = startRewriting(types, edges, fn.blocks);
  for (const inst of block.insts) {
    if (inst.op === 'call' || inst.op === 'call_indirect') rewriteCall(state, slot, inst);
    else if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') rewriteTry(state, slot, inst, fn);
    else state.insts.push(inst);
  }
  return { ...block, insts: state.insts };
}

function rewriteFunction(fn: Function): Function {
  const types = [...fn.valueTypes];
  const edges: Block[] = [];
  const slot = Math.max(-1, ...fn.stackSlots.keys()) + 1;
  const blocks = fn.blocks.map((block) => rewriteBlock(fn, slot, block, types, edges));
  if (types.length === fn.valueTypes.length) return fn;
  const stackSlots = new Map([...fn.stackSlots, [slot, SLOT] as const]);
  return { ...fn, stackSlots, blocks: [...blocks, ...edges], valueTypes: types };
}

/**
 * The same program with every f32 and f16 result of a call boxed again before anything reads it. Signatures and outcomes stay what they are. A failure
 * that this ends is one of the box alone (docs/findings.md, F3); what carries the wrong bits still fails.
 */
export function reboxNarrowFloatResults(kase: Case): Case {
  return { ...kase, module: { functions: kase.module.functions.map(rewriteFunction) } };
}
