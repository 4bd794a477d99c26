import type { Value } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import {
  emit,
  funcRefTo,
  newValue,
  planAt,
  publish,
  sigRefTo,
  type BodyState,
  type Cell,
} from './body-state.ts';
import { checksumOf } from './checksum.ts';
import { loadFrom, storeTo } from './memory.ts';
import type { FunctionPlan, ParamRole } from './plan.ts';
import { addMemory, anyRegion } from './regions.ts';
import { anyValue } from './values.ts';

/** Instructions a call costs beside its callee's body: moves and spills, roughly. */
const CALL_COST = 8;

/** Later functions get a smaller share of the entry's budget, so that earlier ones can still afford to call them. */
const BUDGET_SHARE = 0.75;

export function canAfford(state: BodyState, target: number): boolean {
  const cost = state.multiplier * ((state.costs[target] ?? 0) + CALL_COST);
  return state.cost + cost <= state.config.dynamicInstructions * BUDGET_SHARE ** state.index;
}

function charge(state: BodyState, target: number): void {
  state.called.add(target);
  state.cost += state.multiplier * ((state.costs[target] ?? 0) + CALL_COST);
}

function functionAddress(state: BodyState, target: number): Value {
  const address = newValue(state, 'i64');
  const func = funcRefTo(state, target, state.draw.chance(state.config.colocatedCalls));
  emit(state, { kind: 'func_addr', op: 'func_addr', type: 'i64', results: [address], args: [], func });
  return address;
}

/** The address of a function: taken here, given as a parameter, or fetched back from memory. */
function addressThrough(state: BodyState, target: number): Value {
  const known = state.functionPointers.filter((p) => p.target === target);
  if (known.length > 0 && state.draw.chance(70)) return state.draw.pick(known).value;
  const address = functionAddress(state, target);
  if (!state.draw.chance(35)) {
    if (state.draw.chance(50)) state.functionPointers.push({ target, value: address });
    return address;
  }
  // The cell must not be read as data: an address differs between oracle and machine. It gets data again at once.
  const cell: Cell = addMemory(state);
  storeTo(state, cell, address);
  const loaded = loadFrom(state, cell, 'i64');
  storeTo(state, cell, anyValue(state, 'i64'));
  return loaded;
}

function argument(state: BodyState, plan: FunctionPlan, index: number): Value {
  const param = plan.signature.params[index];
  const role: ParamRole | undefined = plan.roles[index];
  if (param === undefined || role === undefined) throw new RangeError(`no parameter ${index}`);
  switch (role.kind) {
    case 'data':
      return anyValue(state, param.type);
    case 'memory':
      return anyRegion(state);
    case 'function':
      return addressThrough(state, role.target);
  }
}

function argumentsFor(state: BodyState, target: number): Value[] {
  const plan = planAt(state, target);
  return plan.signature.params.map((_, index) => argument(state, plan, index));
}

/** Calls the function planned at `target` in one of the ways CLIF has; its results join the scope. */
export function call(state: BodyState, target: number): void {
  const { draw, config } = state;
  const plan = planAt(state, target);
  const args = argumentsFor(state, target);
  const isIndirect = draw.chance(config.indirectCalls);
  const callee = isIndirect ? addressThrough(state, target) : null;
  const results = plan.signature.returns.map((r) => newValue(state, r.type));
  if (callee !== null) {
    emit(state, {
      kind: 'call_indirect',
      op: 'call_indirect',
      type: 'i64',
      results,
      args: [callee, ...args],
      sig: sigRefTo(state, target),
    });
  } else {
    const func = funcRefTo(state, target, draw.chance(config.colocatedCalls));
    emit(state, { kind: 'call', op: 'call', type: null, results, args, func });
  }
  charge(state, target);
  for (const result of results) publish(state, result);
}

function sameTypes(a: Signature, b: Signature): boolean {
  return a.returns.length === b.returns.length && a.returns.every((r, i) => r.type === b.returns[i]?.type);
}

/** Functions this one may leave to: both `tail`, equal result types (verifier, `typecheck_tail_call`). */
export function tailCallTargets(state: BodyState): readonly number[] {
  const { signature } = state.plan;
  if (signature.callConv !== 'tail' || signature.params.some((p) => p.purpose.kind === 'sret')) return [];
  const targets: number[] = [];
  for (let target = state.index + 1; target < state.plans.length; target += 1) {
    const other = planAt(state, target);
    if (other.signature.callConv !== 'tail' || !sameTypes(signature, other.signature)) continue;
    // What a tail call hands over must outlive the frame, so memory of this frame must not go along.
    if (other.roles.some((r) => r.kind === 'memory') && !state.plan.roles.some((r) => r.kind === 'memory'))
      continue;
    if (canAfford(state, target)) targets.push(target);
  }
  return targets;
}

/** Ends the block by a tail call; the checksum goes along in the first parameter that can carry it. */
export function tailCall(state: BodyState, target: number, incoming: readonly Value[]): void {
  const { draw, config } = state;
  const plan = planAt(state, target);
  let hasChecksum = false;
  const args = plan.signature.params.map((param, index) => {
    const role = plan.roles[index];
    if (role?.kind === 'memory') {
      const own = incoming.find((_, i) => state.plan.roles[i]?.kind === 'memory');
      if (own === undefined) throw new RangeError('a tail call needs memory that outlives the frame');
      return own;
    }
    if (role?.kind === 'data' && param.type === 'i64' && !hasChecksum) {
      hasChecksum = true;
      return checksumOf(state);
    }
    return argument(state, plan, index);
  });
  if (draw.chance(config.indirectCalls)) {
    const callee = addressThrough(state, target);
    const sig = sigRefTo(state, target);
    emit(state, {
      kind: 'call_indirect',
      op: 'return_call_indirect',
      type: 'i64',
      results: [],
      args: [callee, ...args],
      sig,
    });
  } else {
    const func = funcRefTo(state, target, draw.chance(config.colocatedCalls));
    emit(state, { kind: 'call', op: 'return_call', type: null, results: [], args, func });
  }
  charge(state, target);
}
