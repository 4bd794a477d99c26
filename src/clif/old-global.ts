import { expectKind, failAt } from './cursor.ts';
import type { Token } from './lexer.ts';
import type { Value } from './module.ts';
import { emit, type FunctionContext, inventValue, type InstSink } from './parse-context.ts';
import { type Type, typeInfo } from './type.ts';
import { vmctxParam } from './stack-limit.ts';

/** How deep one global value may rest on others; the verifier refuses a cycle, which ends here. */
const DEEPEST = 100;

/**
 * `v1 = global_value.i64 gv0` of text until about 0.134, as the legalizer of those versions did it (`legalizer/globalvalue.rs`): the
 * context is a parameter, a load is loaded and an offset added. Returns the type of the result.
 */
export function expandGlobal(
  context: FunctionContext,
  type: Type,
  result: Value,
  sink: InstSink,
  offset: number,
): Type {
  const token = expectKind(context.cursor, 'gv', 'a global value such as gv0');
  const value = globalValue(context, token, token.number, type, result, sink, offset, 0);
  // The context needs no instruction: the result is another name of it.
  if (value !== result) context.aliases.set(result, value);
  return type;
}

/** Makes the instructions of one global value; its value, which is `into` but where there is one already. */
function globalValue(
  context: FunctionContext,
  token: Token,
  number: number,
  type: Type,
  into: Value,
  sink: InstSink,
  offset: number,
  depth: number,
): Value {
  const data = context.globalValues.get(number);
  if (data === undefined) failAt(token, `gv${number} is not declared`);
  if (depth > DEEPEST) failAt(token, `${token.text} rests on itself`);
  const below = (base: number): Value => {
    const made = inventValue(context, 'i64');
    return globalValue(context, token, base, 'i64', made, sink, offset, depth + 1);
  };
  switch (data.kind) {
    case 'vmctx':
      return contextParam(context, token);
    case 'load': {
      const args = [below(data.base)];
      const { flags } = data;
      const results = [into];
      emit(sink, { kind: 'memory', op: 'load', type, results, args, flags, offset: data.offset }, offset);
      return into;
    }
    case 'iadd_imm': {
      const base = below(data.base);
      const added = inventValue(context, type);
      const bits = BigInt.asUintN(typeInfo(type).bits, data.offset);
      emit(sink, { kind: 'const', op: 'iconst', type, results: [added], args: [], bits }, offset);
      emit(sink, { kind: 'plain', op: 'iadd', type, results: [into], args: [base, added] }, offset);
      return into;
    }
    case 'symbol':
    case 'dyn_scale_target_const':
      emit(
        sink,
        { kind: 'global', op: 'symbol_value', type, results: [into], args: [], global: number },
        offset,
      );
      return into;
  }
}

function contextParam(context: FunctionContext, token: Token): Value {
  const index = vmctxParam(context.signature);
  const value = context.entryParams[index]?.value;
  return value ?? failAt(token, `${token.text} needs a parameter with the purpose vmctx`);
}
