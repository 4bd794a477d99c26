import type { Case } from '../clif/case.ts';
import type { Block, Function, Inst, Value } from '../clif/module.ts';
import { asInteger, typeInfo, type Type } from '../clif/type.ts';

/** What stands for a context: the instruction that makes it of `value`, with the types of its results; null where it stays. */
type Carry = (
  value: Value,
  type: Type,
  next: Value,
) => { readonly inst: Inst; readonly types: readonly Type[] } | null;

/** The function with the first result of `carry` in the place of each context. */
function rewriteFunction(fn: Function, carry: Carry): Function {
  const valueTypes = [...fn.valueTypes];
  const blocks = fn.blocks.map((block): Block => {
    const last = block.insts.at(-1);
    if (last?.kind !== 'try_call' && last?.kind !== 'try_call_indirect') return block;
    const made: Inst[] = [];
    const handlers = last.table.handlers.map((handler) => {
      const type = handler.kind === 'context' ? fn.valueTypes[handler.value] : undefined;
      if (handler.kind !== 'context' || type === undefined) return handler;
      const value = valueTypes.length;
      const carried = carry(handler.value, type, value);
      if (carried === null) return handler;
      valueTypes.push(...carried.types);
      made.push(carried.inst);
      return { ...handler, value };
    });
    if (made.length === 0) return block;
    const inst = { ...last, table: { ...last.table, handlers } };
    return { ...block, insts: [...block.insts.slice(0, -1), ...made, inst] };
  });
  return valueTypes.length === fn.valueTypes.length ? fn : { ...fn, blocks, valueTypes };
}

function rewriteContexts(kase: Case, carry: Carry): Case {
  return { ...kase, module: { functions: kase.module.functions.map((fn) => rewriteFunction(fn, carry)) } };
}

const bitsOfFloat: Carry = (value, type, next) => {
  if (!typeInfo(type).isFloat || typeInfo(type).isVector) return null;
  const integer = asInteger(type);
  const names = { type: integer, results: [next], args: [value] };
  return { inst: { kind: 'memory', op: 'bitcast', ...names, flags: [], offset: 0 }, types: [integer] };
};

const lowHalf: Carry = (value, type, next) =>
  type === 'i128'
    ? {
        inst: { kind: 'plain', op: 'isplit', type, results: [next, next + 1], args: [value] },
        types: ['i64', 'i64'],
      }
    : null;

/** The same case with the bits of every float that is a context in an integer: keeps clear of docs/findings.md, F15. */
export function contextsAsIntegers(kase: Case): Case {
  return rewriteContexts(kase, bitsOfFloat);
}

/** The case with the low half of every `i128` that is a context: another program, and one that keeps clear of docs/findings.md, F16. */
export function narrowContexts(kase: Case): Case {
  return rewriteContexts(kase, lowHalf);
}
