import type { Block, BlockArg, ExceptionTable, Inst, Value } from '../clif/module.ts';
import type { AbiParam } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';

/** A function while a rewrite goes through it. */
export interface Rewriting {
  /** By value number; grows. */
  readonly types: (Type | undefined)[];
  /** Of the block under way. */
  readonly insts: Inst[];
  /** Blocks to add. */
  readonly edges: Block[];
  /** Number of the next block to add. */
  nextBlock: number;
}

export function startRewriting(
  types: (Type | undefined)[],
  edges: Block[],
  blocks: readonly Block[],
): Rewriting {
  const highest = blocks.reduce((most, block) => Math.max(most, block.id), -1);
  return { types, insts: [], edges, nextBlock: highest + 1 + edges.length };
}

export function freshValue(state: Rewriting, type: Type): Value {
  return state.types.push(type) - 1;
}

export function jumpTo(block: number, args: readonly BlockArg[]): Inst {
  return { kind: 'jump', op: 'jump', type: null, results: [], args: [], target: { block, args } };
}

/** How the results of a rewritten signature make up those of the original one. */
export interface Splitting {
  /** The types that stand for a result, in order. */
  readonly parts: (type: Type) => readonly Type[];
  /** Whether a result is another one afterwards; where absent, one whose first part is of another type. */
  readonly isSplit?: (type: Type) => boolean;
  /** Appends to `insts` what makes the result out of values of these types. */
  readonly join: (type: Type, parts: readonly Value[], insts: Inst[]) => Value;
}

/** The table with a new block on the way on: it is passed `taken` as `params` and, behind `insts`, passes `passed` to where the call returned. */
export function throughEdge(
  state: Rewriting,
  table: ExceptionTable,
  taken: readonly BlockArg[],
  edge: Pick<Block, 'params' | 'insts'> & { readonly passed: readonly BlockArg[] },
): ExceptionTable {
  const id = state.nextBlock;
  state.nextBlock += 1;
  const insts = [...edge.insts, jumpTo(table.normal.block, edge.passed)];
  state.edges.push({ id, params: edge.params, insts, cold: false });
  return { ...table, normal: { block: id, args: taken } };
}

/**
 * The table of a try_call to a callee whose results, once `returns`, are split: a new block takes the parts and goes on to where
 * the call returned with what they make.
 */
export function splitReturns(
  state: Rewriting,
  table: ExceptionTable,
  returns: readonly AbiParam[],
  splitting: Splitting,
): ExceptionTable {
  const isSplit = splitting.isSplit ?? ((type: Type) => splitting.parts(type)[0] !== type);
  if (!returns.some(({ type }) => isSplit(type)) || !table.normal.args.some((arg) => arg.kind === 'ret'))
    return table;
  const firsts: number[] = [];
  let count = 0;
  for (const { type } of returns) {
    firsts.push(count);
    count += splitting.parts(type).length;
  }
  const insts: Inst[] = [];
  const params: { value: Value; type: Type }[] = [];
  const taken: BlockArg[] = [];
  const passed = table.normal.args.map((arg): BlockArg => {
    if (arg.kind !== 'ret') return arg;
    const type = returns[arg.index]?.type ?? 'i64';
    const first = firsts[arg.index] ?? 0;
    const parts = splitting.parts(type).map((part, i) => {
      const value = freshValue(state, part);
      params.push({ value, type: part });
      taken.push({ kind: 'ret', index: first + i });
      return value;
    });
    return { kind: 'value', value: splitting.join(type, parts, insts) };
  });
  return throughEdge(state, table, taken, { params, insts, passed });
}
