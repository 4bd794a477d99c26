import { HarnessError } from '../clif/harness-error.ts';
import type { Function, Inst, Value } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { typeInfo, type TypeInfo } from '../clif/type.ts';
import type { AddressSpace } from './address-space.ts';
import type { FrameLayout, Memory } from './memory.ts';
import { UnsupportedError } from './unsupported-error.ts';

/** Where one SSA value lives. A function has one cell per value; a recursive activation saves and restores them. */
export interface Cell {
  v: bigint;
}

/** One prepared instruction. */
export type Op = () => void;

export interface PreparedBlock {
  /** Cells of the block's parameters. */
  readonly params: readonly Cell[];
  ops: readonly Op[];
  /** Runs the terminator: the next block, or null when the activation is over (see `Machine.results` and `tail`). */
  end: () => PreparedBlock | null;
  /** Fuel for one pass. */
  cost: number;
}

/** How a call that declares another signature than the callee's passes values: words cut off or extended. */
export interface FunctionView {
  readonly of: PreparedFunction;
  readonly args: (values: readonly bigint[]) => readonly bigint[];
  readonly results: (values: readonly bigint[]) => readonly bigint[];
}

export interface PreparedFunction {
  /** Null for the function as it is defined. */
  readonly view: FunctionView | null;
  /** The function under other signatures than its own, by the signature a call declares; null until there is one. */
  seenAs: Map<Signature, PreparedFunction> | null;
  readonly name: string;
  readonly signature: Signature;
  readonly address: bigint;
  params: readonly Cell[];
  /** By value number, with holes. */
  cells: readonly (Cell | undefined)[];
  entry: PreparedBlock | null;
  frame: FrameLayout;
  /** Set where the function holds something the oracle cannot do; thrown when it is called. */
  unsupported: UnsupportedError | null;
  /** Ends the run where the stack limit that these arguments lead to does not allow the activation. */
  checkLimit: ((args: readonly bigint[]) => void) | null;
  /** A runtime routine instead of blocks. */
  native: ((args: readonly bigint[]) => readonly bigint[]) | null;
  active: boolean;
  frameBase: number;
}

/** Told of calls as they happen. */
export interface TraceSink {
  readonly enter: (callee: PreparedFunction, depth: number, isTail: boolean, args: readonly bigint[]) => void;
  readonly leave: (callee: PreparedFunction, depth: number, results: readonly bigint[]) => void;
}

/** What changes while a program runs. */
export interface Machine {
  readonly memory: Memory;
  readonly space: AddressSpace;
  fuel: number;
  depth: number;
  maxDepth: number;
  results: readonly bigint[];
  /** The function a finished activation tail-calls, and its arguments. */
  tail: PreparedFunction | null;
  tailArgs: readonly bigint[];
  /** Takes down every call but the outermost; null where nobody asked. */
  trace: TraceSink | null;
  readonly byAddress: Map<bigint, PreparedFunction>;
  /**
   * Frame pointers of the live activations, innermost last; null where nothing in the module asks for one. What they are
   * depends on the address space alone, so a program that shows them gives other results in another.
   */
  frames: bigint[] | null;
  /** Bytes that an activation of a function takes, for `frames`. */
  readonly frameBytes: (callee: PreparedFunction) => bigint;
}

/** A module ready to run. Holds the state of the run in progress: one `interpret` at a time. */
export interface Program {
  readonly functions: ReadonlyMap<string, PreparedFunction>;
  readonly machine: Machine;
  /** Functions the oracle cannot run, in module order. */
  readonly unsupported: readonly UnsupportedError[];
}

/** What preparing an instruction may look at. */
export interface Scope {
  readonly source: Function;
  readonly self: PreparedFunction;
  readonly machine: Machine;
  readonly cells: (Cell | undefined)[];
  /** The named function, or null where neither the module nor the runtime has it. */
  readonly findFunction: (name: string) => PreparedFunction | null;
  readonly blocks: ReadonlyMap<number, PreparedBlock>;
}

/** Prepares an instruction; null when nothing is left to do at run time. */
export type Emit = (scope: Scope, inst: Inst) => Op | null;

export function cellOf(scope: Scope, value: Value): Cell {
  const known = scope.cells[value];
  if (known !== undefined) return known;
  const cell: Cell = { v: 0n };
  scope.cells[value] = cell;
  return cell;
}

export function broken(scope: Scope, inst: Inst, what: string): never {
  throw new HarnessError('oracle', `${scope.self.name}: ${inst.op}: ${what}`);
}

export function unsupported(scope: Scope, inst: Inst, detail = ''): never {
  const value = inst.results[0] ?? inst.args[0];
  const type = value === undefined ? undefined : scope.source.valueTypes[value];
  throw new UnsupportedError(inst.op, type ?? inst.type, scope.self.name, detail);
}

export function argCell(scope: Scope, inst: Inst, index: number): Cell {
  const value = inst.args[index];
  if (value === undefined) return broken(scope, inst, `no operand ${index}`);
  return cellOf(scope, value);
}

export function resultCell(scope: Scope, inst: Inst, index = 0): Cell {
  const value = inst.results[index];
  if (value === undefined) return broken(scope, inst, `no result ${index}`);
  return cellOf(scope, value);
}

/**
 * Makes the result another name of the operand where nothing refers to the result yet. Sound in SSA: between two
 * definitions of the operand no use of the result can be reached without passing the result's definition.
 */
export function aliasResult(scope: Scope, inst: Inst): Op | null {
  const [result] = inst.results;
  const source = argCell(scope, inst, 0);
  if (result !== undefined && scope.cells[result] === undefined) {
    scope.cells[result] = source;
    return null;
  }
  const target = resultCell(scope, inst);
  return () => {
    target.v = source.v;
  };
}

function infoOf(scope: Scope, inst: Inst, value: Value | undefined): TypeInfo {
  const type = value === undefined ? undefined : scope.source.valueTypes[value];
  if (type === undefined) return broken(scope, inst, 'a value without a type');
  return typeInfo(type);
}

export function argInfo(scope: Scope, inst: Inst, index: number): TypeInfo {
  return infoOf(scope, inst, inst.args[index]);
}

export function resultInfo(scope: Scope, inst: Inst, index = 0): TypeInfo {
  return infoOf(scope, inst, inst.results[index]);
}
