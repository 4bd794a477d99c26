import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import seedrandom from 'seedrandom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Agreement, compareReaders } from '../bench/parser/agreement.ts';
import { differenceOf, KNOWN_DIFFERENCES, readerBreak } from '../bench/parser/differences.ts';
import {
  generateSources,
  makePool,
  type MutantPool,
  nextMutant,
  readFolder,
} from '../bench/parser/mutant-sources.ts';
import { RARE_SYNTAX } from '../bench/parser/rare-syntax.ts';
import { askParser, askReader, functionsOnly } from '../bench/parser/sides.ts';
import { DEFAULT_CRANELIFT, ensureDriver } from '../src/backend/driver-build.ts';
import { Driver } from '../src/backend/driver.ts';

const shared = process.env['CALLFUZZ_SHARED'] ?? resolve(import.meta.dirname, '../../shared');
const folder = join(shared, 'clif/runtests');

let driver: Driver;
let pool: MutantPool;

beforeAll(async () => {
  driver = await Driver.start((await ensureDriver(DEFAULT_CRANELIFT)).path);
  pool = makePool([...(existsSync(folder) ? readFolder(folder) : []), ...generateSources('test', 12)]);
}, 900_000);

afterAll(async () => {
  await driver.close();
});

async function compare(seed: string, count: number): Promise<Agreement> {
  const numbers = seedrandom(seed);
  const random = (below: number): number => Math.floor(numbers() * below);
  return compareReaders(driver, () => nextMutant(random, pool), count, 1000);
}

describe('the parser and the reader of Cranelift', () => {
  it('take the same damaged texts, but for what is known', async () => {
    const result = await compare('1', 600);
    expect(result.faults).toEqual([]);
    expect([...result.differences].filter(([, { isKnown }]) => !isKnown)).toEqual([]);
    expect(result.bothAccept).toBeGreaterThan(50);
    expect(result.bothRefuse).toBeGreaterThan(200);
  });

  it('take the texts that are damaged', async () => {
    for (const { text } of [...pool.sources, { text: RARE_SYNTAX }]) {
      const functions = functionsOnly(text);
      expect(askParser(functions).answer).toEqual({ kind: 'accepts' });
      expect(await askReader(driver, functions)).toEqual({ kind: 'accepts' });
    }
  });

  const inBody = (line: string): string =>
    `function %f(i64, i32) {\n    ss0 = explicit_slot 8\n    sig0 = ()\n    fn0 = %g sig0\nblock0(v0: i64, v1: i32):\n    ${line}\n}\n`;
  const inPreamble = (line: string): string => `function %f() {\n    gv0 = vmctx\n    ${line}\n}\n`;

  it.each([
    ...[
      ...'5 ++5 -+5 +-5 -0 1_0 0x1_0 0X1 0x 255 256 -128 -129 005'
        .split(' ')
        .map((n) => `v2 = iconst.i8 ${n}`),
      ...'1_0 _1 ++5 0x0000000000000001 0x00000000000000001 18446744073709551615 18446744073709551616 -9223372036854775808 -9223372036854775809'
        .split(' ')
        .map((n) => `v2 = iconst.i64 ${n}`),
      ...'+8 8 -0x10 +2147483648 +0xffff_ffff_ffff_fff8 +_8'.split(' ').map((n) => `v2 = load.i64 v0${n}`),
      ...'0.0 1.5 0x1.0 0x1p3 0x.8p1 0x.p1 0x1.0p-32768 0x0.0p32768 0x1.0P1 0xA.Bp1 NaN +NaN:0x1 +NaN:0X1 sNaN:0x1 +sNaN:0x1 +sNaN:0x0 -Inf inf +.5'
        .split(' ')
        .map((n) => `v2 = f64const ${n}`),
      'v2 = ireduce.i8x1 v0',
      'v2 = splat.i8x512 v1',
      'v2 = splat.i128x256 v1',
      'v2 = vconst.i128x2 [1 2]',
      'v2 = vconst.i128x2 0x01',
      'v2 = vconst.f16x4 [0.0 0x1.0 +NaN -Inf]',
      'trap user0000001',
      '<1 2> v2 = bnot v0',
      '<1, ss9,> v2 = bnot v0',
      '@12345678 v2 = bnot v0',
      '@123456789 v2 = bnot v0',
      'call fn0(), stack_map=[i64 @ ss0+0 i64 @ ss0+0]',
      'call fn0(), stack_map=[i64 @ ss9 + 4, i64 @ ss0+0,]',
      'return_call fn0(), stack_map=[]',
      'try_call fn0(), sig7, block9(ret0), [ default: block9, ]',
      'v2 = load.i64 region0 region1 v0',
      'v2 = load.i64 region7 little v0',
      'v4294967295 = bnot v0',
      'v2 = iadd.i64 v2, v2',
      'v2 = iadd v2, v2',
      'v2 -> v2',
      'v2 -> v0\n    v2 -> v0',
      'v2 -> v0\n    v2 -> v1',
      'v2 = bnot v0\n    v2 -> v0',
      'jump block77(v0, exn3,)',
      'br_table v1, block1, [block1,]',
    ].map(inBody),
    ...[
      'region1 = 0 "a"',
      'region0 = 0x1 "a"\n    region0 = 1 "b"',
      'gv1 = load.i64 notrap gv0',
      'gv1 = load.i64 aligned notrap heap_oob gv0',
      'gv1 = load.i64 aligned heap_oob notrap gv0',
      'const0 = i32 [1]',
      'const0 = i32 0x01',
      'const0 = +0x01',
      'const0 = 0x_0_1',
      'fn0 = u0:0x1()',
      'fn0 = u0:+1()',
      'fn0 = u4294967295:1()',
      'fn0 = %()',
      'sig0 = (i64 normal, i8 sarg(0x10)) -> i32 normal sext',
      'sig0 = (i64 sarg(-1))',
      'ss0 = explicit_slot -0, align = 0x10, key = 5',
      'ss0 = explicit_slot 8, key = +5',
      'ss0 = explicit_slot 8, align = 0',
      'ss0 = explicit_slot 4294967296',
      'sig3 = ()\n    fn0 = %g()\n    sig4 = ()',
      'stack_limit = gv9',
      'dt0 = i8x16*gv0',
      'gv0 = dyn_scale_target_const.i8x16',
      'dss0 = explicit_dynamic_slot dt9',
    ].map(inPreamble),
    'feature "x"\ntest run\nfunction %f() {\n}\n',
    'test run\nfeature ! "x"\nfunction %f() {\n}\n',
    'function u0:0x1() {\n}\n',
    'function %f() {\n}\n\u00a0',
    '\ufefffunction %f() {\n}\n',
  ])('agree on %j', async (text) => {
    const ours = askParser(text).answer;
    const theirs = await askReader(driver, text);
    expect(ours.kind, JSON.stringify({ ours, theirs })).toBe(theirs.kind);
  });
});

describe('a known difference', () => {
  const DECLARED =
    'function %f(i64, i128, i8x16) {\n    const0 = 0x00\n    const2 = 0x01\nblock0(v0: i64, v1: i128, v2: i8x16):\n    ';
  it.each([
    ['old instruction', `${DECLARED}v3 = iadd_imm v0, 1\n}\n`],
    ['old trap code', `${DECLARED}trap bad_sig\n}\n`],
    ['old memory flag', `${DECLARED}v3 = load.i64 heap v0\n}\n`],
    ['constants with gaps', `${DECLARED}v3 = vconst.i8x2 0x0203\n}\n`],
    ['size of a constant', `${DECLARED}v3 = vconst.i8x2 const0\n}\n`],
    ['value numbers', `${DECLARED}v4000000 = bnot v0\n}\n`],
    ['handler numbers', `${DECLARED}v3 = get_exception_handler_address.i64 block0, -1\n}\n`],
    ['name references', 'function %f() {\n    fn0 = userextname0()\n}\n'],
    ['old vocabulary', 'function %f(r64) cold {\n    mt0 = empty\n}\n'],
    ['kind of a slot', 'function %f() {\n    ss0 = explicit_dynamic_slot 16\n}\n'],
    ['entity numbers', 'function %f() {\n    ss400000000 = explicit_slot 8\n}\n'],
  ])('is still there: %s', async (name, text) => {
    const difference = differenceOf(askParser(text).answer, await askReader(driver, text), text);
    expect(difference).toEqual({ name, isKnown: true });
  });

  it('is one of the list, and anything else is not', () => {
    expect(KNOWN_DIFFERENCES).toHaveLength(11);
    const accepts = { kind: 'accepts' } as const;
    const refuses = { kind: 'refuses', line: 1, message: "expected 'x', found v7" } as const;
    const breaks = { kind: 'breaks', where: 'a.rs:1', message: 'boom' } as const;
    expect(differenceOf(accepts, accepts, '')).toBeNull();
    expect(differenceOf(refuses, breaks, '')).toBeNull();
    for (const [ours, theirs] of [
      [accepts, refuses],
      [refuses, accepts],
      [accepts, breaks],
      [breaks, refuses],
    ] as const) {
      expect(differenceOf(ours, theirs, '')).toMatchObject({ isKnown: false });
    }
  });
});

describe("Cranelift's reader panics", () => {
  it.each([
    ['constant.rs', 'function %f() {\nblock0:\n    v0 = vconst.i8x8 0x000102030405060708\n}\n'],
    ['types.rs', 'function %f(i64) {\nblock0(v0: i64):\n    v1 = extract_vector v0, 0\n}\n'],
    ['function.rs', 'function %f(i64) {\nblock0(v0: i64):\n    v1 = load.dt0 v0\n}\n'],
    ['parser.rs', 'function %f() {\n    gv0 = dyn_scale_target_const.i64\n}\n'],
    ['parser.rs', 'function %f() {\n    gv0 = vmctx\n    dt0 = i64*gv0\n}\n'],
  ])('in %s, where the parser refuses: %j', async (file, text) => {
    expect(readerBreak(await askReader(driver, text))).toContain(file);
    expect(askParser(text).answer.kind).toBe('refuses');
  });
});
