import type { Function, GlobalValue, Value } from '../clif/module.ts';
import { addSlot, constant, plain, type BodyState } from './body-state.ts';
import { callsForCertain } from '../clif/stack-limit.ts';
import type { LimitRole } from './limit-role.ts';
import { pointerTo, storeTo } from './memory.ts';

/** Below every stack. */
export const LOW_LIMITS: readonly bigint[] = [0n, 1n, 16n, 4096n, 0xfff0n];
/**
 * Above every stack, by so much that the frame can still be added (cranelift-codegen `machinst/abi.rs`, `insert_stack_check`: below
 * 32 KiB it adds without looking for an overflow).
 */
const HIGH: readonly bigint[] = [
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_8000n,
  0xffff_ffff_0000_0000n,
  0xc000_0000_0000_0000n,
];

/** A frame as large is added only to a limit that the stack has not passed by itself; added to the highest of these it would wrap around. */
const CHECKED_FIRST_BYTES = 0x8000;
const WRAPS_AROUND = 0xffff_ffff_ffff_8000n;
/** Percent of limits for such a frame that may trap, and of these that wrap around; of limits for a relay that may trap. */
const LARGE_FRAME_ODDS = 60;
const RELAY_ODDS = 60;

function sameChain(x: readonly number[], y: readonly number[]): boolean {
  return x.length === y.length && x.every((offset, i) => offset === y[i]);
}

/** The vmctx that came in, where it leads to a limit as `role` wants it and may be passed on. */
function ownLimit(state: BodyState, role: LimitRole): Value | null {
  const index = state.plan.roles.findIndex((own) => own.kind === 'limit');
  const own = state.plan.roles[index];
  const value = state.incoming[index];
  if (own?.kind !== 'limit' || value === undefined || !sameChain(own.chain, role.chain)) return null;
  return own.mayTrap && !role.mayTrap ? null : value;
}

/** Whether a tail call can hand a limit over: memory of this frame must not go along. */
export function canHandOver(state: BodyState, role: LimitRole): boolean {
  return role.chain.length === 0 || ownLimit(state, role) !== null;
}

/** A limit so far below a slot of this frame that the callee's frame just passes it. */
function nearLimit(state: BodyState, frameBytes: number): Value {
  const slot = addSlot(state, 8, 8);
  const pointer = pointerTo(state, { base: { kind: 'slot', slot }, offset: 0 });
  return plain(state, 'isub', 'i64', [pointer, constant(state, 'i64', BigInt(frameBytes))]);
}

/** A limit that traps or, most often, says nothing. Where this frame gives way to the callee's, no limit is near a slot of it. */
function drawValue(state: BodyState, role: LimitRole, outlives: boolean): Value {
  const { draw, config } = state;
  const { mayTrap, frameBytes } = role;
  const isLarge = frameBytes >= CHECKED_FIRST_BYTES;
  const odds = isLarge ? LARGE_FRAME_ODDS : role.isRelay ? RELAY_ODDS : config.highStackLimits;
  if (!mayTrap || !draw.chance(odds)) return constant(state, 'i64', draw.pick(LOW_LIMITS));
  if (isLarge && draw.chance(LARGE_FRAME_ODDS)) return constant(state, 'i64', WRAPS_AROUND);
  if (frameBytes > 0 && !outlives && draw.chance(config.nearStackLimits)) return nearLimit(state, frameBytes);
  return constant(state, 'i64', draw.pick(HIGH));
}

/** What stands for the vmctx of a function with a limit; with `outlives` it needs nothing of this frame. */
export function limitArgument(state: BodyState, role: LimitRole, outlives: boolean): Value {
  const { draw } = state;
  const own = ownLimit(state, role);
  if (own !== null && ((outlives && role.chain.length > 0) || draw.chance(50))) return own;
  let value = drawValue(state, role, outlives);
  for (const offset of role.chain.toReversed()) {
    const slot = addSlot(state, Math.abs(offset) + 8, 8);
    storeTo(state, { base: { kind: 'slot', slot }, offset: Math.max(offset, 0) }, value);
    value = pointerTo(state, { base: { kind: 'slot', slot }, offset: Math.max(-offset, 0) });
  }
  return value;
}

type LimitDeclarations = Pick<Function, 'globalValues' | 'stackLimit'>;

const NO_LIMIT: LimitDeclarations = { globalValues: new Map(), stackLimit: null };

/** Whether the check is certain without a slot; asked only with near limits, so that all other cases stay what they are. */
function isCheckedAnyway({ config, blocks }: BodyState): boolean {
  return config.nearStackLimits > 0 && callsForCertain(blocks[0]);
}

/**
 * The function's own limit. Where a limit may trap, there has to be a frame or a call for certain: a leaf without a frame is not checked
 * (`machinst/abi.rs`, `gen_prologue`).
 */
export function declareLimit(state: BodyState): LimitDeclarations {
  const role = state.plan.roles.find((own) => own.kind === 'limit');
  if (role?.kind !== 'limit') return NO_LIMIT;
  if (role.frameBytes > 0) addSlot(state, role.frameBytes, 8);
  else if (role.mayTrap && state.stackSlots.size === 0 && !isCheckedAnyway(state)) addSlot(state, 8, 8);
  const globalValues = new Map<number, GlobalValue>([[0, { kind: 'vmctx' }]]);
  role.chain.forEach((offset, base) => {
    globalValues.set(base + 1, {
      kind: 'load',
      type: 'i64',
      flags: ['notrap', 'aligned'],
      base,
      offset,
    });
  });
  return { globalValues, stackLimit: role.chain.length };
}
