import type { BlockArg, BlockCall, ExceptionHandler, ExceptionTable, Inst, Value } from '../clif/module.ts';
import type { CallConv } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';
import { arithmetic } from './arithmetic.ts';
import {
  blockCall,
  branch,
  constant,
  emit,
  icmp,
  jump,
  newBlock,
  newValue,
  plain,
  publish,
  typeOf,
  type BodyState,
  type DraftBlock,
} from './body-state.ts';
import { checksumOf, fold, foldUnused } from './checksum.ts';
import {
  drawContexts,
  drawHandlerTag,
  drawTag,
  handlerOdds,
  lastContexts,
  readLive,
  withEarlyDefault,
} from './exceptions.ts';
import { leaveFunction } from './leave.ts';
import { fetchBack, putAway } from './put-away.ts';
import { enter, inEndingBlock } from './scopes.ts';
import { drawTryEdges, mixedResults } from './try-edges.ts';
import { anyValue } from './values.ts';
import type { View } from './views.ts';

/** Conventions a try_call's callee may have and that riscv64 lowers (`isa/call_conv.rs`, `supports_exceptions`). */
const CATCHABLE: readonly CallConv[] = ['system_v', 'tail', 'preserve_all'];

/** The first release with try_call. */
const TRY_CALL_RELEASE = 121;

export function canTry(state: BodyState, callConv: CallConv): boolean {
  return state.shape.release >= TRY_CALL_RELEASE && CATCHABLE.includes(callConv);
}

/** What a try_call calls. */
export type Callee =
  { readonly kind: 'direct'; readonly func: number } | { readonly kind: 'indirect'; readonly address: Value };

/** The target with a handler's payload in front of what else it takes. */
function handlerCall(
  state: BodyState,
  block: DraftBlock,
  payload: number,
  passed: readonly Value[],
): BlockCall {
  const exns: BlockArg[] = Array.from({ length: payload }, (_, index) => ({ kind: 'exn', index }));
  const call = blockCall(state, block, passed);
  return { block: call.block, args: [...exns, ...call.args] };
}

interface Handlers {
  readonly list: readonly ExceptionHandler[];
  /** Each block with how many of its parameters are payload. */
  readonly blocks: readonly { readonly block: DraftBlock; readonly payload: number }[];
}

function drawHandlers(state: BodyState): Handlers {
  const { draw } = state;
  const list: ExceptionHandler[] = [];
  const blocks: { block: DraftBlock; payload: number }[] = [];
  const odds = handlerOdds(state);
  if (draw.chance(odds.none)) return { list, blocks };
  const tags = draw.sometimes(state.config.pairedTags) ? 1 : draw.int(0, 3);
  for (let tag = 0; tag <= tags; tag += 1) {
    const contexts = drawContexts(state, tag);
    list.push(...contexts);
    const payload = draw.int(0, 2);
    const passed = draw.chance(40) ? [anyValue(state, draw.pick(state.shape.types).item)] : [];
    const types: Type[] = [...Array<Type>(payload).fill('i64'), ...passed.map((v) => typeOf(state, v))];
    const block = newBlock(state, types);
    blocks.push({ block, payload });
    const target = handlerCall(state, block, payload, passed);
    if (tag === tags && draw.chance(odds.default)) list.push({ kind: 'default', target });
    else list.push({ kind: 'tag', tag: drawHandlerTag(state, tag, contexts, list), target });
  }
  list.push(...lastContexts(state));
  return { list, blocks };
}

function tryInst(callee: Callee, args: readonly Value[], table: ExceptionTable): Inst {
  if (callee.kind === 'direct')
    return { kind: 'try_call', op: 'try_call', type: null, results: [], args, func: callee.func, table };
  return {
    kind: 'try_call_indirect',
    op: 'try_call_indirect',
    type: 'i64',
    results: [],
    args: [callee.address, ...args],
    table,
  };
}

/** The first release known to have such addresses. */
const HANDLER_ADDRESS_RELEASE = 128;

/** Takes the address of one of the handlers that the try_call ahead of this block's end has, and folds that there is one; what it is, is held against metadata (`campaign/handler-addresses.ts`). */
function takeHandlerAddress(state: BodyState, handlers: readonly ExceptionHandler[]): void {
  const { draw, config, shape, block, blocks } = state;
  const count = handlers.filter(({ kind }) => kind !== 'context').length;
  // Cranelift's verifier lets nothing refer to the entry block (`verifier/mod.rs`, `verify_block`).
  const isAllowed = block !== blocks[0] && shape.release >= HANDLER_ADDRESS_RELEASE;
  if (count === 0 || !isAllowed || !draw.sometimes(config.handlerAddresses)) return;
  const address = newValue(state, 'i64');
  emit(state, {
    kind: 'handler_address',
    op: 'get_exception_handler_address',
    type: 'i64',
    results: [address],
    args: [],
    block: block.id,
    index: draw.int(0, count - 1),
  });
  const isSome = newValue(state, 'i8');
  const args = [address, constant(state, 'i64', 0n)];
  emit(state, { kind: 'compare', op: 'icmp', type: 'i64', results: [isSome], args, cond: 'ne' });
  fold(state, isSome);
}

/** Calls again where the call throws, two or three times at most: handlers lead back to the block ahead of the call. */
function retry(state: BodyState, callee: Callee, view: View, args: readonly Value[]): void {
  const { draw } = state;
  const { returns } = view.signature;
  const kept = returns.flatMap((_, index) => (draw.chance(60) ? [index] : []));
  const types = kept.map((index) => returns[index]?.type ?? 'i64');
  const header = newBlock(state, ['i64', 'i32']);
  const attempt = newBlock(state);
  const exit = newBlock(state, ['i64', ...types]);
  const given = types.map((type) => anyValue(state, type));
  jump(state, header, [checksumOf(state), constant(state, 'i32', 0n)]);
  state.block = header;
  const [checksum, counter] = header.params.map(({ value }) => value);
  if (checksum === undefined || counter === undefined) throw new RangeError('a retry counts');
  const limit = constant(state, 'i32', BigInt(draw.int(2, 3)));
  const isLeft = icmp(state, 'ult', 'i32', counter, limit);
  branch(state, isLeft, blockCall(state, attempt), blockCall(state, exit, [checksum, ...given]));
  state.block = attempt;
  const next = plain(state, 'iadd', 'i32', [counter, constant(state, 'i32', 1n)]);
  const back = (): BlockCall => {
    const call = blockCall(state, header, [checksum, next]);
    return draw.chance(50)
      ? { ...call, args: [{ kind: 'exn', index: draw.int(0, 1) }, ...call.args.slice(1)] }
      : call;
  };
  const handlers: ExceptionHandler[] = [{ kind: 'tag', tag: drawTag(state, 0), target: back() }];
  if (draw.chance(70)) handlers.push({ kind: 'default', target: back() });
  const returned = kept.map((index): BlockArg => ({ kind: 'ret', index }));
  const first = blockCall(state, exit, [checksum]);
  const normal = { block: first.block, args: [...first.args, ...returned] };
  emit(state, tryInst(callee, args, { sig: view.sig, normal, handlers }));
  enter(state, exit);
}

/**
 * Ends the block by a try_call and goes on where it returns. What handlers do, joining the way on or leaving, is as free as
 * any block: they run only if something throws.
 */
export function tryCall(state: BodyState, callee: Callee, view: View, args: readonly Value[]): void {
  const { draw, config } = state;
  if (draw.sometimes(config.retries)) {
    retry(state, callee, view, args);
    return;
  }
  if (draw.sometimes(config.sharedEdges)) {
    const { normal, handlers, join } = drawTryEdges(state, view.signature.returns);
    takeHandlerAddress(state, handlers);
    emit(state, tryInst(callee, args, { sig: view.sig, normal, handlers }));
    join();
    return;
  }
  const { returns } = view.signature;
  const kept = draw.sometimes(config.mixedResults)
    ? mixedResults(draw, returns.length)
    : returns.flatMap((_, index) => (draw.chance(92) ? [index] : []));
  const normal = newBlock(
    state,
    kept.map((index) => returns[index]?.type ?? 'i64'),
  );
  const { list, blocks } = drawHandlers(state);
  const stored = putAway(state);
  const table = {
    sig: view.sig,
    normal: { block: normal.id, args: kept.map((index): BlockArg => ({ kind: 'ret', index })) },
    handlers: withEarlyDefault(state, list),
  };
  takeHandlerAddress(state, list);
  emit(state, tryInst(callee, args, table));
  const joining = blocks.filter(() => draw.chance(60));
  const carried = joining.length > 0 ? normal.params.slice(0, draw.int(0, 3)) : [];
  const merge = joining.length > 0 ? newBlock(state, ['i64', ...carried.map((p) => p.type)]) : null;
  const checksum = checksumOf(state);
  const useCounts = state.useCounts.slice();
  for (const entry of blocks) {
    const { block, payload } = entry;
    state.checksum = checksum;
    if (draw.chance(40)) block.cold = true;
    inEndingBlock(state, block, (mark) => {
      fetchBack(state, stored);
      block.params.forEach((param, i) => {
        if (i < payload) fold(state, param.value);
        else publish(state, param.value);
      });
      if (state.shape.throws) readLive(state, mark);
      if (draw.chance(40)) arithmetic(state);
      if (merge === null || !joining.includes(entry)) {
        leaveFunction(state);
        return;
      }
      const passed = carried.map((p) => anyValue(state, p.type));
      foldUnused(state, mark);
      jump(state, merge, [checksumOf(state), ...passed]);
    });
  }
  // What only handlers have read is still unread on the way on.
  useCounts.forEach((count, value) => {
    state.useCounts[value] = count;
  });
  state.checksum = checksum;
  if (merge === null) {
    state.block = normal;
    fetchBack(state, stored);
    for (const param of normal.params) publish(state, param.value);
    return;
  }
  inEndingBlock(state, normal, (mark) => {
    fetchBack(state, stored);
    for (const param of normal.params.slice(carried.length)) publish(state, param.value);
    foldUnused(state, mark);
    jump(state, merge, [checksumOf(state), ...carried.map((p) => p.value)]);
  });
  enter(state, merge);
}
