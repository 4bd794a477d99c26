import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { checkModule } from './check.ts';
import { parseClif } from './parse.ts';
import { printModule } from './print.ts';

const shared = process.env['CALLFUZZ_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');
const folder = join(shared, 'clif/runtests');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.clif')) : [];

/** What a clean clone has: every kind of declaration, operand and literal once. */
const SAMPLE = `test run
set opt_level=speed
target riscv64 has_v
feature "x"

function %f(i64 vmctx, i32 sext, i64 sarg(16)) -> i32 uext tail {
    region0 = 3 "heap"
    ss0 = explicit_slot 8, align = 16, key = 5
    gv0 = vmctx
    gv1 = load.i64 notrap aligned gv0+8
    gv2 = symbol colocated tls %thing-8
    sig0 = (i64) -> i32 tail
    fn0 = colocated %f sig0
    const0 = i32x4 [1 -2 0x3 4]
    stack_limit = gv1
block0(v0: i64, v1: i32, v2: i64):
<1, ss0> @0011 v3 = load.i64 notrap region0 v0+16
    v4 -> v3
    v5 = func_addr.i64 fn0
    v6 = call_indirect sig0, v5(v4), stack_map=[i64 @ ss0+0]
    v7 = vconst.i32x4 const0
    v8 = vconst.f32x4 [0x1.8p3 -NaN:0x1 +Inf 0.0]
    v9 = f64const -0x1.8p-3
    v10 = iadd_imm v0, -5
    trapz v6, heap_oob
    try_call fn0(v4), sig0, block1(ret0, v0), [ tag1: block2(exn0, exn1), default: block3, context v0 ]
block1(v11: i32, v12: i64):
    br_table v11, block3, [block1(v11, v12), block3]
block2(v13: i64, v14: i64):
    return_call_indirect sig0, v5(v14)
block3 cold:
    v15 = icmp ult v1, v6
    brif v15, block4(v1), block3
block4(v16: i32):
    return v16
}
; run: %f(1, -2, 0xff) == 200

function u0:7() -> i8x16, f32 {
block0:
    v0 = vconst.i8x16 0x000102030405060708090a0b0c0d0e0f
    v1 = shuffle v0, v0, [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31]
    v2 = f32const +NaN
    return v1, v2
}
; print
`;

/** xorshift32: the same mutations on every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const SNIPPETS =
  '( ) { } [ ] < , -> = ; v0 block0 i32 i8x1 " @ % # - ++ 0x 0x1. NaN: \u{1f980} \ufeff \u0000 sig0 v99999999999 99999999999999999999 cold test set'.split(
    ' ',
  );

function mutate(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const size = random(8);
  switch (random(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + size);
    case 2:
      return text.slice(0, at) + (SNIPPETS[random(SNIPPETS.length)] ?? '') + text.slice(at + size);
    case 3: {
      const bytes = Buffer.from(text);
      if (bytes.length > 0) bytes[random(bytes.length)] = random(256);
      return bytes.toString('utf8');
    }
    case 4: {
      let digit = at;
      while (digit < text.length && !/\d/.test(text.charAt(digit))) digit += 1;
      return text.slice(0, digit) + String(random(100)) + text.slice(digit + 1);
    }
    default: {
      const from = random(text.length + 1);
      return text.slice(0, at) + text.slice(from, from + 40) + text.slice(at);
    }
  }
}

/** The parser may take so long for one text (ms); it takes a few. */
const LIMIT_MS = 1000;

it('parses damaged text or points into it, at once', () => {
  const texts = [SAMPLE, ...files.map((name) => readFileSync(join(folder, name), 'utf8'))];
  expect(parseClif(SAMPLE).kind).toBe('ok');
  const random = randomFrom(0x2545f491);
  let errors = 0;
  for (let i = 0; i < 2000; i++) {
    let damaged = (random(3) === 0 ? SAMPLE : texts[random(texts.length)]) ?? '';
    for (let k = 0; k <= random(3); k++) damaged = mutate(damaged, random);
    const start = performance.now();
    const result = parseClif(damaged);
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
    if (result.kind === 'ok') {
      const printed = printModule(result.file.module);
      expect(parseClif(printed).kind).toBe('ok');
      checkModule(result.file.module);
      continue;
    }
    errors += 1;
    const lines = damaged.split('\n');
    expect(result.line).toBeGreaterThan(0);
    expect(result.line).toBeLessThanOrEqual(lines.length);
    expect(result.column).toBeGreaterThan(0);
    expect(result.column).toBeLessThanOrEqual((lines[result.line - 1]?.length ?? 0) + 1);
  }
  expect(errors).toBeGreaterThan(500);
  expect(errors).toBeLessThan(1900);
}, 15_000);

/** Half a megabyte of one thing: what is quadratic takes minutes. */
it.each([
  '(',
  '; comment\n',
  'v0, ',
  '"',
  '1',
  '-',
  'test run\n',
  'function %f() {\n}\n',
  'a_',
  '\ud83e\udd80',
])('takes any number of %j', (piece) => {
  const text = piece.repeat(500_000 / piece.length);
  const start = performance.now();
  parseClif(text);
  parseClif(`function %f() {\nblock0:\n    v0 = iconst.i64 ${text}`);
  parseClif(`function %f(${'i64, '.repeat(20_000)}${text}`);
  expect(performance.now() - start).toBeLessThan(10 * LIMIT_MS);
});

/** Of each: what is quadratic takes minutes. */
const MANY = 50_000;

it('takes any number of aliases, signatures and debug tags', () => {
  const many = (line: (i: number) => string): string =>
    Array.from({ length: MANY }, (_, i) => line(i)).join('\n');
  const start = performance.now();
  const result = parseClif(`function %f(i64) -> i64 {
${many((i) => `fn${i} = %g(i64)`)}
block0(v0: i64):
${many((i) => `v${i + 1} -> v${i}`)}
${many((i) => `v${i + MANY + 1} = iadd v${i + 1}, v${MANY}`)}
<${many((i) => `${i},`)}> return v0
}`);
  expect(performance.now() - start).toBeLessThan(10 * LIMIT_MS);
  expect(result.kind).toBe('ok');
});
