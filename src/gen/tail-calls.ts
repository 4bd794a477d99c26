import type { Value } from '../clif/module.ts';
import { effectiveExtension, type Signature } from '../clif/signature.ts';
import { constant, emit, funcRefFor, planAt, type BodyState } from './body-state.ts';
import { addressThrough, argument, canAfford, charge } from './call-parts.ts';
import { checksumOf } from './checksum.ts';
import { canHandOver, limitArgument } from './stack-limits.ts';
import { plainView, viewOf, type View } from './views.ts';

/** What stands for the frame pointer of a caller that is gone. */
export const NO_FRAME = 1n;

/** Whether results of `target` can stand for those of `own`: the same types, and every extension that `own` promises is made. */
export function canStandFor(target: Signature, own: Signature): boolean {
  return (
    target.returns.length === own.returns.length &&
    own.returns.every((promised, i) => {
      const made = target.returns[i];
      const wanted = effectiveExtension(promised);
      return promised.type === made?.type && (wanted === 'none' || wanted === made.extension);
    })
  );
}

function hasSret({ params }: Signature): boolean {
  return params.some(({ purpose }) => purpose.kind === 'sret');
}

/** Functions this one may leave to: both `tail`, equal result types (verifier, `typecheck_tail_call`). */
export function tailCallTargets(state: BodyState): readonly number[] {
  const { signature } = state.plan;
  const isSret = hasSret(signature);
  if (signature.callConv !== 'tail' || (isSret && !state.config.leavingSrets)) return [];
  const targets: number[] = [];
  for (let target = state.index + 1; target < state.plans.length; target += 1) {
    const other = planAt(state, target);
    if (other.signature.callConv !== 'tail' || !canStandFor(other.signature, signature)) continue;
    // It gives the pointer back for this function, whose only memory that is.
    if (isSret && !hasSret(other.signature)) continue;
    // What a tail call hands over must outlive the frame, so memory of this frame must not go along.
    if (other.roles.some((r) => r.kind === 'memory') && !state.plan.roles.some((r) => r.kind === 'memory'))
      continue;
    if (other.roles.some((r) => r.kind === 'limit' && !canHandOver(state, r))) continue;
    if (canAfford(state, target)) targets.push(target);
  }
  return targets;
}

/** Emits a tail call with arguments that are ready. */
export function emitTailCall(state: BodyState, target: number, view: View, args: readonly Value[]): void {
  const { draw, config } = state;
  if (draw.chance(config.indirectCalls)) {
    const callee = addressThrough(state, target);
    emit(state, {
      kind: 'call_indirect',
      op: 'return_call_indirect',
      type: 'i64',
      results: [],
      args: [callee, ...args],
      sig: view.sig,
    });
    return;
  }
  const func = funcRefFor(state, target, view.sig, draw.chance(config.colocatedCalls), false);
  emit(state, { kind: 'call', op: 'return_call', type: null, results: [], args, func });
}

/**
 * Arguments of a tail call: the memory that came in goes along, and the checksum in the first parameter that can carry
 * it.
 */
export function tailArguments(state: BodyState, target: number, view: View): readonly Value[] {
  const plan = planAt(state, target);
  let hasChecksum = false;
  return plan.roles.map((role, index) => {
    if (role.kind === 'memory') {
      const own = state.incoming.find((_, i) => state.plan.roles[i]?.kind === 'memory');
      if (own === undefined) throw new RangeError('a tail call needs memory that outlives the frame');
      return own;
    }
    // The frame goes away, and the callee's may come to lie where it was.
    if (role.kind === 'frame') return constant(state, 'i64', NO_FRAME);
    if (role.kind === 'limit') return limitArgument(state, role, true);
    if (role.kind === 'data' && view.signature.params[index]?.type === 'i64' && !hasChecksum) {
      hasChecksum = true;
      return checksumOf(state);
    }
    return argument(state, plan, view, index);
  });
}

/** Ends the block by a tail call. */
export function tailCall(state: BodyState, target: number): void {
  const other = viewOf(state, target);
  // A view may change result types, which a tail call must keep.
  const view = canStandFor(other.signature, state.plan.signature) ? other : plainView(state, target);
  emitTailCall(state, target, view, tailArguments(state, target, view));
  charge(state, target);
}
