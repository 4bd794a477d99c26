import type { Function, Value } from '../clif/module.ts';
import type { Type } from '../clif/type.ts';
import { arithmetic, pressure } from './arithmetic.ts';
import {
  blockCall,
  branch,
  closeScope,
  emit,
  finishFunction,
  jump,
  newBlock,
  newValue,
  openScope,
  plain,
  publish,
  type BodyState,
} from './body-state.ts';
import { call, canAfford, tailCall, tailCallTargets } from './calls.ts';
import { checksumOf, foldCells, foldUnused, startChecksum } from './checksum.ts';
import type { Config, StatementKind } from './config.ts';
import type { Draw } from './draw.ts';
import { storeTo } from './memory.ts';
import { pickWeighted, type CaseShape, type FunctionPlan } from './plan.ts';
import { addMemory, loadAny, storeAny } from './regions.ts';
import { anyValue, bitcast, condition, constant } from './values.ts';

const STATEMENT_KINDS: readonly StatementKind[] = [
  'arithmetic',
  'call',
  'store',
  'load',
  'branch',
  'loop',
  'exit',
  'pressure',
  'trap',
];

/** How deep branches and loops nest. */
const MAX_DEPTH = 2;

export interface BodyContext {
  readonly draw: Draw;
  readonly config: Config;
  readonly shape: CaseShape;
  readonly plans: readonly FunctionPlan[];
  readonly index: number;
  readonly plan: FunctionPlan;
  readonly costs: readonly number[];
  readonly called: Set<number>;
}

function startBody(context: BodyContext): BodyState {
  const entry = { id: 0, params: [], insts: [], cold: false };
  // Named one by one: a spread makes an object that every later access pays for.
  const { draw, config, shape, plans, index, plan, costs, called } = context;
  return {
    draw,
    config,
    shape,
    plans,
    index,
    plan,
    costs,
    called,
    blocks: [entry],
    valueTypes: [],
    useCounts: [],
    stackSlots: new Map(),
    sigRefs: new Map(),
    funcRefs: new Map(),
    funcRefNumbers: new Map(),
    pool: new Map(),
    scope: [],
    cells: [],
    regions: [],
    functionPointers: [],
    block: entry,
    checksum: null,
    checksumFactor: null,
    cost: 0,
    multiplier: 1,
    depth: 0,
  };
}

function takeParams(state: BodyState): readonly Value[] {
  return state.plan.signature.params.map((param, i) => {
    const value = newValue(state, param.type);
    state.block.params.push({ value, type: param.type });
    const role = state.plan.roles[i];
    if (role?.kind === 'memory') {
      const base = { kind: 'pointer', value } as const;
      state.cells.push({ base, offset: 0 }, { base, offset: state.shape.cellBytes });
      state.regions.push({ base, offset: 0 });
    } else if (role?.kind === 'function') {
      state.functionPointers.push({ target: role.target, value });
    } else {
      publish(state, value);
    }
    return value;
  });
}

/** A callee that fits the budget: most often one that nothing calls yet, so that few are left uncalled. */
function callSomething(state: BodyState): void {
  const affordable: number[] = [];
  for (let target = state.index + 1; target < state.plans.length; target += 1) {
    if (canAfford(state, target)) affordable.push(target);
  }
  if (affordable.length === 0) {
    arithmetic(state);
    return;
  }
  const uncalled = affordable.filter((target) => !state.called.has(target));
  call(state, state.draw.pick(uncalled.length > 0 && state.draw.chance(75) ? uncalled : affordable));
}

/** The entry calls what nothing else does, as far as the budget goes. */
function callTheRest(state: BodyState): void {
  for (let target = 1; target < state.plans.length; target += 1) {
    if (!state.called.has(target) && canAfford(state, target)) call(state, target);
  }
}

/** Runs `make` in `block` as a scope of its own; what it defines is folded before the scope ends. */
function inBlock(state: BodyState, block: BodyState['block'], make: () => void): void {
  const mark = openScope(state);
  state.block = block;
  state.depth += 1;
  make();
  foldUnused(state, mark.values);
  state.depth -= 1;
  closeScope(state, mark);
}

function branchStatement(state: BodyState): void {
  const { draw } = state;
  const test = condition(state);
  const carried: Type = pickWeighted(draw, state.shape.types);
  const thenBlock = newBlock(state);
  const elseBlock = newBlock(state);
  branch(state, test, blockCall(state, thenBlock), blockCall(state, elseBlock));
  const checksum = checksumOf(state);
  const merge = newBlock(state, ['i64', carried]);
  for (const side of [thenBlock, elseBlock]) {
    state.checksum = checksum;
    let passed: Value | null = null;
    inBlock(state, side, () => {
      statements(state, draw.int(0, 2));
      passed = anyValue(state, carried);
    });
    if (passed === null) throw new RangeError('a branch passes a value on');
    jump(state, merge, [checksumOf(state), passed]);
  }
  // A cold block moves to the end of the code, away from its neighbours.
  if (draw.chance(20)) thenBlock.cold = true;
  enter(state, merge, 0);
}

/** Goes on in `block`, whose parameter `checksumAt` is the checksum and the others data. */
function enter(state: BodyState, block: BodyState['block'], checksumAt: number): void {
  state.block = block;
  block.params.forEach((param, i) => {
    if (i === checksumAt) state.checksum = param.value;
    else publish(state, param.value);
  });
}

function loopStatement(state: BodyState): void {
  const { draw, config } = state;
  const iterations = draw.int(config.loopIterations.min, config.loopIterations.max);
  const carried: Type = pickWeighted(draw, state.shape.types);
  const first = anyValue(state, carried);
  const start = constant(state, 'i32', 0n);
  const header = newBlock(state, ['i64', carried, 'i32']);
  jump(state, header, [checksumOf(state), first, start]);
  const counter = header.params[2]?.value;
  if (counter === undefined) throw new RangeError('a loop header counts');
  const outer = state.multiplier;
  state.multiplier *= iterations;
  let passed: Value | null = null;
  inBlock(state, header, () => {
    enter(state, header, 0);
    statements(state, draw.int(1, 2));
    passed = anyValue(state, carried);
  });
  if (passed === null) throw new RangeError('a loop passes a value on');
  const one = constant(state, 'i32', 1n);
  const next = plain(state, 'iadd', 'i32', [counter, one]);
  const limit = constant(state, 'i32', BigInt(iterations));
  const again = newValue(state, 'i8');
  emit(state, {
    kind: 'compare',
    op: 'icmp',
    type: 'i32',
    results: [again],
    args: [next, limit],
    cond: 'ult',
  });
  const exit = newBlock(state, ['i64', carried]);
  const checksum = checksumOf(state);
  branch(
    state,
    again,
    blockCall(state, header, [checksum, passed, next]),
    blockCall(state, exit, [checksum, passed]),
  );
  state.multiplier = outer;
  enter(state, exit, 0);
}

/** Leaves the function early on some inputs, by a return or a tail call. */
function exitStatement(state: BodyState, incoming: readonly Value[]): void {
  const leave = newBlock(state);
  const stay = newBlock(state);
  branch(state, condition(state), blockCall(state, leave), blockCall(state, stay));
  const { checksum } = state;
  const useCounts = state.useCounts.slice();
  inBlock(state, leave, () => leaveFunction(state, incoming));
  state.checksum = checksum;
  // What only the way out has read is still unread on the way on.
  useCounts.forEach((count, value) => {
    state.useCounts[value] = count;
  });
  state.block = stay;
}

function statements(state: BodyState, count: number): void {
  for (let i = 0; i < count; i += 1) statement(state, null);
}

function statement(state: BodyState, incoming: readonly Value[] | null): void {
  const { draw, config } = state;
  const drawn = STATEMENT_KINDS[draw.weighted(STATEMENT_KINDS.map((k) => config.statementWeights[k]))];
  if (drawn === undefined) throw new RangeError('no statement to draw');
  const isNested = drawn === 'branch' || drawn === 'loop';
  const kind: StatementKind =
    (isNested && state.depth >= MAX_DEPTH) || (drawn === 'exit' && incoming === null) ? 'arithmetic' : drawn;
  switch (kind) {
    case 'arithmetic':
      for (let i = draw.int(1, 3); i > 0; i -= 1) arithmetic(state);
      return;
    case 'call':
      callSomething(state);
      return;
    case 'store':
      storeAny(state, anyValue(state, pickWeighted(draw, state.shape.types)));
      return;
    case 'load':
      publish(state, loadAny(state, pickWeighted(draw, state.shape.types)));
      return;
    case 'branch':
      branchStatement(state);
      return;
    case 'loop':
      loopStatement(state);
      return;
    case 'exit':
      if (incoming !== null) exitStatement(state, incoming);
      return;
    case 'pressure':
      pressure(state);
      callSomething(state);
      return;
    case 'trap': {
      const op = draw.pick(['trapz', 'trapnz']);
      // Half of the traps are never taken, so that the rest of such functions is tested too.
      const kept = draw.chance(50) ? condition(state) : constant(state, 'i8', op === 'trapz' ? 1n : 0n);
      const code = draw.pick(['user1', 'user2', 'user11']);
      emit(state, { kind: 'trap', op, type: 'i8', results: [], args: [kept], code });
    }
  }
}

/** The checksum as a value of `type`, or null where it does not fit a conversion. */
function checksumAs(state: BodyState, type: Type): Value | null {
  const checksum = checksumOf(state);
  switch (type) {
    case 'i64':
      return checksum;
    case 'i8':
    case 'i16':
    case 'i32':
      return plain(state, 'ireduce', type, [checksum]);
    case 'i128':
      return plain(state, 'iconcat', 'i64', [anyValue(state, 'i64'), checksum], 'i128');
    case 'f64':
      return bitcast(state, 'f64', checksum);
    default:
      return null;
  }
}

function leaveFunction(state: BodyState, incoming: readonly Value[]): void {
  const targets = tailCallTargets(state);
  foldUnused(state, 0);
  foldCells(state);
  if (targets.length > 0 && state.draw.chance(state.config.tailCalls)) {
    tailCall(state, state.draw.pick(targets), incoming);
    return;
  }
  const { returns } = state.plan.signature;
  const carriers = returns.flatMap((r, i) =>
    ['i64', 'i128', 'f64', 'i32', 'i16', 'i8'].includes(r.type) ? [i] : [],
  );
  const words = carriers.filter((i) => returns[i]?.type === 'i64');
  const carrier = words.length > 0 ? state.draw.pick(words) : (carriers[0] ?? null);
  const region = state.cells.find((c) => c.base.kind === 'pointer');
  if (region !== undefined) storeTo(state, region, checksumOf(state));
  const results = returns.map(
    (r, i) => (i === carrier ? checksumAs(state, r.type) : null) ?? anyValue(state, r.type),
  );
  emit(state, { kind: 'plain', op: 'return', type: null, results: [], args: results });
}

/** The body of one planned function, and what one run of it costs at most. */
export function makeBody(context: BodyContext): { readonly function: Function; readonly cost: number } {
  const state = startBody(context);
  const incoming = takeParams(state);
  startChecksum(state);
  if (state.draw.chance(35)) addMemory(state);
  const { min, max } = state.config.statements;
  const count = state.draw.int(min, max);
  for (let i = 0; i < count; i += 1) statement(state, incoming);
  if (state.index + 1 < state.plans.length && state.funcRefs.size === 0) callSomething(state);
  if (state.index === 0) callTheRest(state);
  leaveFunction(state, incoming);
  return { function: finishFunction(state), cost: state.cost };
}
