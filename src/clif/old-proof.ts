import { advance, at, type Cursor, expectKind, expectMark, peek, takeMark } from './cursor.ts';

/**
 * Proof-carrying code, which Cranelift's text had from about 0.101 to 0.130: facts after values (`v0 ! range(64, 0, 0x100)`) and
 * memory types for them (`mt0 = struct 8 { … }`). They claim something about a program and change nothing in it; a module
 * does not keep them.
 */

/** Takes everything up to the closing mark, marks within included. */
function skipToClosing(cursor: Cursor, open: string, close: string): void {
  for (let depth = 1; depth > 0;) {
    if (at(cursor, 'end')) expectMark(cursor, close, `after what '${open}' began`);
    if (takeMark(cursor, open)) depth += 1;
    else if (takeMark(cursor, close)) depth -= 1;
    else advance(cursor);
  }
}

/** `! range(64, 0, 1)` if it is next. */
export function skipFact(cursor: Cursor): void {
  if (!takeMark(cursor, '!')) return;
  expectKind(cursor, 'word', 'a fact such as range or mem');
  if (takeMark(cursor, '(')) skipToClosing(cursor, '(', ')');
}

/** `mt0 = memory 0x1000` or another kind, if it is next. */
export function skipMemoryType(cursor: Cursor): boolean {
  const { kind, text } = peek(cursor);
  if (kind !== 'word' || !/^mt\d+$/.test(text)) return false;
  advance(cursor);
  expectMark(cursor, '=', 'after a memory type');
  const { text: form } = expectKind(cursor, 'word', 'a kind of memory type');
  if (form === 'dynamic_memory') {
    expectKind(cursor, 'gv', 'the global value of a memory type');
    if (peek(cursor).text === '+') advance(cursor);
  }
  if (form !== 'empty') expectKind(cursor, 'integer', 'the size of a memory type');
  if (takeMark(cursor, '{')) skipToClosing(cursor, '{', '}');
  return true;
}
