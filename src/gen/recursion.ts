import type { Value } from '../clif/module.ts';
import { pickWeighted } from './weighted.ts';
import { blockCall, branch, constant, icmp, jump, newBlock, plain, type BodyState } from './body-state.ts';
import { argumentsFor } from './call-parts.ts';
import { emitCall } from './calls.ts';
import { checksumOf, foldUnused } from './checksum.ts';
import { enter, inEndingBlock } from './scopes.ts';
import { emitTailCall, tailArguments } from './tail-calls.ts';
import { anyValue } from './values.ts';
import { plainView } from './views.ts';

/** Of 100 recursive functions that can tail-call, how many recurse by a tail call. */
const TAIL_RECURSION = 60;

function isPositive(state: BodyState, counter: Value): Value {
  const zero = constant(state, 'i32', 0n);
  return icmp(state, 'ne', 'i32', counter, zero);
}

function oneLess(state: BodyState, counter: Value): Value {
  return plain(state, 'isub', 'i32', [counter, constant(state, 'i32', 1n)]);
}

function withCounter(args: readonly Value[], at: number, counter: Value): readonly Value[] {
  return args.map((arg, i) => (i === at ? counter : arg));
}

function canTailCallItself(state: BodyState): boolean {
  const { endsInTrap, signature } = state.plan;
  const { callConv, params } = signature;
  return callConv === 'tail' && !endsInTrap && !params.some((p) => p.purpose.kind === 'sret');
}

/** Calls the function itself while the counter among its parameters is positive; at most once in a body, outside of loops. */
export function recurse(state: BodyState): void {
  const { draw, plan, index } = state;
  const at = plan.counter;
  const counter = at === null ? undefined : state.incoming[at];
  if (at === null || counter === undefined) return;
  const again = newBlock(state);
  const stay = newBlock(state);
  branch(state, isPositive(state, counter), blockCall(state, again), blockCall(state, stay));
  const checksum = checksumOf(state);
  const useCounts = state.useCounts.slice();
  const view = plainView(state, index);
  const isTail = canTailCallItself(state) && draw.chance(TAIL_RECURSION);
  const carried = isTail ? [] : [pickWeighted(draw, state.shape.types)];
  const merge = isTail ? null : newBlock(state, ['i64', ...carried]);
  inEndingBlock(state, again, (mark) => {
    if (merge === null) {
      foldUnused(state, 0);
      const args = tailArguments(state, index, view);
      emitTailCall(state, index, view, withCounter(args, at, oneLess(state, counter)));
      return;
    }
    const args = argumentsFor(state, index, view);
    emitCall(state, index, view, withCounter(args, at, oneLess(state, counter)));
    const passed = carried.map((type) => anyValue(state, type));
    foldUnused(state, mark);
    jump(state, merge, [checksumOf(state), ...passed]);
  });
  useCounts.forEach((count, value) => {
    state.useCounts[value] = count;
  });
  state.checksum = checksum;
  if (merge === null) {
    state.block = stay;
    return;
  }
  inEndingBlock(state, stay, (mark) => {
    const passed = carried.map((type) => anyValue(state, type));
    foldUnused(state, mark);
    jump(state, merge, [checksumOf(state), ...passed]);
  });
  enter(state, merge);
}
