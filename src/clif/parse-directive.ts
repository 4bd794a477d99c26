import { type Cursor, expectKind, expectMark, failAt, failExpecting, peek, takeMark } from './cursor.ts';
import { type Comment, lex } from './lexer.ts';
import type { Function, FunctionName } from './module.ts';
import { parseScalar, parseVectorConst } from './parse-vector.ts';
import type { RunValue } from './run-value.ts';
import { type Type, typeInfo } from './type.ts';

/** A `; run:` or `; print:` line, which belongs to the function before it. */
export type Directive =
  | {
      readonly kind: 'run';
      readonly functionName: FunctionName;
      readonly args: readonly RunValue[];
      readonly comparison: '==' | '!=';
      readonly expected: readonly RunValue[];
    }
  | { readonly kind: 'print'; readonly functionName: FunctionName; readonly args: readonly RunValue[] };

const DIRECTIVE = /^[; ]*(?:run|print)[ \t]*(?::|\r?$)/;

/** Reads a comment after or in `fn` as a directive; null for other comments (cranelift-reader `parse_run_command`). */
export function parseDirective(text: string, comment: Comment, fn: Function): Directive | null {
  if (!DIRECTIVE.test(comment.text)) return null;
  const from = comment.offset + comment.text.search(/[rp]/);
  const cursor: Cursor = { tokens: lex(text, from, comment.offset + comment.text.length).tokens, index: 1 };
  const isRun = text.startsWith('run', from);
  const params = fn.signature.params.map((param) => param.type);
  const returns = fn.signature.returns.map((param) => param.type);
  if (!takeMark(cursor, ':')) return bareDirective(cursor, isRun, params, returns, fn.name);
  expectKind(cursor, 'name', 'the function to run, such as %main');
  expectMark(cursor, '(', 'before the arguments of a run line');
  const args = parseRunValues(text, cursor, params);
  expectMark(cursor, ')', `after ${params.length} arguments of a run line`);
  if (!isRun) return { kind: 'print', functionName: fn.name, args };
  const comparison = parseComparison(cursor);
  const isList = returns.length !== 1;
  if (isList) expectMark(cursor, '[', `before ${returns.length} results`);
  const expected = parseRunValues(text, cursor, returns);
  if (isList) expectMark(cursor, ']', `after ${returns.length} results`);
  return { kind: 'run', functionName: fn.name, args, comparison, expected };
}

/** `; run` alone runs `() -> int` and wants a result that is not zero; `; print` alone runs `() -> anything`. */
function bareDirective(
  cursor: Cursor,
  isRun: boolean,
  params: readonly Type[],
  returns: readonly Type[],
  functionName: FunctionName,
): Directive {
  const [result] = returns;
  if (params.length > 0) failExpecting(cursor, "':' and a call, as the function has parameters");
  if (!isRun) return { kind: 'print', functionName, args: [] };
  if (result === undefined || returns.length > 1 || typeInfo(result).isFloat || typeInfo(result).isVector) {
    failExpecting(cursor, "':' and a call, as the function does not return one integer");
  }
  return { kind: 'run', functionName, args: [], comparison: '!=', expected: [{ text: '0', type: result }] };
}

function parseComparison(cursor: Cursor): '==' | '!=' {
  const token = peek(cursor);
  const isEqual = takeMark(cursor, '=');
  if (!isEqual && !takeMark(cursor, '!')) failExpecting(cursor, "'==' or '!='");
  if (!takeMark(cursor, '=')) failAt(token, "expected '==' or '!='");
  return isEqual ? '==' : '!=';
}

function parseRunValues(text: string, cursor: Cursor, types: readonly Type[]): readonly RunValue[] {
  return types.map((type, i) => {
    if (i > 0) expectMark(cursor, ',', 'between values of a run line');
    const { offset } = peek(cursor);
    const { isVector, lane } = typeInfo(type);
    if (isVector) parseVectorConst(cursor, type);
    else parseScalar(cursor, lane);
    const last = cursor.tokens[cursor.index - 1];
    const end = last === undefined ? offset : last.offset + last.text.length;
    return { text: text.slice(offset, end), type };
  });
}
