import { blockCallsOf, type Block, type BlockId, type Function, type Inst, type Value } from './module.ts';

const WORD_BITS = 32;

/** A set of values as bits. */
type ValueSet = Uint32Array;

function add(set: ValueSet, value: Value): void {
  const word = value >>> 5;
  set[word] = (set[word] ?? 0) | (1 << (value & 31));
}

function remove(set: ValueSet, value: Value): void {
  const word = value >>> 5;
  set[word] = (set[word] ?? 0) & ~(1 << (value & 31));
}

/** Adds `more` to `into`; true where that changed it. */
function unite(into: ValueSet, more: ValueSet): boolean {
  let changed = 0;
  for (let word = 0; word < into.length; word += 1) {
    const before = into[word] ?? 0;
    const after = before | (more[word] ?? 0);
    changed |= before ^ after;
    into[word] = after;
  }
  return changed !== 0;
}

function membersOf(set: ValueSet): readonly Value[] {
  const members: Value[] = [];
  for (let word = 0; word < set.length; word += 1) {
    for (let bits = set[word] ?? 0; bits !== 0; bits &= bits - 1) {
      members.push(word * WORD_BITS + (31 - Math.clz32(bits & -bits)));
    }
  }
  return members;
}

/** What is live after the instruction but for what it defines: for one that ends a block, over every edge it may take. */
function liveAfter(inst: Inst, liveIn: ReadonlyMap<BlockId, ValueSet>, live: ValueSet): void {
  for (const { block, args } of blockCallsOf(inst)) {
    const successor = liveIn.get(block);
    if (successor !== undefined) unite(live, successor);
    for (const arg of args) if (arg.kind === 'value') add(live, arg.value);
  }
}

function contextsOf(inst: Inst): readonly Value[] {
  if (inst.kind !== 'try_call' && inst.kind !== 'try_call_indirect') return [];
  return inst.table.handlers.flatMap((handler) => (handler.kind === 'context' ? [handler.value] : []));
}

/** Walks a block backwards; `visit` sees what is live across each instruction. Gives what is live at the block's start. */
function walkBlock(
  block: Block,
  liveIn: ReadonlyMap<BlockId, ValueSet>,
  words: number,
  visit: (inst: Inst, live: ValueSet) => void,
): ValueSet {
  const live = new Uint32Array(words);
  for (const inst of block.insts.toReversed()) {
    liveAfter(inst, liveIn, live);
    for (const result of inst.results) remove(live, result);
    visit(inst, live);
    for (const arg of inst.args) add(live, arg);
    for (const context of contextsOf(inst)) add(live, context);
  }
  for (const { value } of block.params) remove(live, value);
  return live;
}

/**
 * For each instruction that `isWanted`, the values it must leave alone: those defined before it that are used after it, ascending.
 * A value that only the instruction itself uses is not among them; one that a later iteration of a loop uses is.
 */
export function liveAcross(
  fn: Function,
  isWanted: (inst: Inst) => boolean,
): ReadonlyMap<Inst, readonly Value[]> {
  const words = Math.ceil(fn.valueTypes.length / WORD_BITS);
  const liveIn = new Map<BlockId, ValueSet>();
  const blocks = fn.blocks.toReversed();
  for (let changed = true; changed;) {
    changed = false;
    for (const block of blocks) {
      const live = walkBlock(block, liveIn, words, () => {});
      const known = liveIn.get(block.id);
      if (known === undefined) liveIn.set(block.id, live);
      changed = known === undefined || unite(known, live) || changed;
    }
    if (blocks.length === 1) break;
  }
  const found = new Map<Inst, readonly Value[]>();
  for (const block of fn.blocks) {
    walkBlock(block, liveIn, words, (inst, live) => {
      if (isWanted(inst)) found.set(inst, membersOf(live));
    });
  }
  return found;
}
