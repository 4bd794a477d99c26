import type { Case } from '../clif/case.ts';
import { layoutSignature } from '../abi/layout.ts';
import type { Block, BlockArg, ExceptionTable, Function, Value } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';
import { freshValue, startRewriting, throughEdge, type Rewriting } from './try-returns.ts';

/** Results of which a part comes back in memory, by index. */
function inMemory(signature: Signature): ReadonlySet<number> {
  const { returns } = layoutSignature(signature, { implicitReturnArea: true });
  return new Set(
    returns.flatMap(({ parts }, index) =>
      parts.some(({ place }) => place.kind === 'memory') ? [index] : [],
    ),
  );
}

/**
 * The table with a new block on the way on, which takes a result in memory once and passes it on as often as it was; null where none is passed more than
 * once. All other results stay as they were, passed twice or out of order.
 */
function passOnce(state: Rewriting, table: ExceptionTable, signature: Signature): ExceptionTable | null {
  const { args } = table.normal;
  const memory = inMemory(signature);
  const once = new Map<number, Value>();
  const params: { value: Value; type: Type }[] = [];
  const taken: BlockArg[] = [];
  let isRepeated = false;
  const passed = args.map((arg): BlockArg => {
    if (arg.kind !== 'ret') return arg;
    const known = memory.has(arg.index) ? once.get(arg.index) : undefined;
    if (known !== undefined) {
      isRepeated = true;
      return { kind: 'value', value: known };
    }
    const type = signature.returns[arg.index]?.type ?? 'i64';
    const value = freshValue(state, type);
    once.set(arg.index, value);
    params.push({ value, type });
    taken.push(arg);
    return { kind: 'value', value };
  });
  if (!isRepeated) return null;
  return throughEdge(state, table, taken, { params, insts: [], passed });
}

function rewriteFunction(fn: Function): Function {
  const types = [...fn.valueTypes];
  const edges: Block[] = [];
  const blocks = fn.blocks.map((block): Block => {
    const last = block.insts.at(-1);
    if (last?.kind !== 'try_call' && last?.kind !== 'try_call_indirect') return block;
    const signature = fn.sigRefs.get(last.table.sig);
    if (signature === undefined) return block;
    const table = passOnce(startRewriting(types, edges, fn.blocks), last.table, signature);
    return table === null ? block : { ...block, insts: [...block.insts.slice(0, -1), { ...last, table }] };
  });
  return edges.length === 0 ? fn : { ...fn, blocks: [...blocks, ...edges], valueTypes: types };
}

/** The same case with every result in memory passed on once by its try_call where registers are allocated in a single pass: keeps clear of docs/findings.md, F28. */
export function passResultsOnce(kase: Case): Case {
  if (!kase.configurations.some(({ shared }) => shared['regalloc_algorithm'] === 'single_pass')) return kase;
  const functions = kase.module.functions.map(rewriteFunction);
  return functions.every((fn, i) => fn === kase.module.functions[i])
    ? kase
    : { ...kase, module: { functions } };
}
