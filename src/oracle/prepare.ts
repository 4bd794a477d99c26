import { HarnessError } from '../clif/harness-error.ts';
import { functionNameText, type Block, type Function, type Module } from '../clif/module.ts';
import { compileTerminator } from './emit-control.ts';
import { DEFAULT_SPACE, type AddressSpace } from './address-space.ts';
import { emitFor } from './emit.ts';
import { libcall } from './libcalls.ts';
import { createMemory, layOutFrame, type Memory } from './memory.ts';
import {
  cellOf,
  unsupported,
  type Machine,
  type Op,
  type PreparedBlock,
  type PreparedFunction,
  type Program,
  type Scope,
} from './program.ts';
import { stackLimitCheck } from './stack-limit.ts';
import { throwRoutine } from './throw.ts';
import { UnsupportedError } from './unsupported-error.ts';

/** Runs never overlap, so all programs share one address space; allocating it per module would cost more than a run. */
let sharedMemory: Memory | null = null;

function addressOf(space: AddressSpace, index: number): bigint {
  return space.functionBase + 16n * BigInt(index);
}

function unreachableEnd(): never {
  throw new HarnessError('oracle', 'a block was entered that was never prepared');
}

function declare(source: Function, address: bigint, space: AddressSpace): PreparedFunction {
  return {
    name: functionNameText(source.name),
    signature: source.signature,
    address,
    params: [],
    cells: [],
    entry: null,
    frame: layOutFrame(source.stackSlots, space.hasLooseSlots),
    view: null,
    seenAs: null,
    unsupported: null,
    checkLimit: null,
    native: null,
    active: false,
    frameBase: 0,
  };
}

function prepareBlock(scope: Scope, source: Block, block: PreparedBlock): void {
  const ops: Op[] = [];
  for (const inst of source.insts) {
    const emit = emitFor(inst.op);
    if (emit !== undefined) {
      const op = emit(scope, inst);
      if (op !== null) ops.push(op);
      continue;
    }
    block.end = compileTerminator(scope, inst) ?? unsupported(scope, inst);
  }
  block.ops = ops;
  block.cost = source.insts.length;
}

function prepareFunction(scope: Scope): void {
  const { source, self } = scope;
  if (source.dynamic !== undefined)
    throw new UnsupportedError('dynamic vectors', null, self.name, 'their length is not known');
  for (const sourceBlock of source.blocks) {
    const block = scope.blocks.get(sourceBlock.id);
    if (block !== undefined) prepareBlock(scope, sourceBlock, block);
  }
  self.checkLimit = stackLimitCheck(source, scope.machine.memory);
  const [first] = source.blocks;
  self.entry = first === undefined ? null : (scope.blocks.get(first.id) ?? null);
  self.params = self.entry?.params ?? [];
  self.cells = scope.cells;
}

function openScope(
  source: Function,
  self: PreparedFunction,
  machine: Machine,
  findFunction: (name: string) => PreparedFunction | null,
): Scope {
  const blocks = new Map<number, PreparedBlock>();
  const scope: Scope = { source, self, machine, cells: [], findFunction, blocks };
  for (const block of source.blocks) {
    const params = block.params.map((p) => cellOf(scope, p.value));
    blocks.set(block.id, { params, ops: [], end: unreachableEnd, cost: 0 });
  }
  return scope;
}

/**
 * Compiles every function once, for any number of `interpret` calls. Functions with constructs the oracle does not
 * know are listed in `unsupported`; calling one throws that `UnsupportedError`. An invalid module is a HarnessError.
 */
export function prepare(module: Module, space: AddressSpace = DEFAULT_SPACE): Program {
  sharedMemory ??= createMemory();
  const machine: Machine = {
    memory: sharedMemory,
    space,
    fuel: 0,
    depth: 0,
    maxDepth: 0,
    results: [],
    tail: null,
    tailArgs: [],
    trace: null,
    byAddress: new Map(),
    frames: null,
    frameBytes: (callee) => space.frameBytes((callee.address - space.functionBase) / 16n),
  };
  const functions = new Map<string, PreparedFunction>();
  const pairs: [Function, PreparedFunction][] = [];
  for (const source of module.functions) {
    const self = declare(source, addressOf(space, functions.size), space);
    functions.set(self.name, self);
    machine.byAddress.set(self.address, self);
    pairs.push([source, self]);
  }
  const routines = new Map<string, PreparedFunction>();
  const findFunction = (name: string): PreparedFunction | null => {
    const known = functions.get(name) ?? routines.get(name);
    if (known !== undefined) return known;
    const address = addressOf(space, machine.byAddress.size);
    const routine = libcall(name, address) ?? throwRoutine(name, address, machine);
    if (routine === null) return null;
    routines.set(name, routine);
    machine.byAddress.set(routine.address, routine);
    return routine;
  };
  const unsupportedFunctions: UnsupportedError[] = [];
  for (const [source, self] of pairs) {
    try {
      prepareFunction(openScope(source, self, machine, findFunction));
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      self.unsupported = error;
      unsupportedFunctions.push(error);
    }
  }
  return { functions, machine, unsupported: unsupportedFunctions };
}
