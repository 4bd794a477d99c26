import { fName, RA, SP } from '../abi/registers.ts';
import type { CompiledFunction, ValueRange } from '../backend/compile-result.ts';
import type { Function, Value } from '../clif/module.ts';
import { bitMask, typeInfo } from '../clif/type.ts';
import type { TracedState } from '../emulator/call-trace.ts';
import type { CallInst } from './explain-calls.ts';
import type { SpillCopy } from './explain-copies.ts';
import type { CallJump } from './explain-sites.ts';

/** A function as it is traced. */
export interface TracedFunction {
  readonly fn: Function;
  readonly compiled: CompiledFunction;
  /** Each call with its jump; calls without code are left out. */
  readonly calls: readonly {
    readonly call: CallInst;
    readonly jump: CallJump;
    readonly copies: readonly SpillCopy[];
  }[];
}

/** Bits of values by number, as far as they were in a register at one of the traced instructions. */
type SeenValues = ReadonlyMap<Value, bigint>;

/** A narrow float whose upper bits were not all ones: in an f register, or on the way to its spill slot. */
interface Unboxed {
  readonly value: Value;
  /** `fa0`, `its spill slot`. */
  readonly place: string;
  readonly bits: bigint;
}

/** One execution of one call. */
export interface CallEvent {
  readonly call: CallInst;
  readonly before: TracedState;
  /** In the caller when it jumped. */
  readonly known: SeenValues;
  /** At the callee's first instruction; null where it was not seen to get there. */
  readonly entry: TracedState | null;
  readonly callee: TracedFunction | null;
  /** In the callee: as first seen, and as last. */
  readonly calleeFirst: SeenValues;
  readonly calleeLast: SeenValues;
  /** Back in the caller; null where it did not come back. */
  readonly after: TracedState | null;
  /** In the caller after the call, as first seen. */
  readonly seenAfter: SeenValues;
  /** Those of them that were defined anew since. */
  readonly redefined: ReadonlySet<Value>;
  readonly unboxed: readonly Unboxed[];
  /** Narrow floats that were seen on their way to a spill slot. */
  readonly copied: number;
}

export interface FollowedTrace {
  readonly events: readonly CallEvent[];
  /** Registers at the entry's first instruction, one for each run. */
  readonly entries: readonly TracedState[];
}

/** Up to 0.119 a label begins one byte after its instruction does. */
export function startOf(range: ValueRange): number {
  return range.start - (range.start % 2);
}

/** A traced function and its address. */
export interface Placed {
  readonly fn: TracedFunction;
  readonly start: bigint;
}

type Open = { -readonly [K in keyof CallEvent]: CallEvent[K] } & {
  readonly seenAfter: Map<Value, bigint>;
  readonly redefined: Set<Value>;
  readonly unboxed: Unboxed[];
};

interface Activation {
  readonly placed: Placed;
  readonly known: Map<Value, bigint>;
  readonly first: Map<Value, bigint>;
  /** The call under way. */
  pending: { readonly event: Open; readonly jump: CallJump } | null;
  /** Calls that came back. */
  readonly done: Open[];
}

function constantsOf(fn: Function): Map<Value, bigint> {
  const known = new Map<Value, bigint>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      const [result] = inst.results;
      if (inst.kind === 'const' && result !== undefined && widthOf(fn, result) <= 64)
        known.set(result, inst.bits);
    }
  }
  return known;
}

function widthOf(fn: Function, value: Value): number {
  const type = fn.valueTypes[value];
  return type === undefined ? Number.POSITIVE_INFINITY : typeInfo(type).bits;
}

function activate(placed: Placed): Activation {
  return { placed, known: constantsOf(placed.fn.fn), first: new Map(), pending: null, done: [] };
}

/** Reads the values that Cranelift says are in registers here. */
function look(activation: Activation, state: TracedState, offset: number): void {
  const { fn, compiled } = activation.placed.fn;
  const labels = compiled.values;
  if (labels?.isSameCode !== true) return;
  for (const range of labels.ranges) {
    const { place, value } = range;
    if ((place.kind !== 'x' && place.kind !== 'f') || offset < startOf(range) || offset >= range.end)
      continue;
    const width = widthOf(fn, value);
    if (width > 64) continue;
    const register = (place.kind === 'x' ? state.x : state.f)[place.register] ?? 0n;
    const bits = register & bitMask(width);
    const isDefinition = !labels.ranges.some(
      (other) => other.value === value && startOf(other) < startOf(range),
    );
    const isNew = isDefinition && offset === startOf(range);
    activation.known.set(value, bits);
    if (!activation.first.has(value)) activation.first.set(value, bits);
    const type = fn.valueTypes[value];
    const isUnboxed =
      place.kind === 'f' &&
      type !== undefined &&
      typeInfo(type).isFloat &&
      register >> BigInt(width) !== bitMask(64 - width);
    for (const event of activation.done) {
      if (isNew && event.seenAfter.has(value)) event.redefined.add(value);
      if (!event.seenAfter.has(value)) {
        event.seenAfter.set(value, bits);
        if (isNew) event.redefined.add(value);
      }
      if (isUnboxed && event.call.results.includes(value))
        event.unboxed.push({ value, place: fName(place.register), bits: register });
    }
  }
}

/** Holds what goes to a spill slot against what is read from it: a narrow float as a whole f register. */
function lookAtCopy(activation: Activation, state: TracedState, offset: number): void {
  const { fn, calls } = activation.placed.fn;
  for (const { call, copies } of calls) {
    for (const { at, register, value } of copies) {
      const type = fn.valueTypes[value];
      const event = activation.done.findLast((done) => done.call === call);
      if (at !== offset || event === undefined || type === undefined) continue;
      const { isFloat, isVector, bits: width } = typeInfo(type);
      const bits = state.x[register] ?? 0n;
      if (!isFloat || isVector || width >= 64) continue;
      event.copied += 1;
      if (bits >> BigInt(width) !== bitMask(64 - width))
        event.unboxed.push({ value, place: 'its spill slot', bits });
    }
  }
}

function openEvent(call: CallInst, before: TracedState, known: SeenValues): Open {
  return {
    call,
    before,
    known: new Map(known),
    entry: null,
    callee: null,
    calleeFirst: new Map(),
    calleeLast: new Map(),
    after: null,
    seenAfter: new Map(),
    redefined: new Set(),
    unboxed: [],
    copied: 0,
  };
}

/** Whether the entry is called from outside while a call is under way: the run before came to its end inside it. */
function beginsRun(state: TracedState, first: TracedState | undefined, pending: CallEvent): boolean {
  return !pending.call.isTail && state.pc === first?.pc && state.x[RA] === first.x[RA];
}

/** Calls and returns told apart in a trace; the stack of activations says whose return it is. */
export function followTrace(states: readonly TracedState[], placed: readonly Placed[]): FollowedTrace {
  const events: Open[] = [];
  const entries: TracedState[] = [];
  let stack: Activation[] = [];
  for (const state of states) {
    const here = placed.findLast(({ start }) => start <= state.pc);
    if (here === undefined) continue;
    const offset = Number(state.pc - here.start);
    if (offset === 0) {
      const caller = stack.at(-1);
      const activation = activate(here);
      if (caller?.pending == null || beginsRun(state, entries[0], caller.pending.event)) {
        entries.push(state);
        stack = [];
      } else {
        const { event } = caller.pending;
        event.entry ??= state;
        event.callee ??= here.fn;
        event.calleeFirst = activation.first;
        event.calleeLast = activation.known;
        if (event.call.isTail) stack.pop();
      }
      stack.push(activation);
      look(activation, state, offset);
      continue;
    }
    stack = withLanding(withReturn(stack, here, offset, state), here, offset, state);
    const top = stack.at(-1);
    if (top === undefined || top.placed !== here) continue;
    look(top, state, offset);
    lookAtCopy(top, state, offset);
    const jumping = here.fn.calls.find(({ jump }) => jump.start === offset);
    if (jumping !== undefined) {
      const event = openEvent(jumping.call, state, top.known);
      events.push(event);
      top.pending = { event, jump: jumping.jump };
    }
  }
  return { events, entries };
}

/** Where exceptions land that a call catches. */
export function landingsOf(compiled: CompiledFunction, jump: CallJump): readonly number[] {
  const site = compiled.callSites.find(({ offset }) => offset === jump.end);
  return site === undefined ? [] : site.handlers.map(({ offset }) => offset);
}

/** The stack after an exception came to a handler at `offset` of `here`, or the same if none did. */
function withLanding(stack: Activation[], here: Placed, offset: number, state: TracedState): Activation[] {
  const depth = stack.findLastIndex(
    ({ placed, pending }) =>
      placed === here && pending !== null && landingsOf(here.fn.compiled, pending.jump).includes(offset),
  );
  const activation = stack[depth];
  if (activation === undefined || activation.pending === null) return stack;
  // A handler may be a block that an activation further in has come to.
  if ((state.x[SP] ?? 0n) < (activation.pending.event.before.x[SP] ?? 0n)) return stack;
  activation.pending = null;
  return stack.slice(0, depth + 1);
}

/** The stack after a return to `offset` of `here`, or the same if this is no return. */
function withReturn(stack: Activation[], here: Placed, offset: number, state: TracedState): Activation[] {
  const depth = stack.findLastIndex(
    ({ placed, pending }) => placed === here && pending !== null && pending.jump.end === offset,
  );
  const activation = stack[depth];
  if (activation === undefined || activation.pending === null) return stack;
  const { event } = activation.pending;
  // The same place in a callee's own activation, which lies lower.
  if ((state.x[SP] ?? 0n) < (event.before.x[SP] ?? 0n) && depth < stack.length - 1) return stack;
  event.after = state;
  activation.pending = null;
  activation.done.push(event);
  return stack.slice(0, depth + 1);
}
