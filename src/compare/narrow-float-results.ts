import type { Case } from '../clif/case.ts';
import { functionNameText, type Block, type Function, type Inst, type Value } from '../clif/module.ts';
import type { AbiParam, Signature } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';
import { freshValue, splitReturns, startRewriting, type Rewriting } from './try-returns.ts';

/** The integer that carries a float narrower than an f register; null for every other type. */
function carrierOf(type: Type | undefined): Type | null {
  return type === 'f32' ? 'i32' : type === 'f16' ? 'i16' : null;
}

type TryInst = Extract<Inst, { readonly kind: 'try_call' | 'try_call_indirect' }>;

function carriedParam(param: AbiParam): AbiParam {
  return { ...param, type: carrierOf(param.type) ?? param.type };
}

function carriedSignature(signature: Signature): Signature {
  return { ...signature, returns: signature.returns.map(carriedParam) };
}

function bitcast(type: Type, result: Value, arg: Value): Inst {
  return { kind: 'memory', op: 'bitcast', type, results: [result], args: [arg], flags: [], offset: 0 };
}

/** The value as its carrier, by a bitcast in front of whatever comes next. */
function toCarrier(state: Rewriting, value: Value): Value {
  const carrier = carrierOf(state.types[value]);
  if (carrier === null) return value;
  const carried = freshValue(state, carrier);
  state.insts.push(bitcast(carrier, carried, value));
  return carried;
}

function rewriteCall(state: Rewriting, inst: Inst): void {
  const after: Inst[] = [];
  const results = inst.results.map((result) => {
    const type = state.types[result];
    const carrier = carrierOf(type);
    if (carrier === null || type === undefined) return result;
    const carried = freshValue(state, carrier);
    after.push(bitcast(type, result, carried));
    return carried;
  });
  state.insts.push({ ...inst, results }, ...after);
}

function rewriteTry(state: Rewriting, inst: TryInst, fn: Function): void {
  const returns = fn.sigRefs.get(inst.table.sig)?.returns ?? [];
  const table = splitReturns(state, inst.table, returns, {
    parts: (type) => [carrierOf(type) ?? type],
    join: (type, parts, insts) => {
      const [part = 0] = parts;
      if (carrierOf(type) === null) return part;
      const result = freshValue(state, type);
      insts.push(bitcast(type, result, part));
      return result;
    },
  });
  state.insts.push({ ...inst, table });
}

function rewriteBlock(
  fn: Function,
  block: Block,
  types: (Type | undefined)[],
  edges: Block[],
  carriesResults: boolean,
): Block {
  const state = startRewriting(types, edges, fn.blocks);
  for (const inst of block.insts) {
    if (inst.op === 'call' || inst.op === 'call_indirect') rewriteCall(state, inst);
    else if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') rewriteTry(state, inst, fn);
    else if (inst.op === 'return' && carriesResults) {
      const args = inst.args.map((arg) => toCarrier(state, arg));
      state.insts.push({ ...inst, args });
    } else state.insts.push(inst);
  }
  return { ...block, insts: state.insts };
}

function rewriteFunction(fn: Function, carriesResults: boolean): Function {
  const types = [...fn.valueTypes];
  const edges: Block[] = [];
  const blocks = fn.blocks.map((block) => rewriteBlock(fn, block, types, edges, carriesResults));
  return {
    ...fn,
    signature: carriesResults ? carriedSignature(fn.signature) : fn.signature,
    sigRefs: new Map([...fn.sigRefs].map(([number, signature]) => [number, carriedSignature(signature)])),
    blocks: [...blocks, ...edges],
    valueTypes: types,
  };
}

/** Whether the entry's own results must change: it is called, or it leaves by a tail call. */
function entryTakesPart(kase: Case, entry: string): boolean {
  return kase.module.functions.some((fn) => {
    const isNamed = [...fn.funcRefs.values()].some((ref) => functionNameText(ref.name) === entry);
    const isEntry = functionNameText(fn.name) === entry;
    return isNamed || (isEntry && fn.blocks.some((b) => b.insts.some((i) => i.op.startsWith('return_call'))));
  });
}

/**
 * The same program with every f32 and f16 result between functions carried as the integer of its bits. Outcomes keep
 * their bits. A failure that this ends is one of narrow float results (docs/findings.md, F3).
 */
export function carryNarrowFloatResults(kase: Case): Case {
  const entry = functionNameText(kase.entry);
  const withEntry = entryTakesPart(kase, entry);
  const functions = kase.module.functions.map((fn) =>
    rewriteFunction(fn, withEntry || functionNameText(fn.name) !== entry),
  );
  return { ...kase, module: { functions } };
}
