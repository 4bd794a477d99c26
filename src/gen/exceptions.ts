import type { ExceptionHandler, Inst, Value } from '../clif/module.ts';
import { typeInfo } from '../clif/type.ts';
import { constant, countUse, emit, newValue, plain, type BodyState } from './body-state.ts';
import { fold } from './checksum.ts';
import { anyValue, bitcast, comparison } from './values.ts';

/* What makes exceptions worth throwing: that most are caught, some by frames far out, and that handlers look at what was live. */

/** Of 100 calls that the entry of a throwing case makes, how many can catch. */
const ENTRY_TRIES = 96;
/** Of 100 throws, how many go through the address of what throws; Wasmtime's filetests know no other way. */
const BY_ADDRESS = 70;
/** Of 100 throws, how many take their tag from a value. */
const COMPUTED_TAGS = 30;
/** Of 100 throwing blocks, how many are entered on one more condition. */
const RARE = 50;
/** Of 100 contexts of a throwing case, how many are floats: Cranelift's verifier asks for no type. */
const FLOAT_CONTEXTS = 6;
/** The first release with `context` in handler lists. */
const CONTEXT_RELEASE = 123;
/** What far tags have more than near ones: cut to a byte the first is a near one, cut to two it is neither; the others have bits in the upper byte. */
const FAR_TAGS: readonly number[] = [0x1_0100, 0x1_0100, 0x100_0000, 0x8000_0000];
/** Values of a class that a handler reads of those that were live across the call. */
const MOST_LIVE = 8;

/** Percent of try_calls without handlers, and of the others with a default. */
export function handlerOdds({ shape, index }: BodyState): {
  readonly none: number;
  readonly default: number;
} {
  if (!shape.throws) return { none: 25, default: 50 };
  return index === 0 ? { none: 2, default: 92 } : { none: 10, default: 40 };
}

/** Percent of calls made as try_calls where they can be. */
export function tryOdds({ shape, index, config }: BodyState): number {
  return shape.throws && index === 0 ? Math.max(config.tryCalls, ENTRY_TRIES) : config.tryCalls;
}

/** `list` with its default handler ahead of others, in some cases: what follows on it is never asked. */
export function withEarlyDefault(
  { draw, config }: BodyState,
  list: readonly ExceptionHandler[],
): readonly ExceptionHandler[] {
  const last = list.find(({ kind }) => kind === 'default');
  if (last === undefined || !draw.sometimes(config.earlyDefaults)) return list;
  const others = list.filter((handler) => handler !== last);
  const at = draw.int(0, others.length);
  return [...others.slice(0, at), last, ...others.slice(at)];
}

/** Whether to throw. */
export function throwCondition(state: BodyState): Value {
  const first = comparison(state);
  return state.draw.chance(RARE) ? plain(state, 'band', 'i8', [first, comparison(state)]) : first;
}

/** `drawn` as the tag of an exception, or one of the small tags by a value. */
export function tagValue(state: BodyState, drawn: number): Value {
  if (!state.draw.chance(COMPUTED_TAGS)) return constant(state, 'i32', BigInt(drawn));
  return plain(state, 'band', 'i32', [anyValue(state, 'i32'), constant(state, 'i32', 3n)]);
}

/** Calls what throws. */
export function emitThrow(state: BodyState, func: number, sig: number, args: readonly Value[]): void {
  if (!state.draw.chance(BY_ADDRESS)) {
    emit(state, { kind: 'call', op: 'call', type: null, results: [], args, func });
    return;
  }
  const address = newValue(state, 'i64');
  const taken: Inst = { kind: 'func_addr', op: 'func_addr', type: 'i64', results: [address], args: [], func };
  emit(state, taken);
  emit(state, {
    kind: 'call_indirect',
    op: 'call_indirect',
    type: 'i64',
    results: [],
    args: [address, ...args],
    sig,
  });
}

/** One of a few tags, so that what is thrown and what is caught often meet. */
export function drawTag({ draw, config }: BodyState, turn: number): number {
  return draw.chance(config.farTags) ? turn + draw.pick(FAR_TAGS) : turn;
}

/** The tag of a handler behind `contexts`: one of its own or, where there is a context, perhaps one of those that `list` handles. */
export function drawHandlerTag(
  state: BodyState,
  turn: number,
  contexts: readonly ExceptionHandler[],
  list: readonly ExceptionHandler[],
): number {
  const { draw, config } = state;
  const tags = list.flatMap((handler) => (handler.kind === 'tag' ? [handler.tag] : []));
  const mayRepeat = contexts.length > 0 && tags.length > 0;
  return mayRepeat && draw.sometimes(config.repeatedTags) ? draw.pick(tags) : drawTag(state, turn);
}

/** What a context is, or an exception names: often one of two, so that they meet. */
export function drawInstance(state: BodyState): Value {
  return state.draw.chance(state.config.fewInstances)
    ? constant(state, 'i64', BigInt(state.draw.int(0, 1)))
    : anyValue(state, 'i64');
}

/** Handlers with one tag stand behind one instance and the other in turn. */
function drawContext(state: BodyState, turn: number): Value {
  const { draw, config } = state;
  const isInTurn = config.repeatedTags > 0 && draw.chance(config.fewInstances);
  return isInTurn ? constant(state, 'i64', BigInt(turn % 2)) : drawInstance(state);
}

function contextOf(state: BodyState, value: Value): ExceptionHandler {
  countUse(state, value);
  return { kind: 'context', value };
}

/** A context that no handler follows, for some lists. */
export function lastContexts(state: BodyState): readonly ExceptionHandler[] {
  const { draw, shape, config } = state;
  if (shape.release < CONTEXT_RELEASE || !draw.sometimes(config.moreContexts)) return [];
  return [contextOf(state, drawInstance(state))];
}

/**
 * The context of the handlers that come next, for some, now and then behind another one, which then says nothing; now and then the
 * bits of an instance as an f64.
 */
export function drawContexts(state: BodyState, turn: number): readonly ExceptionHandler[] {
  const { draw, shape, config } = state;
  if (shape.release < CONTEXT_RELEASE || !draw.chance(config.contexts)) return [];
  const instance = drawContext(state, turn);
  const isFloat = shape.throws && draw.chance(FLOAT_CONTEXTS);
  const value = isFloat ? bitcast(state, 'f64', instance) : instance;
  return [...lastContexts(state), contextOf(state, value)];
}

/** In a handler: reads some of the values in scope before `mark`, of each register class. */
export function readLive(state: BodyState, mark: number): void {
  const { draw } = state;
  const classes: Record<'integer' | 'float' | 'vector', Value[]> = { integer: [], float: [], vector: [] };
  for (let i = 0; i < mark; i += 1) {
    const value = state.scope[i];
    const type = value === undefined ? undefined : state.valueTypes[value];
    if (value === undefined || type === undefined) continue;
    const info = typeInfo(type);
    classes[info.isVector ? 'vector' : info.isFloat ? 'float' : 'integer'].push(value);
  }
  for (const values of Object.values(classes)) {
    if (values.length === 0) continue;
    for (let i = draw.int(1, Math.min(values.length, MOST_LIVE)); i > 0; i -= 1)
      fold(state, draw.pick(values));
  }
}
