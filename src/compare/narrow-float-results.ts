import type { Case } from '../clif/case.ts';
import { layoutSignature } from '../abi/layout.ts';
import { liveAcross } from '../clif/liveness.ts';
import {
  isCall,
  signatureOfCall,
  type Block,
  type Function,
  type Inst,
  type StackSlot,
  type Value,
} from '../clif/module.ts';
import { usesOf } from '../clif/rewrite.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { movesValues, spillsFreely } from './placement.ts';
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

function rewriteCall(
  state: Rewriting,
  slot: number,
  inst: Inst,
  mayBeSpilled: (result: Value, index: number) => boolean,
): void {
  const after: Inst[] = [];
  const results = inst.results.map((result, index) => {
    const type = state.types[result];
    const carrier = carrierOf(type);
    if (carrier === null || type === undefined || !mayBeSpilled(result, index)) return result;
    const value = freshValue(state, type);
    rebox(state, slot, type, carrier, value, result, after);
    return value;
  });
  state.insts.push({ ...inst, results }, ...after);
}

/** Whether result `index` of the call at `at` of the block may be in a spill slot. */
type SpillGuess = (block: Block, at: number, result: Value, index: number) => boolean;

/** Floats alive behind a call up to which none has to be spilled: none but fa0 and fa1 may be in a register that the call clobbers, which leaves twelve. */
const FEW_FLOATS = 8;

/** Whether everything that reads `value` stands in `block` behind `at` and ahead of any further call and of the block's end, which want it in a place of their own. */
function isReadNearby(fn: Function, block: Block, at: number, value: Value): boolean {
  const reads = (inst: Inst): boolean => usesOf(inst).includes(value);
  if (fn.blocks.some((other) => other !== block && other.insts.some(reads))) return false;
  const behind = block.insts.slice(at + 1);
  const last = behind.findLastIndex(reads);
  const isAtEnd = last === behind.length - 1;
  return !isAtEnd && !behind.slice(0, last + 1).some(isCall) && !block.insts.slice(0, at).some(reads);
}

/** What compiles the case, as far as it matters to what is spilled. */
interface Compiler {
  readonly isSinglePass: boolean;
  /** Reads may come to stand behind any further call. */
  readonly isOptimised: boolean;
}

/**
 * `single_pass` may spill anything. `backtracking` leaves a result in a register that is read ahead of the next call and of the end of its block, where few floats are alive. Where the
 * callee has no return area there is nothing to spill it from.
 */
function spillGuess(fn: Function, { isSinglePass, isOptimised }: Compiler): SpillGuess {
  const calls = fn.blocks.flatMap(({ insts }) => insts.filter(isCall));
  const mayMove = isOptimised && calls.length > 1;
  let lives: ReadonlyMap<Inst, readonly Value[]> | null = null;
  const isFloat = (value: Value): boolean => typeInfo(fn.valueTypes[value] ?? 'i64').isFloat;
  return (block, at, result, index) => {
    const inst = block.insts[at];
    const signature = inst === undefined ? undefined : signatureOfCall(fn, inst);
    if (inst === undefined || signature === undefined) return false;
    const layout = layoutSignature(signature, { implicitReturnArea: true });
    if (layout.returns[index]?.parts[0]?.place.kind !== 'memory') return false;
    if (isSinglePass || mayMove || !isReadNearby(fn, block, at, result)) return true;
    lives ??= liveAcross(fn, isCall);
    const floats = [...(lives.get(inst) ?? []), ...inst.results].filter(isFloat);
    return floats.length > FEW_FLOATS;
  };
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
  mayBeSpilled: SpillGuess,
): Block {
  const state = startRewriting(types, edges, fn.blocks);
  for (const [at, inst] of block.insts.entries()) {
    if (inst.op === 'call' || inst.op === 'call_indirect')
      rewriteCall(state, slot, inst, (result, index) => mayBeSpilled(block, at, result, index));
    else if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') rewriteTry(state, slot, inst, fn);
    else state.insts.push(inst);
  }
  return { ...block, insts: state.insts };
}

function rewriteFunction(fn: Function, compiler: Compiler): Function {
  const mayBeSpilled = spillGuess(fn, compiler);
  const types = [...fn.valueTypes];
  const edges: Block[] = [];
  const slot = Math.max(-1, ...fn.stackSlots.keys()) + 1;
  const blocks = fn.blocks.map((block) => rewriteBlock(fn, slot, block, types, edges, mayBeSpilled));
  if (types.length === fn.valueTypes.length) return fn;
  const stackSlots = new Map([...fn.stackSlots, [slot, SLOT] as const]);
  return { ...fn, stackSlots, blocks: [...blocks, ...edges], valueTypes: types };
}

/**
 * The same program with each f32 and f16 that a call returns in memory, and that may go to a spill slot, boxed again before anything reads it. Signatures and
 * outcomes stay what they are. A failure that this ends is one of the box alone (docs/findings.md, F3); what carries the wrong bits still fails.
 */
export function reboxNarrowFloatResults(kase: Case): Case {
  const { configurations } = kase;
  const compiler = {
    isSinglePass: configurations.some(spillsFreely),
    isOptimised: configurations.some(movesValues),
  };
  const functions = kase.module.functions.map((fn) => rewriteFunction(fn, compiler));
  return { ...kase, module: { functions } };
}
