import { isType, typeName } from './type.ts';

/** Entities are told apart by their prefix: `v7` is `value` 7, `block2` is `block` 2 (cranelift-reader `lexer.rs`). */
export type EntityKind =
  | 'value'
  | 'block'
  | 'ss'
  | 'dss'
  | 'dt'
  | 'gv'
  | 'const'
  | 'fn'
  | 'sig'
  | 'user'
  | 'tag'
  | 'region'
  | 'ret'
  | 'exn';

export type TokenKind =
  | EntityKind
  | 'punctuation'
  | 'integer'
  | 'float'
  | 'type'
  /** `%name`; the text is without the percent sign. */
  | 'name'
  /** `"…"`; the text is without quotes. */
  | 'string'
  /** `#89af`; the text is without the mark. */
  | 'hex'
  /** `@0001`; the text is without the mark. */
  | 'source_location'
  | 'word'
  | 'end'
  | 'invalid';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** An entity's number, else -1. */
  readonly number: number;
  /** Offset of the first character in the file, UTF-16 units. */
  readonly offset: number;
}

export interface Comment {
  /** Without the leading semicolon. */
  readonly text: string;
  /** Offset of `text` in the file. */
  readonly offset: number;
  /** Index of the first token after it. */
  readonly tokenIndex: number;
}

export interface Lexed {
  /** Ends in a token of kind `end`; a character no token starts with gives a token of kind `invalid`, which is last. */
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

const ENTITIES: ReadonlyMap<string, EntityKind> = new Map([
  ['v', 'value'],
  ['block', 'block'],
  ['ss', 'ss'],
  ['dss', 'dss'],
  ['dt', 'dt'],
  ['gv', 'gv'],
  ['const', 'const'],
  ['fn', 'fn'],
  ['sig', 'sig'],
  ['u', 'user'],
  ['tag', 'tag'],
  ['region', 'region'],
  ['ret', 'ret'],
  ['exn', 'exn'],
]);

/** Numbers that are not references of Cranelift's, in which the highest means "none". */
const WHOLE_RANGE: ReadonlySet<string> = new Set(['u', 'tag', 'ret', 'exn', 'region']);

const PUNCTUATION = '(){}[]<>,.:=!*';

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

function isHex(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

function isWordPart(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 95;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function looksSpecial(text: string, at: number): boolean {
  return text.startsWith('NaN', at) || text.startsWith('Inf', at);
}

function looksNumeric(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    isDigit(code) ||
    code === 43 ||
    code === 45 ||
    code === 46 ||
    looksSpecial(text, at) ||
    text.startsWith('sNaN', at)
  );
}

/** Classifies a word: an entity with its number, a type, or a plain word. */
function wordToken(text: string, offset: number): Token {
  let digits = text.length;
  while (digits > 0 && isDigit(text.charCodeAt(digits - 1))) digits -= 1;
  const hasNumber = digits < text.length && !(text.charCodeAt(digits) === 48 && text.length - digits > 1);
  if (!hasNumber) return { kind: 'word', text, number: -1, offset };
  const number = Number(text.slice(digits));
  const head = text.slice(0, digits);
  const most = WHOLE_RANGE.has(head) ? 0xffff_ffff : 0xffff_fffe;
  const entity = number > most ? undefined : ENTITIES.get(head);
  if (entity !== undefined) return { kind: entity, text, number, offset };
  const first = text.charCodeAt(0);
  const kind =
    (first === 105 || first === 102) && isDigit(text.charCodeAt(1)) && isType(typeName(text))
      ? 'type'
      : 'word';
  return { kind, text, number: -1, offset };
}

/** End of the number that starts at `at`, past its sign, and whether it is a float. */
function scanNumber(text: string, at: number): { readonly end: number; readonly isFloat: boolean } {
  let end = at;
  let isFloat = false;
  if (text.startsWith('NaN:', end) || text.startsWith('sNaN:', end)) {
    end = text.indexOf(':', end) + 1;
    isFloat = true;
  } else {
    isFloat = looksSpecial(text, end) || text.charCodeAt(end) === 46;
    end += end < text.length ? 1 : 0;
  }
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 46) isFloat = true;
    else if (!isWordPart(code) && code !== 45) break;
  }
  return { end, isFloat };
}

function scanWhile(text: string, at: number, belongs: (code: number) => boolean): number {
  let end = at;
  while (end < text.length && belongs(text.charCodeAt(end))) end += 1;
  return end;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** The token that starts at `at`, which is no space and no comment, and where it ends. */
function scanToken(text: string, at: number): { readonly token: Token; readonly end: number } {
  const code = text.charCodeAt(at);
  const plain = (kind: TokenKind, from: number, to: number, end = to) => ({
    token: { kind, text: text.slice(from, to), number: -1, offset: at },
    end,
  });
  if (code === 45 && text.charCodeAt(at + 1) === 62) return plain('punctuation', at, at + 2);
  if (code === 43 || code === 45) {
    if (!looksNumeric(text, at + 1)) return plain('punctuation', at, at + 1);
    const { end, isFloat } = scanNumber(text, at + 1);
    return plain(isFloat ? 'float' : 'integer', at, end);
  }
  if (isDigit(code) || looksSpecial(text, at)) {
    const { end, isFloat } = scanNumber(text, at);
    return plain(isFloat ? 'float' : 'integer', at, end);
  }
  if (isLetter(code)) {
    const end = scanWhile(text, at, isWordPart);
    return { token: wordToken(text.slice(at, end), at), end };
  }
  if (PUNCTUATION.includes(text.charAt(at))) return plain('punctuation', at, at + 1);
  switch (text.charAt(at)) {
    case '%':
      return plain('name', at + 1, scanWhile(text, at + 1, isWordPart));
    case '#':
      return plain('hex', at + 1, scanWhile(text, at + 1, isHex));
    case '@': {
      const end = scanWhile(text, at + 1, isHex);
      return end > at + 1 ? plain('source_location', at + 1, end) : plain('punctuation', at, at + 1);
    }
    case '"': {
      const close = text.indexOf('"', at + 1);
      return close < 0 ? plain('invalid', at, at + 1) : plain('string', at + 1, close, close + 1);
    }
    default:
      return plain('invalid', at, at + 1);
  }
}

/** Splits CLIF text from `from` to `to` into tokens; comments come apart. Never throws. */
export function lex(text: string, from = 0, to = text.length): Lexed {
  const source = to === text.length ? text : text.slice(0, to);
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  let at = from;
  while (at < source.length) {
    const code = source.charCodeAt(at);
    if (isSpace(code)) {
      at += 1;
    } else if (code === 59) {
      const end = lineEnd(source, at);
      comments.push({ text: source.slice(at + 1, end), offset: at + 1, tokenIndex: tokens.length });
      at = end;
    } else {
      const { token, end } = scanToken(source, at);
      tokens.push(token);
      if (token.kind === 'invalid') break;
      at = end;
    }
  }
  tokens.push({ kind: 'end', text: '', number: -1, offset: source.length });
  return { tokens, comments };
}

/** Line and column, both from 1, of an offset in UTF-16 units. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0 && end < offset; end = text.indexOf('\n', end + 1)) {
    line += 1;
    start = end + 1;
  }
  return { line, column: offset - start + 1 };
}
