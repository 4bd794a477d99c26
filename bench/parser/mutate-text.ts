import { OPCODES } from '../../src/clif/opcode.ts';
import { CALL_CONVS } from '../../src/clif/signature.ts';

/** A whole number from 0 below `below`. */
export type Random = (below: number) => number;

const TOKEN = /[A-Za-z_]\w*|[+-]?\d[\w.]*(?:[+-]\d+)?|->|"[^"\n]*"|[^\S\n]+|./gsu;

const TYPES =
  'i8 i16 i32 i64 i128 f16 f32 f64 f128 i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 f16x8 i8x8 i16x4 i32x2 f32x2 i8x2 i8x32 i64x4 i64x8 i128x2 f128x2 i8x1 i8x3 i8x256 i128x256 i8x512 i7'.split(
    ' ',
  );

/** Words that stand for one another somewhere, some of them in older or newer text only. */
const FAMILIES: readonly (readonly string[])[] = [
  'eq ne slt ult sgt uge ord uno one ueq lt ge of nof',
  'notrap aligned readonly can_move little big user1 heap_oob table heap checked vmctx region0 region1 region9',
  'user1 user0 user250 user251 user05 user0000001 heap_oob int_ovf int_divz bad_toint bad_sig stk_ovf interrupt unreachable table_oob',
  'uext sext sret vmctx normal sarg(8) sarg(0x10) sarg',
  'colocated patchable tls symbol load iadd_imm vmctx dyn_scale_target_const',
  'explicit_slot explicit_dynamic_slot spill_slot align key',
  'add sub and nand or xor xchg umin umax smin smax mul',
  'default context tag1 stack_map stack_limit function cold',
].map((words) => words.split(' '));

const WORDS: readonly string[] = FAMILIES.flat();

const ENTITIES =
  'v0 v1 v2 v3 v99 v4294967295 block0 block1 block2 block9 block100000 ss0 ss1 ss9 dss0 dt0 gv0 gv1 sig0 sig1 fn0 fn1 const0 const1 u0:0 u1:2 mt0 userextname0 extable0 tag0 ret0 ret1 exn0 %f %Memcpy % @0 @12345678 @123456789 <1> <2,ss0>'.split(
    ' ',
  );

const NUMBERS =
  '0 1 -1 +1 +4 -8 ++1 +-1 -0 +0 0x 0x0 0xff 0x1_00 1_000 _1 -0x1 127 128 -128 -129 255 256 65535 65536 4294967295 4294967296 -2147483649 9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616 -9223372036854775808 -9223372036854775809 0x0102030405060708 0x000102030405060708090a0b0c0d0e0f 0x00010203040506070809101112131415161718 0x123 0.0 -0.0 0x1.8p3 0x1.0 0x1p3 0x1.0P3 0x1.8p-1074 0x1.0p1024 0x1.0p99999 0x0.0p99999 0x1.p1 0x.8p1 0x.p1 1.5 NaN +NaN -NaN +Inf -Inf Inf NaN:0x1 -NaN:0x0 sNaN:0x1 +sNaN:0x1 +sNaN:0x0 NaN:0x00000000000000000000000000000000000001 0x1.0000000000001p0 0x1.00000000000001p0 0x1.000002p0 0x0.00000000000000000000000000000001p0'.split(
    ' ',
  );

const MARKS = '( ) { } [ ] < > , . : = ! * -> + - @ ; " # %'.split(' ');

/** Space of other scripts, marks that look like ASCII ones, joiners, byte orders and characters of two code units. */
const STRANGE = [
  '\u0000',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '\u0661',
  '\uff50',
  '\u200d',
  'e\u0301',
  '\u{1f980}',
  '\u{10ffff}',
  '\u0085',
  '\u000b',
];

const OPCODE_NAMES: readonly string[] = [...OPCODES.keys()];

/** Shapes of older text stand with today's of the same operands. */
const TODAYS_SHAPE: ReadonlyMap<string, string> = new Map([
  ['old_not', 'binary'],
  ['old_compare_imm', 'int_compare'],
  ['old_stack_load', 'stack'],
]);

const NAMES_BY_SHAPE = namesByShape();

function namesByShape(): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { op, shape } of OPCODES.values()) {
    const key = TODAYS_SHAPE.get(shape) ?? shape;
    const known = names.get(key);
    if (known === undefined) names.set(key, [op]);
    else known.push(op);
  }
  return names;
}

function oneOf(random: Random, list: readonly string[]): string {
  return list[random(list.length)] ?? '';
}

function isType(token: string): boolean {
  return /^[if]\d+(?:x\d+)?$/.test(token);
}

const ENTITY = /^(?:v|block|ss|dss|dt|gv|sig|fn|const|region|tag|ret|exn|u)\d+$/;

/** Something else of the kind of `token`, so that the text often stays well formed. */
function alike(token: string, random: Random): string {
  if (isType(token)) return oneOf(random, TYPES);
  const opcode = OPCODES.get(token);
  if (opcode !== undefined) {
    return oneOf(random, random(4) === 0 ? OPCODE_NAMES : (NAMES_BY_SHAPE.get(opcode.shape) ?? OPCODE_NAMES));
  }
  if (ENTITY.test(token)) {
    return random(8) === 0 ? oneOf(random, ENTITIES) : token.replace(/\d+$/, String(random(12)));
  }
  if (/^[+-]?(?:\d|NaN|Inf)/.test(token)) return oneOf(random, NUMBERS);
  if (CALL_CONVS.some((name) => name === token)) return oneOf(random, CALL_CONVS);
  const families = FAMILIES.filter((family) => family.includes(token));
  const family = families[random(families.length)];
  if (family !== undefined && random(8) > 0) return oneOf(random, family);
  return /^\w/.test(token) ? oneOf(random, WORDS) : oneOf(random, MARKS);
}

function anyToken(tokens: readonly string[], random: Random): string {
  switch (random(8)) {
    case 0:
      return oneOf(random, TYPES);
    case 1:
      return oneOf(random, WORDS);
    case 2:
      return oneOf(random, ENTITIES);
    case 3:
      return oneOf(random, NUMBERS);
    case 4:
      return oneOf(random, MARKS);
    case 5:
      return oneOf(random, OPCODE_NAMES);
    default:
      return oneOf(random, tokens);
  }
}

function changeDigit(token: string, random: Random): string {
  const places = Array.from(token.matchAll(/\d/g), (match) => match.index);
  const at = places[random(places.length)] ?? 0;
  const digit = String(random(10));
  switch (random(4)) {
    case 0:
      return token.slice(0, at) + token.slice(at + 1);
    case 1:
      return token.slice(0, at) + digit + token.slice(at);
    default:
      return token.slice(0, at) + digit + token.slice(at + 1);
  }
}

/** The index of a token for which `fits` holds, or of any. */
function pickToken(tokens: readonly string[], random: Random, fits: (token: string) => boolean): number {
  const places: number[] = [];
  tokens.forEach((token, i) => {
    if (fits(token)) places.push(i);
  });
  return places[random(places.length)] ?? random(tokens.length);
}

function damageBytes(text: string, random: Random): string {
  const bytes = Buffer.from(text);
  if (bytes.length === 0) return text;
  for (let i = 1 + random(4); i > 0; i--) bytes[random(bytes.length)] = random(256);
  // As a file is read: what is no UTF-8 becomes U+FFFD.
  return bytes.toString('utf8');
}

function damageLines(text: string, random: Random): string {
  const lines = text.split('\n');
  const at = random(lines.length);
  const line = lines[at] ?? '';
  switch (random(3)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, line);
      break;
    default:
      lines.splice(at, 1);
      lines.splice(random(lines.length + 1), 0, line);
  }
  return lines.join('\n');
}

function isSolid(token: string): boolean {
  return token.trim() !== '';
}

type TokenChange = 'delete' | 'double' | 'exchange' | 'digit' | 'type' | 'insert' | 'strange' | 'alike';

function damageTokens(text: string, random: Random, change: TokenChange): string {
  const tokens: string[] = text.match(TOKEN) ?? [];
  if (tokens.length === 0) return text;
  const at = pickToken(tokens, random, isSolid);
  const token = tokens[at] ?? '';
  switch (change) {
    case 'delete':
      tokens.splice(at, 1 + random(2) * random(6));
      break;
    case 'double':
      tokens.splice(at, 0, token, ' ');
      break;
    case 'exchange': {
      const isWord = /^\w/.test(token);
      const other = pickToken(
        tokens,
        random,
        (candidate) => isSolid(candidate) && /^\w/.test(candidate) === isWord,
      );
      tokens[at] = tokens[other] ?? '';
      tokens[other] = token;
      break;
    }
    case 'digit': {
      const place = pickToken(tokens, random, (candidate) => /\d/.test(candidate));
      tokens[place] = changeDigit(tokens[place] ?? '', random);
      break;
    }
    case 'type':
      tokens[pickToken(tokens, random, isType)] = oneOf(random, TYPES);
      break;
    case 'insert':
      tokens.splice(at, 0, anyToken(tokens, random), ' ');
      break;
    case 'strange':
      tokens.splice(at, 0, oneOf(random, STRANGE));
      break;
    case 'alike': {
      const place = random(6) === 0 ? at : pickToken(tokens, random, (candidate) => /\w/.test(candidate));
      tokens[place] = alike(tokens[place] ?? '', random);
    }
  }
  return tokens.join('');
}

type Change = TokenChange | 'truncate' | 'bytes' | 'lines';

/** How often each change is made: what leaves a text well formed tells most. */
const WEIGHTS: readonly (readonly [Change, number])[] = [
  ['alike', 14],
  ['digit', 5],
  ['type', 5],
  ['delete', 4],
  ['insert', 4],
  ['double', 2],
  ['exchange', 2],
  ['lines', 2],
  ['truncate', 1],
  ['bytes', 1],
  ['strange', 1],
];

const CHANGES: readonly Change[] = WEIGHTS.flatMap(([change, weight]) =>
  Array.from({ length: weight }, () => change),
);

/** One change: a token gone, doubled, exchanged, replaced or new; a digit; a type; the end cut off; bytes; lines. */
export function mutateText(text: string, random: Random): string {
  const change = CHANGES[random(CHANGES.length)] ?? 'alike';
  switch (change) {
    case 'truncate':
      return text.slice(0, random(text.length + 1));
    case 'bytes':
      return damageBytes(text, random);
    case 'lines':
      return damageLines(text, random);
    default:
      return damageTokens(text, random, change);
  }
}

/** One to four changes, mostly one. */
export function makeMutant(text: string, random: Random): string {
  const changes = random(4) > 0 ? 1 : 2 + random(3);
  let mutant = text;
  for (let i = 0; i < changes; i++) mutant = mutateText(mutant, random);
  return mutant;
}
