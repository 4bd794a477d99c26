import { at, type Cursor, failAt, peek, SyntaxFault } from './cursor.ts';
import { lex, positionOf } from './lexer.ts';
import type { Function, Module } from './module.ts';
import { type Directive, parseDirective } from './parse-directive.ts';
import { parseFunction } from './parse-function.ts';
import { type Header, parseHeader } from './parse-header.ts';
import type { CallConv } from './signature.ts';

/** A `.clif` file in Cranelift's filetest syntax. */
export interface ClifFile extends Omit<Header, 'end'> {
  readonly module: Module;
  readonly directives: readonly Directive[];
}

/** Line and column count from 1; `message` begins in lower case and says what was expected. */
export interface ClifError {
  readonly kind: 'error';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type ParseResult = { readonly kind: 'ok'; readonly file: ClifFile } | ClifError;

export interface ParseOptions {
  /** Name to put into an error. */
  readonly file?: string;
  /** For signatures that name none. Default: `system_v` in a file with `test run`, else `fast`, as the reader does. */
  readonly defaultCallConv?: CallConv;
}

/** Reads a whole CLIF file as Cranelift's reader does (cranelift-reader `parser.rs`). Bad text is data, never thrown. */
export function parseClif(text: string, options: ParseOptions = {}): ParseResult {
  try {
    return { kind: 'ok', file: parseFile(text, options) };
  } catch (fault) {
    if (!(fault instanceof SyntaxFault)) throw fault;
    const { line, column } = positionOf(text, fault.offset);
    return { kind: 'error', file: options.file ?? 'input', line, column, message: fault.message };
  }
}

/** `bad.clif:3:7: expected …`. */
export function clifErrorText(error: ClifError): string {
  return `${error.file}:${error.line}:${error.column}: ${error.message}`;
}

function parseFile(text: string, options: ParseOptions): ClifFile {
  const { end, ...header } = parseHeader(text);
  const isRun = header.tests.some((test) => /^run\b/.test(test));
  // Other tests read the comments as something else. A text without any test may be run like one.
  const hasDirectives =
    header.tests.length === 0 || header.tests.some((test) => /^(?:run|interpret)\b/.test(test));
  const defaultCallConv = options.defaultCallConv ?? (isRun ? 'system_v' : 'fast');
  const { tokens, comments } = lex(text, end);
  const last = tokens.at(-2);
  const cursor: Cursor = { tokens, index: 0 };
  const functions: Function[] = [];
  const directives: Directive[] = [];
  let comment = 0;
  while (!at(cursor, 'end')) {
    if (last?.kind === 'invalid' && peek(cursor) === last) failAt(last, `no CLIF begins with '${last.text}'`);
    const first = cursor.index;
    const fn = parseFunction(cursor, defaultCallConv);
    functions.push(fn);
    for (; comment < comments.length; comment++) {
      const next = comments[comment];
      if (next === undefined || next.tokenIndex > cursor.index) break;
      const directive = hasDirectives && next.tokenIndex > first ? parseDirective(text, next, fn) : null;
      if (directive !== null) directives.push(directive);
    }
  }
  return { ...header, module: { functions }, directives };
}
