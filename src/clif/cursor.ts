import type { EntityKind, Token, TokenKind } from './lexer.ts';

/** The text is not CLIF. Thrown only inside the parser, which turns it into data. */
export class SyntaxFault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A place in a list of tokens; the last one is of kind `end`. */
export interface Cursor {
  readonly tokens: readonly Token[];
  index: number;
}

const NOTHING: Token = { kind: 'end', text: '', number: -1, offset: 0 };

/** The token that comes next, or the final `end`. */
export function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.index] ?? cursor.tokens.at(-1) ?? NOTHING;
}

export function advance(cursor: Cursor): Token {
  const token = peek(cursor);
  if (token.kind !== 'end') cursor.index += 1;
  return token;
}

function found(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end of the text';
    case 'name':
      return `'%${token.text}'`;
    case 'string':
      return 'a string';
    default:
      return `'${token.text.slice(0, 40)}'`;
  }
}

/** Stops the parse at the next token: `expected …, found …`. */
export function failExpecting(cursor: Cursor, expected: string): never {
  const token = peek(cursor);
  throw new SyntaxFault(`expected ${expected}, found ${found(token)}`, token.offset);
}

export function failAt(token: Token, message: string): never {
  throw new SyntaxFault(message, token.offset);
}

export function at(cursor: Cursor, kind: TokenKind): boolean {
  return peek(cursor).kind === kind;
}

export function atText(cursor: Cursor, kind: 'punctuation' | 'word', text: string): boolean {
  const token = peek(cursor);
  return token.kind === kind && token.text === text;
}

/** Takes the mark if it is next. */
export function takeMark(cursor: Cursor, mark: string): boolean {
  if (!atText(cursor, 'punctuation', mark)) return false;
  cursor.index += 1;
  return true;
}

export function takeWord(cursor: Cursor, word: string): boolean {
  if (!atText(cursor, 'word', word)) return false;
  cursor.index += 1;
  return true;
}

export function expectMark(cursor: Cursor, mark: string, where: string): void {
  if (!takeMark(cursor, mark)) failExpecting(cursor, `'${mark}' ${where}`);
}

export function expectKind(cursor: Cursor, kind: TokenKind, expected: string): Token {
  if (!at(cursor, kind)) failExpecting(cursor, expected);
  return advance(cursor);
}

/** The number of the entity that comes next. */
export function expectEntity(cursor: Cursor, kind: EntityKind, expected: string): number {
  return expectKind(cursor, kind, expected).number;
}
