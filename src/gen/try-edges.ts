import type { BlockArg, BlockCall, ExceptionHandler, Value } from '../clif/module.ts';
import type { AbiParam } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';
import {
  blockCall,
  branch,
  closeScope,
  countUse,
  jump,
  newBlock,
  openScope,
  plain,
  type BodyState,
  type DraftBlock,
} from './body-state.ts';
import { checksumOf } from './checksum.ts';
import { drawContexts, drawHandlerTag, handlerOdds, lastContexts, withEarlyDefault } from './exceptions.ts';
import { enter, inEndingBlock } from './scopes.ts';
import type { Draw } from './draw.ts';
import { anyValue, condition } from './values.ts';

/*
 * A try_call whose edges go straight to where other ways come from too: such an edge has to be split, or its target is not the block
 * that stands in the code (cranelift-codegen `machinst/blockorder.rs`, `machinst/lower.rs`, `machinst/buffer.rs`).
 */

/** Of 100 such calls, how many another way goes around. */
const BYPASSED = 60;
/** Of 100 ways on, and of 100 handlers, how many lead to the merge and not to a block in between, and of 100 handlers to that of another. */
const DIRECT = 60;
const SHARED = 50;
/**
 * Of 100 such calls, how many have handlers that lead to one block without parameters, and of 100 of these
 * handlers how many do: the blocks on such edges are empty.
 */
const BARE = 50;
const BARE_HANDLERS = 80;
/** Of 100 arguments that could be a payload, how many are. */
const PAYLOADS = 60;
/** Of 100 such calls, how many have no handlers at least. */
const UNHANDLED = 25;

/** What the edges of a try_call lead to, made ahead of it. */
export interface TryEdges {
  readonly normal: BlockCall;
  readonly handlers: readonly ExceptionHandler[];
  /** Ends the blocks in between and goes on in the merge. */
  readonly join: () => void;
}

function value(state: BodyState, one: Value): BlockArg {
  countUse(state, one);
  return { kind: 'value', value: one };
}

/** A payload for an i64, some of the time, or something that was there before. */
function handlerArg(state: BodyState, type: Type): BlockArg {
  const { draw } = state;
  if (type === 'i64' && draw.chance(PAYLOADS)) return { kind: 'exn', index: draw.int(0, 1) };
  return value(state, anyValue(state, type));
}

/** A block, one more of `relays`, that only goes on to `merge` with what it is passed. */
function between(state: BodyState, merge: DraftBlock, relays: DraftBlock[]): DraftBlock {
  const relay = newBlock(
    state,
    merge.params.map(({ type }) => type),
  );
  if (state.draw.chance(40)) relay.cold = true;
  relays.push(relay);
  return relay;
}

/** Of `count` results some, in any order, and some of them twice. */
export function mixedResults(draw: Draw, count: number): readonly number[] {
  const length = count === 0 ? 0 : draw.int(0, count + 2);
  return Array.from({ length }, () => draw.int(0, count - 1));
}

/** Of a call with these results. The current block goes on to be the one that calls. */
export function drawTryEdges(state: BodyState, returns: readonly AbiParam[]): TryEdges {
  const { draw, config } = state;
  const chosen = draw.sometimes(config.mixedResults)
    ? mixedResults(draw, returns.length)
    : returns.flatMap((_, index) => (draw.chance(50) ? [index] : []));
  const carried = chosen.slice(0, 3).map((index) => ({ type: returns[index]?.type ?? 'i64', index }));
  const types: Type[] = ['i64', ...carried.map(({ type }) => type)];
  const merge = newBlock(state, types);
  const checksum = checksumOf(state);
  const isBypassed = draw.chance(BYPASSED);
  if (isBypassed) {
    const calling = newBlock(state);
    const around = [checksum, ...carried.map(({ type }) => anyValue(state, type))];
    branch(state, condition(state), blockCall(state, calling), blockCall(state, merge, around));
    state.block = calling;
  }
  // What only the way through the call defines is not there where the ways meet.
  const mark = isBypassed ? openScope(state) : null;
  const relays: DraftBlock[] = [];
  const onward = (): DraftBlock => {
    if (draw.chance(DIRECT)) return merge;
    const last = relays.at(-1);
    return last !== undefined && draw.chance(SHARED) ? last : between(state, merge, relays);
  };
  const normal: BlockCall = {
    block: onward().id,
    args: [value(state, checksum), ...carried.map(({ index }): BlockArg => ({ kind: 'ret', index }))],
  };
  const odds = handlerOdds(state);
  const isHandled = !draw.chance(Math.max(odds.none, UNHANDLED));
  const bare = isHandled && draw.chance(BARE) ? newBlock(state) : null;
  const drawCount = (): number =>
    draw.sometimes(config.pairedTags) ? 2 : draw.int(bare === null ? 1 : 2, 3);
  const count = isHandled ? drawCount() : 0;
  const handlers: ExceptionHandler[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const contexts = drawContexts(state, turn);
    const isBare = bare !== null && draw.chance(BARE_HANDLERS);
    const target = isBare
      ? blockCall(state, bare)
      : { block: onward().id, args: types.map((type) => handlerArg(state, type)) };
    const isDefault = turn === count - 1 && draw.chance(odds.default);
    const tag = isDefault ? null : drawHandlerTag(state, turn, contexts, handlers);
    handlers.push(...contexts, tag === null ? { kind: 'default', target } : { kind: 'tag', tag, target });
  }
  if (count > 0) handlers.push(...lastContexts(state));
  const join = (): void => {
    if (bare !== null) {
      inEndingBlock(state, bare, () => {
        const passed = carried.map(({ type }) => anyValue(state, type));
        jump(state, merge, [plain(state, 'bnot', 'i64', [checksum]), ...passed]);
      });
    }
    for (const relay of relays) {
      state.block = relay;
      jump(
        state,
        merge,
        relay.params.map((param) => param.value),
      );
    }
    if (mark !== null) closeScope(state, mark);
    enter(state, merge);
  };
  return { normal, handlers: withEarlyDefault(state, handlers), join };
}
