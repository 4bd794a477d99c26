import type { Answer } from './sides.ts';

/** A way in which the two readers may differ, and why; `docs/parser-differences.md` says more of each. */
export interface KnownDifference {
  readonly name: string;
  /** `ours`: this project's parser accepts what Cranelift's reader refuses; `theirs`: the other way round. */
  readonly accepts: 'ours' | 'theirs';
  /** On the message of the side that does not accept, or the place where it broke. */
  readonly message: RegExp;
  /** On the text, where the message alone says too little. */
  readonly text?: RegExp;
}

const OLD_TRAP =
  /\b(?:heap_misaligned|table_oob|icall_null|null_reference|bad_sig|null_i31ref|unreachable|interrupt|user0|user(?:25[1-9]|2[6-9]\d|[3-9]\d\d|\d{4,5}))\b/;
const OLD_FLAG =
  /\b(?:load|\w*load\d*\w*|i?store\d*|atomic_\w+|bitcast)\b[^\n]*\b(?:heap|table|vmctx|checked)\b/;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'old instruction',
    accepts: 'ours',
    message:
      /^Unknown opcode: '(?:\w+_imm|b(?:and|or|xor)_not|(?:dynamic_)?stack_(?:load|store)|global_value|x86_blendv|i(?:add|sub)_(?:cin|carry|bin|borrow)|null|is_null|is_invalid|resumable_trap(?:nz)?)'$/,
  },
  { name: 'old trap code', accepts: 'ours', message: /^expected trap code$/, text: OLD_TRAP },
  {
    name: 'old memory flag',
    accepts: 'ours',
    message: /^expected (?:SSA value|global value|AtomicRmwOp)/,
    text: OLD_FLAG,
  },
  {
    name: 'constants with gaps',
    accepts: 'ours',
    message: /constant\.rs:\d+: attempted to overwrite an existing/,
  },
  { name: 'entity numbers', accepts: 'ours', message: /^(?:memory|timeout|abort): / },
  { name: 'value numbers', accepts: 'theirs', message: /^value number above/ },
  { name: 'size of a constant', accepts: 'theirs', message: /^const\d+ has \d+ bytes, / },
  {
    name: 'old vocabulary',
    accepts: 'ours',
    message: /^expected |^invalid|^unknown|^Unknown/,
    text: /\br(?:32|64)\b|\b(?:cold|wasmtime_\w+|stack_limit)\b|^\s*mt\d+ =|(?:v|gv)\d+ !/m,
  },
  {
    name: 'kind of a slot',
    accepts: 'theirs',
    message: /expected explicit_slot, found 'explicit_dynamic_slot'/,
  },
  { name: 'handler numbers', accepts: 'theirs', message: /^expected the index of an exception handler/ },
  {
    name: 'name references',
    accepts: 'theirs',
    message: /^expected a function name .*found 'userextname\d+'/,
  },
];

export interface Difference {
  /** A known difference's name, or what was said, without the numbers and names in it. */
  readonly name: string;
  readonly isKnown: boolean;
}

/** `expected type, found 'i7'` and `… found 'i9'` are of one class. */
function classText(message: string): string {
  return message
    .replaceAll(/'[^']*'/g, "'…'")
    .replaceAll(/\b[a-z]+\d+\w*|[+-]?\b\d\w*/g, '#')
    .slice(0, 160);
}

/** The class of what two readers differ in; null where they agree. A side that breaks agrees with a refusal only. */
export function differenceOf(ours: Answer, theirs: Answer, text: string): Difference | null {
  if (ours.kind === 'breaks')
    return { name: `ours breaks: ${classText(ours.message)} ${ours.where}`, isKnown: false };
  if ((ours.kind === 'accepts') === (theirs.kind === 'accepts')) return null;
  const accepts = ours.kind === 'accepts' ? 'ours' : 'theirs';
  const other = ours.kind === 'accepts' ? theirs : ours;
  const message =
    other.kind === 'accepts'
      ? ''
      : other.kind === 'breaks'
        ? `${other.where}: ${other.message}`
        : other.message;
  const known = KNOWN_DIFFERENCES.find(
    (one) => one.accepts === accepts && one.message.test(message) && (one.text?.test(text) ?? true),
  );
  if (known !== undefined) return { name: known.name, isKnown: true };
  return { name: `${accepts} alone accepts: ${classText(message)}`, isKnown: false };
}

/** The class of a reader that panics or ends: where, not what. Null where it answers. */
export function readerBreak(theirs: Answer): string | null {
  return theirs.kind === 'breaks' ? `${theirs.where}: ${classText(theirs.message)}` : null;
}
