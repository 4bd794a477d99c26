import type { BlockCall, Value } from '../clif/module.ts';
import { valueClassOf, type Type } from '../clif/type.ts';
import {
  addSlot,
  blockCall,
  branch,
  constant,
  emit,
  icmp,
  jump,
  newBlock,
  newValue,
  plain,
  type BodyState,
  type Cell,
  type DraftBlock,
} from './body-state.ts';
import { checksumOf } from './checksum.ts';
import { leaveFunction } from './leave.ts';
import { loadFrom, storeTo } from './memory.ts';
import { enter, inBlock, inEndingBlock } from './scopes.ts';
import { trap } from './trap-out.ts';
import { anyValue, condition } from './values.ts';
import { pickWeighted } from './weighted.ts';

/** Makes statements inside a branch or a loop. */
export type Inner = (count: number) => void;

/** Of 100 branches, how many choose by br_table. */
const TABLES = 20;
/** Of 100 branches, how many have a cold side: a cold block moves to the end of the code, away from its neighbours. */
const COLD = 20;

/** Ends the block by a choice between blocks without parameters. */
function choose(state: BodyState, sides: readonly DraftBlock[]): void {
  const { draw } = state;
  const [first, second] = sides;
  if (first === undefined || second === undefined) throw new RangeError('a choice has two sides');
  if (sides.length === 2) {
    branch(state, condition(state), blockCall(state, first), blockCall(state, second));
    return;
  }
  const mask = constant(state, 'i32', 3n);
  const index = draw.chance(80)
    ? plain(state, 'band', 'i32', [anyValue(state, 'i32'), mask])
    : anyValue(state, 'i32');
  const table = Array.from({ length: draw.int(1, 4) }, (_, i) => sides[i + 1] ?? draw.pick(sides));
  emit(state, {
    kind: 'br_table',
    op: 'br_table',
    type: null,
    results: [],
    args: [index],
    fallback: blockCall(state, first),
    table: table.map((side) => blockCall(state, side)),
  });
}

/** Instructions of a long run: 1 to 8 KiB of code. */
const RUN = { min: 150, max: 1000 };
/** Of 100 of them, how many have a constant of their own, which goes into an island. */
const RUN_CONSTANTS = 40;

/** So much code that what branches over it needs an island, or more than one jump (cranelift-codegen `machinst/buffer.rs`). */
function longRun(state: BodyState, percent = state.config.longRuns): void {
  const { draw } = state;
  if (!draw.sometimes(percent)) return;
  const amount = constant(state, 'i64', 7n);
  for (let left = draw.int(RUN.min, RUN.max); left > 0; left -= 1) {
    const other = draw.chance(RUN_CONSTANTS) ? constant(state, 'i64', draw.bits(64)) : amount;
    const op = draw.pick(['iadd', 'bxor', 'isub', 'rotl'] as const);
    state.checksum = plain(state, op, 'i64', [checksumOf(state), other]);
  }
}

/** One side of a branch: a few statements, and on to `merge` with the checksum and a value of type `carried`. */
function makeSide(state: BodyState, side: DraftBlock, merge: DraftBlock, carried: Type, inner: Inner): void {
  let passed: Value | null = null;
  inBlock(state, side, () => {
    longRun(state);
    inner(state.draw.int(0, 2));
    passed = anyValue(state, carried);
  });
  if (passed === null) throw new RangeError('a branch passes a value on');
  jump(state, merge, [checksumOf(state), passed]);
}

/** Of 100 branches straight to a merge, how many are a brif; of 100 tables there, how many are long enough to need islands ahead of them. */
const TWINS = 40;
const LONG_TABLES = 12;
const LONG_TABLES_OF: readonly number[] = [700, 700, 2047, 2048, 2100, 4096];
/** Of 100 entries, how many lead to the block in between; of a long table nearly all, as each other edge is a block of its own in the code. */
const DETOURS = 30;
const LONG_DETOURS = 98;
/** Of 100 tables there, how many another way goes around. */
const BYPASSED = 50;

/** A branch of which several edges lead to the same block and pass it different values; tables have no entries now and then, or very many. */
function directBranch(state: BodyState, inner: Inner): void {
  const { draw } = state;
  const carried: Type = pickWeighted(draw, state.shape.types);
  const checksum = checksumOf(state);
  const merge = newBlock(state, ['i64', carried]);
  const edge = (): BlockCall => {
    const passed = draw.chance(50) ? checksum : plain(state, 'bnot', 'i64', [checksum]);
    return blockCall(state, merge, [passed, anyValue(state, carried)]);
  };
  const first = blockCall(state, merge, [checksum, anyValue(state, carried)]);
  if (draw.chance(TWINS)) {
    branch(state, condition(state), first, edge());
    enter(state, merge);
    return;
  }
  const side = newBlock(state);
  const edges = [first, edge(), edge()];
  const isLong = draw.chance(LONG_TABLES);
  const table = Array.from({ length: isLong ? draw.pick(LONG_TABLES_OF) : draw.int(0, 4) }, () =>
    draw.chance(isLong ? LONG_DETOURS : DETOURS) ? blockCall(state, side) : draw.pick(edges),
  );
  const mask = constant(state, 'i32', 7n);
  const index = plain(state, 'band', 'i32', [anyValue(state, 'i32'), mask]);
  const fallback = draw.chance(50) ? edge() : blockCall(state, side);
  // Nothing is defined behind this, as it would be missing where the ways meet.
  if (draw.chance(BYPASSED)) {
    const choosing = newBlock(state);
    const around = edge();
    branch(state, condition(state), blockCall(state, choosing), around);
    state.block = choosing;
  }
  emit(state, { kind: 'br_table', op: 'br_table', type: null, results: [], args: [index], fallback, table });
  makeSide(state, side, merge, carried, inner);
  enter(state, merge);
}

/** Of 100 branches that come to nothing, how many have a chain of empty blocks on one side, and how long it is (cranelift-codegen `machinst/buffer.rs`, `LABEL_LIST_THRESHOLD`). */
const LONG_CHAINS = 70;
const CHAIN = { min: 4, max: 120 };

/** A branch whose sides, and perhaps the block they lead to, are empty, so that it comes to nothing; what follows may stand elsewhere in the code (cranelift-codegen `machinst/buffer.rs`, `optimize_branches`). */
function emptyBranch(state: BodyState): void {
  const { draw } = state;
  const [left, right, join, onward] = [newBlock(state), newBlock(state), newBlock(state), newBlock(state)];
  branch(state, condition(state), blockCall(state, left), blockCall(state, right));
  state.block = left;
  jump(state, join);
  const chain = draw.chance(LONG_CHAINS) ? draw.int(CHAIN.min, CHAIN.max) : 0;
  state.block = right;
  for (let i = 0; i < chain; i += 1) {
    const next = newBlock(state);
    jump(state, next);
    state.block = next;
  }
  jump(state, join);
  if (draw.chance(COLD)) draw.pick([left, right, join]).cold = true;
  if (draw.chance(50)) onward.cold = true;
  state.block = join;
  jump(state, onward);
  state.block = onward;
}

/** Two ways, or more by br_table, that come together again. */
export function branchStatement(state: BodyState, inner: Inner): void {
  const { draw, config } = state;
  if (draw.sometimes(config.emptyBranches)) {
    emptyBranch(state);
    return;
  }
  if (draw.sometimes(config.directEdges)) {
    directBranch(state, inner);
    return;
  }
  const carried: Type = pickWeighted(draw, state.shape.types);
  const count = draw.chance(TABLES) ? draw.int(3, 4) : 2;
  const sides = Array.from({ length: count }, () => newBlock(state));
  choose(state, sides);
  const checksum = checksumOf(state);
  const merge = newBlock(state, ['i64', carried]);
  for (const side of sides) {
    state.checksum = checksum;
    makeSide(state, side, merge, carried, inner);
  }
  if (draw.chance(COLD)) draw.pick(sides).cold = true;
  enter(state, merge);
}

function isBelow(state: BodyState, value: Value, limit: bigint): Value {
  return icmp(state, 'ult', 'i32', value, constant(state, 'i32', limit));
}

/** Of 100 loops in memory. */
const MEMORY_LOOP_RUNS = 60;

/** Counts to a small number in memory, where the checksum is as well: the edge back has nothing to do, so that the branch itself goes back. */
function memoryLoop(state: BodyState, inner: Inner): void {
  const { draw, config } = state;
  const iterations = draw.int(config.loopIterations.min, config.loopIterations.max);
  const counter: Cell = { base: { kind: 'slot', slot: addSlot(state, 4, 4) }, offset: 0 };
  const sum: Cell = { base: { kind: 'slot', slot: addSlot(state, 8, 8) }, offset: 0 };
  storeTo(state, counter, constant(state, 'i32', 0n));
  storeTo(state, sum, checksumOf(state));
  const header = newBlock(state);
  jump(state, header);
  const outer = state.multiplier;
  state.multiplier *= iterations;
  inBlock(state, header, () => {
    state.checksum = loadFrom(state, sum, 'i64');
    longRun(state, MEMORY_LOOP_RUNS);
    inner(draw.int(0, 1));
  });
  storeTo(state, sum, checksumOf(state));
  const next = plain(state, 'iadd', 'i32', [loadFrom(state, counter, 'i32'), constant(state, 'i32', 1n)]);
  storeTo(state, counter, next);
  const exit = newBlock(state);
  const again = isBelow(state, next, BigInt(iterations));
  branch(state, again, blockCall(state, header), blockCall(state, exit));
  state.multiplier = outer;
  state.block = exit;
  state.checksum = loadFrom(state, sum, 'i64');
}

/** How many values more than two change places around a wide loop. */
const WIDE_LOOP = { min: 4, max: 22 };

/** Of 100 wide loops, how many begin with values that are the same but for the last, and go round until that has come to the front. */
const ALIKE = 30;

interface Around {
  readonly values: readonly Value[];
  /** How often they have to go round at least. */
  readonly turns: number;
}

/** What else is carried around a loop: with the first value they change places. */
function othersAround(state: BodyState, carried: Type): Around {
  const { draw, config } = state;
  if (!draw.sometimes(config.swappingLoops)) return { values: [], turns: 0 };
  const second = anyValue(state, carried);
  if (!draw.sometimes(config.wideLoops)) return { values: [second], turns: 0 };
  if (draw.chance(ALIKE)) {
    const count = draw.int(WIDE_LOOP.min, WIDE_LOOP.max);
    const alike = Array.from({ length: count }, () => second);
    return { values: [...alike, anyValue(state, carried)], turns: count + 2 };
  }
  const isInteger = valueClassOf(carried) === 'int';
  const more = Array.from({ length: draw.int(WIDE_LOOP.min, WIDE_LOOP.max) }, (_, i) => {
    const value = anyValue(state, carried);
    return isInteger
      ? plain(state, 'iadd', carried, [value, constant(state, carried, BigInt(i + 1))])
      : value;
  });
  return { values: [second, ...more], turns: 0 };
}

/** Counts to a small number and carries a value around, or two and more that change places each time. */
export function loopStatement(state: BodyState, inner: Inner): void {
  const { draw, config } = state;
  if (draw.sometimes(config.memoryLoops)) {
    memoryLoop(state, inner);
    return;
  }
  const fewIterations = draw.int(config.loopIterations.min, config.loopIterations.max);
  const carried: Type = pickWeighted(draw, state.shape.types);
  const first = anyValue(state, carried);
  const { values: others, turns } = othersAround(state, carried);
  const iterations = Math.max(turns, fewIterations);
  const start = constant(state, 'i32', 0n);
  const header = newBlock(state, ['i64', carried, 'i32', ...others.map(() => carried)]);
  jump(state, header, [checksumOf(state), first, start, ...others]);
  const [, left, counter, ...rest] = header.params.map(({ value }) => value);
  if (counter === undefined || left === undefined) throw new RangeError('a loop header counts');
  const outer = state.multiplier;
  state.multiplier *= iterations;
  let passed: readonly Value[] = [];
  inBlock(state, header, () => {
    enter(state, header);
    longRun(state);
    inner(draw.int(1, 2));
    passed = rest.length === 0 ? [anyValue(state, carried)] : [...rest, left];
  });
  const [onward, ...back] = passed;
  if (onward === undefined) throw new RangeError('a loop passes a value on');
  const one = constant(state, 'i32', 1n);
  const next = plain(state, 'iadd', 'i32', [counter, one]);
  const again = isBelow(state, next, BigInt(iterations));
  const exit = newBlock(state, ['i64', carried]);
  const checksum = checksumOf(state);
  branch(
    state,
    again,
    blockCall(state, header, [checksum, onward, next, ...back]),
    blockCall(state, exit, [checksum, onward]),
  );
  state.multiplier = outer;
  enter(state, exit);
}

/** False on every input, which the compiler does not see: a masked value is held against one with a bit that the mask has not. */
function never(state: BodyState): Value {
  const bit = BigInt(state.draw.int(0, 7));
  const kept = plain(state, 'band', 'i64', [
    anyValue(state, 'i64'),
    constant(state, 'i64', ~(1n << bit) & 0xffn),
  ]);
  const result = newValue(state, 'i8');
  const args = [kept, constant(state, 'i64', 1n << bit)];
  emit(state, { kind: 'compare', op: 'icmp', type: 'i64', results: [result], args, cond: 'eq' });
  return result;
}

/** A way out that would not end, and is not taken: a block that jumps to itself, or two to each other. */
function endlessExit(state: BodyState): void {
  const first = newBlock(state);
  const second = state.draw.chance(50) ? newBlock(state) : first;
  const stay = newBlock(state);
  branch(state, never(state), blockCall(state, first), blockCall(state, stay));
  state.block = first;
  jump(state, second);
  if (second !== first) {
    state.block = second;
    jump(state, first);
  }
  if (state.draw.chance(COLD)) first.cold = true;
  state.block = stay;
}

/** A branch one of whose sides is a trap and nothing else, and whose other side takes values with it (cranelift-codegen `branch_to_trap.rs`). */
export function trapOnOneSide(state: BodyState): void {
  const { draw } = state;
  const carried: Type = pickWeighted(draw, state.shape.types);
  const trapping = newBlock(state);
  const onward = newBlock(state, ['i64', carried]);
  const isTaken = never(state);
  const more = constant(state, 'i64', BigInt(draw.int(1, 100)));
  const passed = plain(state, 'iadd', 'i64', [plain(state, 'iadd', 'i64', [checksumOf(state), more]), more]);
  const on = blockCall(state, onward, [passed, anyValue(state, carried)]);
  // What never holds leads to the trap, on some inputs something else.
  const asked = draw.chance(80) ? isTaken : condition(state);
  branch(state, asked, blockCall(state, trapping), on);
  state.block = trapping;
  trap(state);
  enter(state, onward);
}

/** Leaves the function early on some inputs, by a return or a tail call. */
export function exitStatement(state: BodyState): void {
  if (state.draw.sometimes(state.config.endlessLoops)) {
    endlessExit(state);
    return;
  }
  const leave = newBlock(state);
  const stay = newBlock(state);
  branch(state, condition(state), blockCall(state, leave), blockCall(state, stay));
  const { checksum } = state;
  const useCounts = state.useCounts.slice();
  inEndingBlock(state, leave, () => leaveFunction(state));
  state.checksum = checksum;
  // What only the way out has read is still unread on the way on.
  useCounts.forEach((count, value) => {
    state.useCounts[value] = count;
  });
  state.block = stay;
}
