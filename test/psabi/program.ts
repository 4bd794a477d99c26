import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AbiParam, Signature } from '../../src/clif/signature.ts';
import { typeInfo } from '../../src/clif/type.ts';

/** Bytes of `struct request` and `struct reply` in record.h, in words, and where their fields begin. */
export const REQUEST = { x: 0, f: 8, stack: 16, results: 64, args: 68, given: 100, hasSret: 104, words: 105 };
export const REPLY = {
  x: 0,
  f: 8,
  stack: 16,
  sp: 64,
  got: 65,
  gotMemory: 69,
  seen: 73,
  results: 105,
  givenMemory: 109,
  words: 113,
};
export const STACK_WORDS = 48;
export const MAX_PARAMS = 16;
export const SRET_WORDS = 4;
export const SRET_ADDRESS = 0x30000000n;

const COMPILER = 'riscv64-linux-gnu-gcc';
const FILES = 2;

/** Whether this gcc has `_Float16`: version 13 and later do. */
export function hasFloat16(): boolean {
  const source = '_Float16 f(_Float16 a) { return a; }';
  return spawnSync(COMPILER, ['-x', 'c', '-c', '-o', '/dev/null', '-'], { input: source }).status === 0;
}

/** Compiles a caller and a callee of each signature; gives the path of the program. */
export function buildProgram(signatures: readonly Signature[], directory: string): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  for (const name of ['record.h', 'functions.h', 'main.c', 'shim.S'])
    copyFileSync(join(here, name), join(directory, name));
  const sources = ['main.c', 'shim.S', 'table.c'];
  const pairs = signatures.map((_, i) => `{caller_${i}, (void (*)(void))callee_${i}}`);
  const declared = signatures.map((_, i) => `void caller_${i}(void); void callee_${i}(void);`);
  const table = `${declared.join('\n')}\nconst struct pair psabi_pairs[] = {${pairs.join(',\n')}, {0, 0}};\n`;
  writeFileSync(join(directory, 'table.c'), `#include "functions.h"\n${table}`);
  for (let file = 0; file < FILES; file += 1) {
    const texts = signatures.map((s, i) => (i % FILES === file ? functionsText(s, i) : ''));
    writeFileSync(join(directory, `functions-${file}.c`), `#include "functions.h"\n${texts.join('')}`);
    sources.push(`functions-${file}.c`);
  }
  const flags = [
    '-static',
    '-O1',
    '-fno-strict-aliasing',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-Wno-cast-function-type',
  ];
  const result = spawnSync(COMPILER, [...flags, '-o', 'program', ...sources], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) throw new Error(`${COMPILER}: ${result.stderr.slice(0, 2000)}`);
  return join(directory, 'program');
}

/** One reply per signature; null where the program crashed. */
export function runProgram(program: string, requests: BigUint64Array): BigUint64Array | null {
  const { status, signal, stdout } = spawnSync('qemu-riscv64', [program], {
    input: new Uint8Array(requests.buffer),
    maxBuffer: 1 << 28,
  });
  if (signal !== null || status === null) return null;
  const replies = requests.length / REQUEST.words;
  if (status !== 0 || stdout.length !== replies * REPLY.words * 8)
    throw new Error(`the program ended with ${status}`);
  return new BigUint64Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

function cType({ type, extension }: AbiParam): string {
  const sign = extension === 'uext' ? 'unsigned' : 'signed';
  switch (type) {
    case 'i8':
      return `${sign} char`;
    case 'i16':
      return `${sign} short`;
    case 'i32':
      return `${sign} int`;
    case 'i64':
      return 'long';
    case 'i128':
      return '__int128';
    case 'f16':
      return '_Float16';
    case 'f32':
      return 'float';
    case 'f64':
      return 'double';
    case 'f128':
      return 'long double';
    default:
      throw new Error(`C has no ${type}`);
  }
}

/** An expression for what `array[index]` holds of the type. */
function fetch(param: AbiParam, array: string, index: number): string {
  const { isFloat, bits } = typeInfo(param.type);
  if (isFloat || bits > 64) return `*(${cType(param)} *)${array}[${index}]`;
  return `(${cType(param)})opaque(${array}[${index}][0])`;
}

function functionsText(signature: Signature, number: number): string {
  const hasSret = signature.params[0]?.purpose.kind === 'sret';
  const params = hasSret ? signature.params.slice(1) : signature.params;
  const { returns } = signature;
  const [result] = returns;
  const struct = returns.map((r, i) => `${cType(r)} field${i};`).join(' ');
  const type = hasSret
    ? 'struct in_memory'
    : result === undefined
      ? 'void'
      : returns.length === 1
        ? cType(result)
        : `struct result_${number}`;
  const list = params.map((p, i) => `${cType(p)} p${i}`).join(', ') || 'void';
  const stores = params.map((p, i) => `*(${cType(p)} *)psabi_seen[${i}] = p${i};`).join(' ');
  const args = params.map((p, i) => fetch(p, 'psabi_args', i)).join(', ');
  const call = `((${type} (*)(${params.map(cType).join(', ') || 'void'}))psabi_shim)(${args})`;
  const fields = returns.map((r, i) => fetch(r, 'psabi_given', i));
  const keep = (source: string): string =>
    returns.length === 1
      ? `*(${type} *)psabi_got[0] = ${source};`
      : returns.map((r, i) => `*(${cType(r)} *)psabi_got[${i}] = ${source}.field${i};`).join(' ');
  const back = hasSret
    ? `struct in_memory r; __builtin_memcpy(&r, psabi_given, sizeof r); return r;`
    : returns.length === 0
      ? ''
      : returns.length === 1
        ? `return ${fields[0]};`
        : `${type} r = {${fields.join(', ')}}; return r;`;
  const use = hasSret
    ? `struct in_memory r = ${call}; __builtin_memcpy(psabi_got_memory, &r, sizeof r);`
    : returns.length === 0
      ? `${call};`
      : `${type} r = ${call}; ${keep('r')}`;
  return `${returns.length > 1 ? `${type} { ${struct} };\n` : ''}${type} callee_${number}(${list}) { ${stores} ${back} }
void caller_${number}(void) { ${use} }
`;
}
