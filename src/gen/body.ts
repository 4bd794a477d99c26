import type { Function, Value } from '../clif/module.ts';
import type { Type } from '../clif/type.ts';
import { arithmetic, pressure } from './arithmetic.ts';
import {
  constant,
  emit,
  finishFunction,
  newValue,
  planAt,
  publish,
  typeOf,
  type BodyState,
} from './body-state.ts';
import { canAfford } from './call-parts.ts';
import { call } from './calls.ts';
import { startChecksum } from './checksum.ts';
import { STATEMENT_KINDS, type Config, type StatementKind } from './config.ts';
import { branchStatement, exitStatement, loopStatement, trapOnOneSide } from './control.ts';
import type { Draw } from './draw.ts';
import { holdFramesApart, holdStackPointer, stackPointerAtFirst } from './frame-records.ts';
import { leaveFunction, returnConstants } from './leave.ts';
import { RECURSION_MAX, type CaseShape, type FunctionPlan } from './plan.ts';
import { recurse } from './recursion.ts';
import { loadNarrow, loadWidening, storeNarrow } from './memory.ts';
import { addMemory, copyAny, loadAny, storeAny } from './regions.ts';
import { declareLimit } from './stack-limits.ts';
import { tailCall, tailCallTargets } from './tail-calls.ts';
import { canThrow, throwStatement } from './throws.ts';
import { callAny } from './trapping-calls.ts';
import { anyValue, condition } from './values.ts';
import { pickWeighted } from './weighted.ts';

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
    leftTo: new Set(),
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
    incoming: [],
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
    } else if (role?.kind !== 'limit' && role?.kind !== 'frame') {
      publish(state, value);
    }
    return value;
  });
}

/** Functions whose calls fit the budget. */
function affordableTargets(state: BodyState): readonly number[] {
  const affordable: number[] = [];
  for (let target = state.index + 1; target < state.plans.length; target += 1) {
    if (canAfford(state, target)) affordable.push(target);
  }
  return affordable;
}

/** Most often one that nothing calls yet, so that few are left uncalled. */
function drawTarget(state: BodyState, affordable: readonly number[]): number {
  const uncalled = affordable.filter((target) => !state.called.has(target));
  return state.draw.pick(uncalled.length > 0 && state.draw.chance(75) ? uncalled : affordable);
}

function callSomething(state: BodyState): void {
  const affordable = affordableTargets(state);
  if (affordable.length === 0) arithmetic(state);
  else callAny(state, drawTarget(state, affordable));
}

/** The entry calls what nothing else does, as far as the budget goes. */
function callTheRest(state: BodyState): void {
  for (let target = 1; target < state.plans.length; target += 1) {
    if (!state.called.has(target) && canAfford(state, target)) callAny(state, target);
  }
}

function statements(state: BodyState, count: number): void {
  for (let i = 0; i < count; i += 1) statement(state);
}

function drawKind(state: BodyState): StatementKind {
  const { draw, config, depth } = state;
  const hasThrows = canThrow(state);
  const weights = STATEMENT_KINDS.map((k) => (k === 'throw' && !hasThrows ? 0 : config.statementWeights[k]));
  const drawn = STATEMENT_KINDS[draw.weighted(weights)];
  if (drawn === undefined) throw new RangeError('no statement to draw');
  const isNested = drawn === 'branch' || drawn === 'loop';
  return (isNested && depth >= MAX_DEPTH) || (drawn === 'exit' && depth > 0) ? 'arithmetic' : drawn;
}

function store(state: BodyState): void {
  const { draw, config, cells, shape } = state;
  if (cells.length > 0 && draw.sometimes(config.narrowAccesses)) {
    storeNarrow(state, anyValue(state, 'i64'));
  } else storeAny(state, anyValue(state, pickWeighted(draw, shape.types)));
}

function load(state: BodyState, type: Type): void {
  const { draw, config, cells } = state;
  if (cells.length > 0 && draw.sometimes(config.narrowAccesses)) {
    publish(state, state.shape.hasVectors && draw.chance(30) ? loadWidening(state) : loadNarrow(state));
  } else if (draw.sometimes(config.copies)) copyAny(state, type);
  else publish(state, loadAny(state, type));
}

function statement(state: BodyState): void {
  const { draw, config } = state;
  const kind = drawKind(state);
  switch (kind) {
    case 'arithmetic':
      for (let i = draw.int(1, 3); i > 0; i -= 1) arithmetic(state);
      return;
    case 'call':
      callSomething(state);
      return;
    case 'store':
      store(state);
      return;
    case 'load':
      load(state, pickWeighted(draw, state.shape.types));
      return;
    case 'branch':
      branchStatement(state, (count) => statements(state, count));
      return;
    case 'loop':
      loopStatement(state, (count) => statements(state, count));
      return;
    case 'exit':
      exitStatement(state);
      return;
    case 'pressure':
      pressure(state);
      callSomething(state);
      return;
    case 'throw':
      throwStatement(state);
      return;
    case 'trap': {
      if (draw.sometimes(config.trappingSides)) {
        trapOnOneSide(state);
        return;
      }
      const op = draw.pick(['trapz', 'trapnz']);
      // Half of the traps are never taken, so that the rest of such functions is tested too.
      const kept = draw.chance(50) ? condition(state) : constant(state, 'i8', op === 'trapz' ? 1n : 0n);
      const code = draw.pick(['user1', 'user2', 'user11']);
      emit(state, { kind: 'trap', op, type: typeOf(state, kept), results: [], args: [kept], code });
    }
  }
}

/** A function, and what one run of it costs at most. */
interface Finished {
  readonly function: Function;
  readonly cost: number;
}

/** Of 100 thin functions, how many return constants, so that nothing is live across the call. */
const FORGETFUL = 60;

/** Calls one function and returns constants or what there is; false where none can be called. */
function callThinly(state: BodyState): boolean {
  const { draw, plan } = state;
  const targets = affordableTargets(state);
  if (targets.length === 0 || plan.endsInTrap) return false;
  const target = drawTarget(state, targets);
  if (planAt(state, target).endsInTrap) return false;
  call(state, target);
  if (draw.chance(FORGETFUL)) returnConstants(state);
  else {
    const args = plan.signature.returns.map(({ type }) => anyValue(state, type));
    emit(state, { kind: 'plain', op: 'return', type: null, results: [], args });
  }
  return true;
}

/** The body of one planned function. */
export function makeBody(context: BodyContext): Finished {
  const state = startBody(context);
  const { draw, config, plan } = state;
  state.incoming = takeParams(state);
  const finished = (): Finished => ({
    function: finishFunction(state, declareLimit(state)),
    cost: state.cost,
  });
  const isTold = plan.roles.some(({ kind }) => kind === 'frame');
  if (plan.isIdle && !isTold) {
    returnConstants(state);
    return finished();
  }
  startChecksum(state);
  if (plan.isIdle) {
    holdFramesApart(state);
    leaveFunction(state);
    return finished();
  }
  if (plan.isThin && !isTold && callThinly(state)) return finished();
  const onward = plan.isRelay ? tailCallTargets(state) : [];
  if (onward.length > 0) {
    tailCall(state, draw.pick(onward));
    return finished();
  }
  holdFramesApart(state);
  const stackPointer = stackPointerAtFirst(state);
  if (draw.chance(35)) addMemory(state);
  if (draw.sometimes(config.loopsFirst)) loopStatement(state, (count) => statements(state, count));
  const count = draw.int(config.statements.min, config.statements.max);
  const recursesAt = plan.counter === null ? -1 : draw.int(0, count - 1);
  for (let i = 0; i < count; i += 1) {
    statement(state);
    if (i === recursesAt) recurse(state);
  }
  if (state.index + 1 < state.plans.length && state.funcRefs.size === 0) callSomething(state);
  if (state.index === 0) callTheRest(state);
  if (stackPointer !== null) holdStackPointer(state, stackPointer);
  leaveFunction(state);
  const runs = plan.counter === null ? 1 : RECURSION_MAX + 1;
  const { function: made, cost } = finished();
  return { function: made, cost: cost * runs };
}
