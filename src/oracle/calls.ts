import { canBeCalledAs } from '../clif/check-signature.ts';
import type { AbiParam, Signature } from '../clif/signature.ts';
import { typeInfo } from '../clif/type.ts';
import { popFrame, pushFrame, type Memory } from './memory.ts';
import type { Cell, FunctionView, Machine, PreparedFunction } from './program.ts';
import { exhaust } from './stop.ts';
import { Thrown } from './throw.ts';

function sameTypes(x: readonly AbiParam[], y: readonly AbiParam[]): boolean {
  return x.length === y.length && x.every((param, i) => param.type === y[i]?.type);
}

/** Whether values pass between the two as CLIF sees it: conventions and extensions mean nothing here. */
export function sameShape(x: Signature, y: Signature): boolean {
  return x === y || (sameTypes(x.params, y.params) && sameTypes(x.returns, y.returns));
}

function save(cells: readonly (Cell | undefined)[]): bigint[] {
  const values: bigint[] = [];
  for (const cell of cells) values.push(cell === undefined ? 0n : cell.v);
  return values;
}

function restore(cells: readonly (Cell | undefined)[], values: readonly bigint[]): void {
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    const value = values[i];
    if (cell !== undefined && value !== undefined) cell.v = value;
  }
}

export function gather(cells: readonly Cell[]): bigint[] {
  const values: bigint[] = [];
  for (const cell of cells) values.push(cell.v);
  return values;
}

export function scatter(cells: readonly Cell[], values: readonly bigint[]): void {
  let i = 0;
  for (const cell of cells) {
    const value = values[i++];
    if (value !== undefined) cell.v = value;
  }
}

/** The function at `address`, if calling it with `signature` is defined. */
export function functionAt(machine: Machine, address: bigint, signature: Signature): PreparedFunction {
  const callee = machine.byAddress.get(address);
  if (callee === undefined) return exhaust(`wild call to 0x${address.toString(16)}`);
  if (sameShape(callee.signature, signature)) return callee;
  if (!canBeCalledAs(callee.signature, signature))
    return exhaust(`call of ${callee.name} with another signature than its own`);
  return seenAs(callee, signature);
}

/** What is passed as `sent` and read as `taken`: cut off, or extended as the sender promised. */
function converter(sent: AbiParam, taken: AbiParam): (bits: bigint) => bigint {
  const from = typeInfo(sent.type).bits;
  const to = typeInfo(taken.type).bits;
  if (to <= from) return (bits) => BigInt.asUintN(to, bits);
  if (sent.extension === 'sext') return (bits) => BigInt.asUintN(to, BigInt.asIntN(from, bits));
  return (bits) => bits;
}

function converters(
  sent: readonly AbiParam[],
  taken: readonly AbiParam[],
): (values: readonly bigint[]) => bigint[] {
  const each = sent.map((param, i) => converter(param, taken[i] ?? param));
  return (values) => each.map((convert, i) => convert(values[i] ?? 0n));
}

/** `callee` as it looks to a call that declares `signature`. */
function seenAs(callee: PreparedFunction, signature: Signature): PreparedFunction {
  callee.seenAs ??= new Map();
  const made = callee.seenAs.get(signature);
  if (made !== undefined) return made;
  const convertArgs = converters(signature.params, callee.signature.params);
  const convertResults = converters(callee.signature.returns, signature.returns);
  const view: PreparedFunction = {
    ...callee,
    signature,
    seenAs: null,
    view: { of: callee, args: convertArgs, results: convertResults },
  };
  callee.seenAs.set(signature, view);
  return view;
}

function runBlocks(machine: Machine, callee: PreparedFunction): void {
  let block = callee.entry;
  while (block !== null) {
    machine.fuel -= block.cost;
    if (machine.fuel < 0) exhaust('fuel');
    for (const op of block.ops) op();
    block = block.end();
  }
}

/** Runs one activation. Its tail call, if any, is left in `machine.tail`. */
function activate(machine: Machine, callee: PreparedFunction, args: readonly bigint[]): void {
  if (callee.unsupported !== null) throw callee.unsupported;
  if (callee.native !== null) {
    machine.results = callee.native(args);
    return;
  }
  callee.checkLimit?.(args);
  const { memory } = machine;
  const { active: wasActive, frameBase, frame } = callee;
  const saved = wasActive ? save(callee.cells) : null;
  const previousTop = memory.top;
  callee.active = true;
  scatter(callee.params, args);
  if (frame.sizeBytes > 0) callee.frameBase = pushFrame(memory, frame);
  if (machine.frames === null) runBlocks(machine, callee);
  else runFramed(machine, callee, machine.frames, () => leave(memory, callee, previousTop, frameBase, saved));
  leave(memory, callee, previousTop, frameBase, saved);
}

function leave(
  memory: Memory,
  callee: PreparedFunction,
  previousTop: number,
  frameBase: number,
  saved: readonly bigint[] | null,
): void {
  if (callee.frame.sizeBytes > 0) {
    popFrame(memory, previousTop);
    callee.frameBase = frameBase;
  }
  if (saved === null) callee.active = false;
  else restore(callee.cells, saved);
}

/** Where the module asks for frame pointers or throws: keeps the frames, and leaves an activation that is thrown through. */
function runFramed(
  machine: Machine,
  callee: PreparedFunction,
  frames: bigint[],
  leaveThrown: () => void,
): void {
  frames.push((frames.at(-1) ?? machine.space.frameTop) - machine.frameBytes(callee));
  try {
    runBlocks(machine, callee);
  } catch (error) {
    if (error instanceof Thrown) {
      frames.pop();
      leaveThrown();
    }
    throw error;
  }
  frames.pop();
}

/** Calls a function and everything it tail-calls; returns the results. The host stack grows once per CLIF call. */
export function call(machine: Machine, callee: PreparedFunction, args: readonly bigint[]): readonly bigint[] {
  if (callee.view !== null) {
    const { of, args: convert, results } = callee.view;
    return results(call(machine, of, convert(args)));
  }
  if (++machine.depth > machine.maxDepth) exhaust('call depth');
  const { trace } = machine;
  // The outermost call has depth 1 here and none in a trace.
  const depth = machine.depth - 1;
  if (trace !== null && depth > 0) trace.enter(callee, depth, false, args);
  let last = callee;
  let resultViews: FunctionView[] | null = null;
  activate(machine, callee, args);
  while (machine.tail !== null) {
    const { view } = machine.tail;
    const next: PreparedFunction = view === null ? machine.tail : view.of;
    if (view !== null) {
      machine.tailArgs = view.args(machine.tailArgs);
      (resultViews ??= []).push(view);
    }
    machine.tail = null;
    if (--machine.fuel < 0) exhaust('fuel');
    trace?.enter(next, depth, true, machine.tailArgs);
    last = next;
    activate(machine, next, machine.tailArgs);
  }
  if (trace !== null && depth > 0) trace.leave(last, depth, machine.results);
  machine.depth--;
  if (resultViews === null) return machine.results;
  return resultViews.reduceRight((results, view) => view.results(results), machine.results);
}
