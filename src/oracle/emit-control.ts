import type { BlockCall, Inst } from '../clif/module.ts';
import { call, gather, scatter } from './calls.ts';
import { callParts } from './emit-call.ts';
import {
  argCell,
  broken,
  cellOf,
  unsupported,
  type Cell,
  type Emit,
  type Op,
  type PreparedBlock,
  type Scope,
} from './program.ts';
import { trap } from './stop.ts';

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

/** `returned` holds the results of a try_call for `retN`. Exceptions are not modelled, so `exnN` is never read. */
function compileBranch(scope: Scope, inst: Inst, target: BlockCall, returned: readonly Cell[] = []): Branch {
  const block = scope.blocks.get(target.block);
  if (block === undefined) return broken(scope, inst, `no block${target.block}`);
  const from: Cell[] = [];
  for (const arg of target.args) {
    if (arg.kind === 'value') from.push(cellOf(scope, arg.value));
    else if (arg.kind === 'ret') from.push(returned[arg.index] ?? broken(scope, inst, `no ret${arg.index}`));
    else return unsupported(scope, inst, 'an exception payload on a normal edge');
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
  const normal = compileBranch(scope, inst, inst.table.normal, returned);
  return () => {
    scatter(returned, call(machine, callee(), gather(args)));
    return normal();
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
