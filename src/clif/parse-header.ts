import { SyntaxFault } from './cursor.ts';

/** A `target` line with the shared settings in force there; `set a` means `true`. */
export interface Target {
  /** The triple as written, often just the architecture: `riscv64`. */
  readonly isa: string;
  /** ISA flags as written: `has_v`, `has_avx=false`. */
  readonly flags: readonly string[];
  readonly shared: Readonly<Record<string, string>>;
}

export interface Header {
  /** What follows each `test`: `run`, `compile precise-output`. */
  readonly tests: readonly string[];
  /** `feature "x"` lines; `!x` for a feature that must be off. */
  readonly features: readonly string[];
  /** All shared settings of the file together, for files without targets. */
  readonly settings: Readonly<Record<string, string>>;
  readonly targets: readonly Target[];
  /** Offset of what follows the header. */
  readonly end: number;
}

/** The reader takes header lines in this order alone. */
const STAGES: readonly (readonly string[])[] = [['test'], ['set', 'target'], ['feature']];

const SETTING = /^([a-z][\w-]*)(?:=([\w-]+))?$/i;
const FEATURE = /^(!?)\s*"([^"\n]*)"/;

interface Line {
  readonly word: string;
  readonly rest: string;
  readonly offset: number;
  readonly restOffset: number;
}

/** The next line that is neither blank nor a comment, if it begins with a word. */
function nextLine(text: string, from: number): Line | null {
  const head = /(?:[ \t-\r]+|;[^\n]*)*/y;
  head.lastIndex = from;
  head.exec(text);
  const offset = head.lastIndex;
  const word = /[A-Za-z]\w*/y;
  word.lastIndex = offset;
  const name = word.exec(text)?.[0];
  if (name === undefined) return null;
  const end = text.indexOf('\n', offset);
  const restOffset = offset + name.length;
  return { word: name, rest: text.slice(restOffset, end < 0 ? text.length : end), offset, restOffset };
}

function wordsOf(line: Line): readonly { readonly text: string; readonly offset: number }[] {
  return Array.from(line.rest.matchAll(/\S+/g), (match) => ({
    text: match[0],
    offset: line.restOffset + match.index,
  }));
}

function readSetting(word: { readonly text: string; readonly offset: number }): readonly [string, string] {
  const match = SETTING.exec(word.text);
  if (match?.[1] === undefined)
    throw new SyntaxFault(`expected a setting such as opt_level=speed, found '${word.text}'`, word.offset);
  return [match[1], match[2] ?? 'true'];
}

/** Reads `test`, `set`, `target` and `feature` lines from the start of a file. */
export function parseHeader(text: string): Header {
  const tests: string[] = [];
  const features: string[] = [];
  const targets: Target[] = [];
  let shared: Record<string, string> = {};
  let dangling: Line | null = null;
  let reached = 0;
  let at = 0;
  for (;;) {
    const line = nextLine(text, at);
    const stage = line === null ? -1 : STAGES.findIndex((words) => words.includes(line.word));
    if (line === null || stage < reached) break;
    reached = stage;
    if (line.word === 'test') {
      tests.push(line.rest.trim());
    } else if (line.word === 'set') {
      shared = { ...shared, ...Object.fromEntries(wordsOf(line).map(readSetting)) };
      dangling = line;
    } else if (line.word === 'target') {
      const [isa, ...flags] = wordsOf(line);
      if (isa === undefined) throw new SyntaxFault('expected a target such as riscv64', line.restOffset);
      flags.forEach(readSetting);
      targets.push({ isa: isa.text, flags: flags.map((flag) => flag.text), shared });
      dangling = null;
    } else {
      const match = FEATURE.exec(line.rest.trim());
      if (match === null) throw new SyntaxFault('expected a feature in double quotes', line.restOffset);
      features.push(`${match[1] ?? ''}${match[2] ?? ''}`);
    }
    at = line.restOffset + line.rest.length;
  }
  if (dangling !== null && targets.length > 0) {
    throw new SyntaxFault("'set' after the last target has no effect", dangling.offset);
  }
  return { tests, features, settings: shared, targets, end: at };
}
