import type { Case } from '../clif/case.ts';
import type { Block, Function, Inst, Value } from '../clif/module.ts';
import { asInteger, typeInfo, type Type } from '../clif/type.ts';

type TryInst = Extract<Inst, { readonly kind: 'try_call' | 'try_call_indirect' }>;

/** The instruction with its float contexts read through bitcasts, and these. */
function withIntegerContexts(fn: Function, inst: TryInst, valueTypes: (Type | undefined)[]): readonly Inst[] {
  const casts: Inst[] = [];
  const carried = (value: Value): Value => {
    const type = fn.valueTypes[value];
    if (type === undefined || !typeInfo(type).isFloat || typeInfo(type).isVector) return value;
    const result = valueTypes.length;
    const integer = asInteger(type);
    valueTypes.push(integer);
    casts.push({
      kind: 'memory',
      op: 'bitcast',
      type: integer,
      results: [result],
      args: [value],
      flags: [],
      offset: 0,
    });
    return result;
  };
  const handlers = inst.table.handlers.map((handler) =>
    handler.kind === 'context' ? { ...handler, value: carried(handler.value) } : handler,
  );
  return casts.length === 0 ? [inst] : [...casts, { ...inst, table: { ...inst.table, handlers } }];
}

function rewriteFunction(fn: Function): Function {
  const valueTypes = [...fn.valueTypes];
  const blocks = fn.blocks.map((block): Block => {
    const last = block.insts.at(-1);
    if (last?.kind !== 'try_call' && last?.kind !== 'try_call_indirect') return block;
    const insts = withIntegerContexts(fn, last, valueTypes);
    return insts.length === 1 ? block : { ...block, insts: [...block.insts.slice(0, -1), ...insts] };
  });
  return valueTypes.length === fn.valueTypes.length ? fn : { ...fn, blocks, valueTypes };
}

/** The same case with the bits of every float that is a context in an integer: keeps clear of docs/findings.md, F15. */
export function contextsAsIntegers(kase: Case): Case {
  return { ...kase, module: { functions: kase.module.functions.map(rewriteFunction) } };
}

/** The low half of an `i128`, behind it. */
function lowHalf(value: Value, valueTypes: (Type | undefined)[]): readonly [Value, Inst] {
  const low = valueTypes.push('i64', 'i64') - 2;
  return [low, { kind: 'plain', op: 'isplit', type: 'i128', results: [low, low + 1], args: [value] }];
}

function withNarrowContexts(fn: Function): Function {
  const valueTypes = [...fn.valueTypes];
  const blocks = fn.blocks.map((block): Block => {
    const last = block.insts.at(-1);
    if (last?.kind !== 'try_call' && last?.kind !== 'try_call_indirect') return block;
    const halves: Inst[] = [];
    const handlers = last.table.handlers.map((handler) => {
      if (handler.kind !== 'context' || fn.valueTypes[handler.value] !== 'i128') return handler;
      const [value, half] = lowHalf(handler.value, valueTypes);
      halves.push(half);
      return { ...handler, value };
    });
    if (halves.length === 0) return block;
    const inst = { ...last, table: { ...last.table, handlers } };
    return { ...block, insts: [...block.insts.slice(0, -1), ...halves, inst] };
  });
  return valueTypes.length === fn.valueTypes.length ? fn : { ...fn, blocks, valueTypes };
}

/** The case with the low half of every `i128` that is a context: another program, and one that keeps clear of docs/findings.md, F16. */
export function narrowContexts(kase: Case): Case {
  return { ...kase, module: { functions: kase.module.functions.map(withNarrowContexts) } };
}
