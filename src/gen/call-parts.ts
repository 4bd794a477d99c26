import type { Value } from '../clif/module.ts';
import {
  constant,
  emit,
  funcRefTo,
  newValue,
  plain,
  planAt,
  type BodyState,
  type Cell,
} from './body-state.ts';
import { loadFrom, storeTo } from './memory.ts';
import { RECURSION_MAX, type FunctionPlan } from './plan.ts';
import { addMemory, anyRegion } from './regions.ts';
import { limitArgument } from './stack-limits.ts';
import { anyValue } from './values.ts';
import type { View } from './views.ts';

/** Instructions a call costs beside its callee's body: moves and spills, roughly. */
const CALL_COST = 8;

/** Later functions get a smaller share of the entry's budget, so that earlier ones can still afford to call them. */
const BUDGET_SHARE = 0.75;

export function canAfford(state: BodyState, target: number): boolean {
  const cost = state.multiplier * ((state.costs[target] ?? 0) + CALL_COST);
  const runs = state.plan.counter === null ? 1 : RECURSION_MAX + 1;
  return state.cost + cost <= (state.config.dynamicInstructions * BUDGET_SHARE ** state.index) / runs;
}

export function charge(state: BodyState, target: number): void {
  state.called.add(target);
  state.cost += state.multiplier * ((state.costs[target] ?? 0) + CALL_COST);
}

function functionAddress(state: BodyState, target: number): Value {
  const address = newValue(state, 'i64');
  const func = funcRefTo(state, target, state.draw.chance(state.config.colocatedCalls));
  emit(state, { kind: 'func_addr', op: 'func_addr', type: 'i64', results: [address], args: [], func });
  return address;
}

/** An i64 that nothing is loaded for: where conversions may load, one of the cells holds an address yet. */
function otherData(state: BodyState): Value {
  const { draw, config } = state;
  return config.otherConversions > 0 ? constant(state, 'i64', draw.bits(64)) : anyValue(state, 'i64');
}

/** The address of a function: taken here, given as a parameter, or fetched back from memory. */
export function addressThrough(state: BodyState, target: number): Value {
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
  storeTo(state, cell, otherData(state));
  return loaded;
}

/** What stands for parameter `index` of the function planned as `plan` where it is called as `view` says. */
export function argument(state: BodyState, plan: FunctionPlan, view: View, index: number): Value {
  const param = view.signature.params[index];
  const role = plan.roles[index];
  if (param === undefined || role === undefined) throw new RangeError(`no parameter ${index}`);
  switch (role.kind) {
    case 'data':
      return anyValue(state, param.type);
    case 'memory':
      return anyRegion(state);
    case 'function':
      return addressThrough(state, role.target);
    case 'frame':
      return plain(state, 'get_frame_pointer', 'i64', []);
    case 'limit':
      return limitArgument(state, role, false);
    case 'counter':
      return constant(state, param.type, BigInt(state.draw.int(0, RECURSION_MAX)));
  }
}

export function argumentsFor(state: BodyState, target: number, view: View): Value[] {
  const plan = planAt(state, target);
  return plan.roles.map((_, index) => argument(state, plan, view, index));
}
