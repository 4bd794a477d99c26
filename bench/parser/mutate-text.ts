import { OPCODES } from '../../src/clif/opcode.ts';
import { CALL_CONVS } from '../../src/clif/signature.ts';

/** A whole number from 0 below `below`. */
export type Random = (below: number) => number;

const TOKEN = /[A-Za-z_]\w*|[+-]?\d[\w.]*(?:[+-]\d+)?|->|"[^"\n]*"|[^\S\n]+|./gsu;

const TYPES =
  'i8 i16 i32 i64 i128 f16 f32 f64 f128 i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 f16x8 i8x8 i16x4 i32x2 f32x2 i8x2 i8x32 i64x4 i64x8 i128x2 f128x2 i8x1 i8x3 i8x256 i128x256 i8x512 i7'.split(
    ' ',
  );

const WORDS =
  'eq ne slt ult sgt uge ord uno one ueq lt ge notrap aligned readonly can_move little big user1 user0 user251 user05 heap_oob int_ovf bad_sig stk_ovf uext sext sret vmctx normal sarg(8) colocated patchable tls cold explicit_slot explicit_dynamic_slot spill_slot align key symbol load iadd_imm dyn_scale_target_const stack_limit default context stack_map function add sub nand xchg umin table heap checked region0 region1'.split(
    ' ',
  );

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

function oneOf(random: Random, list: readonly string[]): string {
  return list[random(list.length)] ?? '';
}

function isType(token: string): boolean {
  return /^[if]\d+(?:x\d+)?$/.test(token);
}

/** Something else of the kind of `token`, so that the text often stays well formed. */
function alike(token: string, random: Random): string {
  if (isType(token)) return oneOf(random, TYPES);
  if (OPCODES.has(token)) return oneOf(random, OPCODE_NAMES);
  if (/^(?:v|block|ss|dss|dt|gv|sig|fn|const|tag|ret|exn|u)\d+$/.test(token)) {
    return random(3) === 0 ? oneOf(random, ENTITIES) : token.replace(/\d+$/, String(random(12)));
  }
  if (/^[+-]?\d/.test(token)) return oneOf(random, NUMBERS);
  if (CALL_CONVS.some((name) => name === token)) return oneOf(random, CALL_CONVS);
  if (/^\w/.test(token)) return oneOf(random, WORDS);
  return oneOf(random, MARKS);
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

function damageTokens(text: string, random: Random, kind: number): string {
  const tokens: string[] = text.match(TOKEN) ?? [];
  if (tokens.length === 0) return text;
  const at = pickToken(tokens, random, isSolid);
  const token = tokens[at] ?? '';
  switch (kind) {
    case 0:
      tokens.splice(at, 1 + random(2) * random(6));
      break;
    case 1:
      tokens.splice(at, 0, token, ' ');
      break;
    case 2: {
      const other =
        random(2) === 0 ? pickToken(tokens, random, isSolid) : Math.min(at + 2, tokens.length - 1);
      tokens[at] = tokens[other] ?? '';
      tokens[other] = token;
      break;
    }
    case 3: {
      const place = pickToken(tokens, random, (candidate) => /\d/.test(candidate));
      tokens[place] = changeDigit(tokens[place] ?? '', random);
      break;
    }
    case 4: {
      const place = pickToken(tokens, random, isType);
      tokens[place] = oneOf(random, TYPES);
      break;
    }
    case 5:
      tokens.splice(at, 0, anyToken(tokens, random), ' ');
      break;
    case 6:
      tokens.splice(at, 0, oneOf(random, STRANGE));
      break;
    default:
      tokens[at] = alike(token, random);
  }
  return tokens.join('');
}

/** One change: a token gone, doubled, exchanged, replaced or new; a digit; a type; the end cut off; bytes; lines. */
export function mutateText(text: string, random: Random): string {
  const kind = random(14);
  if (kind === 11) return text.slice(0, random(text.length + 1));
  if (kind === 12) return damageBytes(text, random);
  if (kind === 13) return damageLines(text, random);
  return damageTokens(text, random, kind);
}

/** One to four changes, mostly one. */
export function makeMutant(text: string, random: Random): string {
  const changes = random(10) < 6 ? 1 : 2 + random(3);
  let mutant = text;
  for (let i = 0; i < changes; i++) mutant = mutateText(mutant, random);
  return mutant;
}
