import type { BlockCall, ExceptionTable, Inst } from '../clif/module.ts';
import { call, gather, scatter } from './calls.ts';
import { callParts } from './emit-call.ts';
import {
  argCell,
  broken,
  cellOf,
  type Cell,
  type Emit,
  type Op,
  type PreparedBlock,
  type Scope,
} from './program.ts';
import { exhaust, trap } from './stop.ts';
import { Thrown } from './throw.ts';

/** Passes the block arguments and gives the block. */
type Branch = () => PreparedBlock;
type Terminator = () => PreparedBlock | null;

/** Block arguments move all at once: a target's parameter may also be a source. */
function compileMoves(from: readonly Cell[], to: readonly Cell[]): Op | null {
  const [source, ...more] = from;
  const [target] = to;
  if (source === undefined || target === undefined) return null;
  if (more.length === 0) {
    return () => {
      target.v = source.v;
    };
  }
  return () => scatter(to, gather(from));
}

/** What `retN` and `exnN` stand for in the targets of a try_call. */
interface TryCells {
  readonly ret: readonly Cell[];
  readonly exn: readonly Cell[];
}

const NO_CELLS: TryCells = { ret: [], exn: [] };

function compileBranch(scope: Scope, inst: Inst, target: BlockCall, cells: TryCells = NO_CELLS): Branch {
  const block = scope.blocks.get(target.block);
  if (block === undefined) return broken(scope, inst, `no block${target.block}`);
  const from: Cell[] = [];
  for (const arg of target.args) {
    if (arg.kind === 'value') from.push(cellOf(scope, arg.value));
    else from.push(cells[arg.kind][arg.index] ?? broken(scope, inst, `no ${arg.kind}${arg.index}`));
  }
  if (from.length !== block.params.length)
    return broken(scope, inst, `wrong arguments for block${target.block}`);
  const moves = compileMoves(from, block.params);
  if (moves === null) return () => block;
  return () => {
    moves();
    return block;
  };
}

function compileReturn(scope: Scope, inst: Inst): Terminator {
  const { machine } = scope;
  const cells = inst.args.map((v) => cellOf(scope, v));
  return () => {
    machine.results = gather(cells);
    return null;
  };
}

function compileTailCall(scope: Scope, inst: Inst): Terminator {
  const { machine } = scope;
  const { callee, args } = callParts(scope, inst);
  return () => {
    machine.tail = callee();
    machine.tailArgs = gather(args);
    return null;
  };
}

function compileTryCall(scope: Scope, inst: Inst): Terminator {
  if (inst.kind !== 'try_call' && inst.kind !== 'try_call_indirect')
    return broken(scope, inst, 'not a try_call');
  const { machine } = scope;
  const { callee, args } = callParts(scope, inst);
  const signature = scope.source.sigRefs.get(inst.table.sig);
  if (signature === undefined) return broken(scope, inst, `no signature sig${inst.table.sig}`);
  const returned = signature.returns.map((): Cell => ({ v: 0n }));
  const normal = compileBranch(scope, inst, inst.table.normal, { ret: returned, exn: [] });
  const payload = Array.from({ length: PAYLOADS }, (): Cell => ({ v: 0n }));
  const handlerOf = compileHandlers(scope, inst, inst.table, { ret: [], exn: payload });
  return () => {
    const { depth } = machine;
    const live = machine.frames?.length ?? 0;
    try {
      scatter(returned, call(machine, callee(), gather(args)));
    } catch (error) {
      if (!(error instanceof Thrown) || live <= error.outermost) throw error;
      const handler = handlerOf(error.tag, error.instance);
      if (handler === null) throw error;
      machine.depth = depth;
      scatter(payload, error.payload);
      return handler();
    }
    return normal();
  };
}

/** Registers that carry an exception to its handler, on every ISA that has any (`isa/call_conv.rs`, exception_payload_types). */
const PAYLOADS = 2;

interface Catch {
  /** Null: a default. */
  readonly tag: number | null;
  /** The context before it, if any. */
  readonly context: Cell | null;
  readonly branch: Branch;
}

function compileCatches(scope: Scope, inst: Inst, table: ExceptionTable, cells: TryCells): readonly Catch[] {
  const catches: Catch[] = [];
  let context: Cell | null = null;
  for (const handler of table.handlers) {
    if (handler.kind === 'context') {
      context = cellOf(scope, handler.value);
      continue;
    }
    const branch = compileBranch(scope, inst, handler.target, cells);
    catches.push({ tag: handler.kind === 'tag' ? handler.tag : null, context, branch });
  }
  return catches;
}

/**
 * The handler for a tag, if any. Where the throw names an instance, a handler that follows a context takes only the tag's instance
 * that is the context's value.
 */
function compileHandlers(
  scope: Scope,
  inst: Inst,
  table: ExceptionTable,
  cells: TryCells,
): (tag: number, instance: bigint | null) => Branch | null {
  const catches = compileCatches(scope, inst, table, cells);
  return (tag, instance) => {
    const isMeant = (one: Catch): boolean =>
      one.tag === tag && (instance === null || one.context === null || one.context.v === instance);
    const first = catches.find((one) => one.tag === null || isMeant(one));
    if (first === undefined) return null;
    // `ir/exception_table.rs` says that the tag comes first wherever it stands, unwinders take the first that fits.
    if (first.tag === null && catches.some(isMeant))
      return exhaust('a default handler before one with the tag');
    return first.branch;
  };
}

/** Prepares a block's last instruction; null when it is no terminator. */
export function compileTerminator(scope: Scope, inst: Inst): Terminator | null {
  switch (inst.kind) {
    case 'jump':
      return compileBranch(scope, inst, inst.target);
    case 'brif': {
      const c = argCell(scope, inst, 0);
      const then = compileBranch(scope, inst, inst.then);
      const otherwise = compileBranch(scope, inst, inst.else);
      return () => (c.v === 0n ? otherwise() : then());
    }
    case 'br_table': {
      const index = argCell(scope, inst, 0);
      const table = inst.table.map((target) => compileBranch(scope, inst, target));
      const fallback = compileBranch(scope, inst, inst.fallback);
      return () => (table[Number(index.v)] ?? fallback)();
    }
    case 'try_call':
    case 'try_call_indirect':
      return compileTryCall(scope, inst);
    case 'call':
      return inst.op === 'return_call' ? compileTailCall(scope, inst) : null;
    case 'call_indirect':
      return inst.op === 'return_call_indirect' ? compileTailCall(scope, inst) : null;
    case 'trap': {
      if (inst.op !== 'trap') return null;
      const { code } = inst;
      return () => trap(code);
    }
    default:
      return inst.op === 'return' ? compileReturn(scope, inst) : null;
  }
}

function conditionalTrap(whenZero: boolean): Emit {
  return (scope, inst) => {
    if (inst.kind !== 'trap') return broken(scope, inst, 'no trap code');
    const { code } = inst;
    const c = argCell(scope, inst, 0);
    return () => {
      if ((c.v === 0n) === whenZero) trap(code);
    };
  };
}

export const CONTROL_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ['trapz', conditionalTrap(true)],
  ['trapnz', conditionalTrap(false)],
]);
