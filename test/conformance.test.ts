import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureReady, runCallfuzz, temporaryFolder } from './callfuzz-process.ts';

/** Wasmtime's runtests are not part of the project: CALLFUZZ_SHARED, or `shared/clif` beside the repository, holds them. */
const shared = process.env['CALLFUZZ_SHARED'] ?? fileURLToPath(new URL('../../shared/clif', import.meta.url));
const runtests = join(shared, 'runtests');
const isThere = existsSync(runtests);

/** Integers, floats, vectors, memory, tail calls, a runtime routine, traps. */
const SAMPLE = [
  'ctz.clif',
  'fma.clif',
  'i128-arithmetic.clif',
  'simd-swizzle.clif',
  'return-call.clif',
  'call_libcall.clif',
  'trapz.clif',
];

const COUNTS = v.object({
  passed: v.number(),
  missed: v.number(),
  skipped: v.record(v.string(), v.number()),
});
const SUMMARY = v.object({
  schema: v.literal('callfuzz.conformance/1'),
  directives: v.number(),
  missed: v.number(),
  oracle: COUNTS,
  qemu: COUNTS,
  files: v.array(v.object({ file: v.string(), notRun: v.nullable(v.string()), directives: v.number() })),
});

let scratch: string;

beforeAll(async () => {
  await ensureReady();
  scratch = temporaryFolder('conformance');
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

/** A filetest of the function `a - b`, with these run lines. */
function subtraction(target: string, lines: readonly string[]): string {
  return `test run
${target}
function %sub(i8, i8) -> i8 {
block0(v0: i8, v1: i8):
    v2 = isub v0, v1
    return v2
}
${lines.map((line) => `; ${line}\n`).join('')}`;
}

const RIGHT = ['run: %sub(3, 1) == 2', 'run: %sub(1, 3) == -2', 'run: %sub(1, 3) != 2', 'print: %sub(9, 1)'];

async function summaryOf(
  paths: readonly string[],
): Promise<readonly [number | null, v.InferOutput<typeof SUMMARY>]> {
  const json = join(scratch, 'summary.json');
  const { code } = await runCallfuzz(['conformance', ...paths, '--json', json]);
  return [code, v.parse(SUMMARY, JSON.parse(readFileSync(json, 'utf8')))];
}

describe('conformance', () => {
  it('meets every line of a file that is right, under each target', async () => {
    const path = file(
      'right.clif',
      subtraction('target riscv64\ntarget riscv64 has_zba\ntarget x86_64', RIGHT),
    );
    const [code, summary] = await summaryOf([path]);
    expect(code).toBe(0);
    expect(summary.directives).toBe(4);
    expect(summary.oracle).toEqual({ passed: 4, missed: 0, skipped: {} });
    expect(summary.qemu).toEqual({ passed: 8, missed: 0, skipped: {} });
  });

  it('reports a wrong expectation on both sides, and ends with 1', async () => {
    const path = file('wrong.clif', subtraction('target riscv64', [...RIGHT, 'run: %sub(3, 1) == 3']));
    const { code, stdout } = await runCallfuzz(['conformance', path]);
    expect(code).toBe(1);
    expect(stdout).toContain(`${path}, oracle: %sub(3, 1) == 3: returned 2\n`);
    expect(stdout).toContain(`${path}, QEMU, (defaults): %sub(3, 1) == 3: returned 2\n`);
    expect(stdout).toContain(
      '5 directives: oracle 4 pass, 1 miss, 0 skipped; QEMU 4 pass, 1 miss, 0 skipped',
    );
    const replayed = await runCallfuzz(['replay', path]);
    expect(replayed.code).toBe(1);
    expect(replayed.stdout).toContain(`${path}, QEMU, (defaults): %sub(3, 1) == 3: returned 2\n`);
  });

  it('skips what QEMU cannot execute and does not run what is of other ISAs, and says both', async () => {
    const wide = file('wide.clif', subtraction('target riscv64 has_zvl65536b\ntarget riscv64', RIGHT));
    const other = file('other.clif', subtraction('target x86_64\ntarget aarch64', RIGHT));
    const { code, stdout } = await runCallfuzz(['conformance', wide, other]);
    expect(code).toBe(0);
    expect(stdout).toContain('QEMU 4: this emulator or Cranelift has no has_zvl65536b\n');
    expect(stdout).toMatch(/^other\.clif .*not run: the file has no riscv64 target$/m);
    const replayed = await runCallfuzz(['replay', other]);
    expect(replayed.code).toBe(2);
    expect(replayed.stdout).toContain('the file has no riscv64 target');
  });

  it('holds QEMU against the file where the oracle does not know an instruction', async () => {
    const text = `test run
target riscv64
function %guarded(i64) -> i64 tail {
block0(v0: i64):
    brif v0, block1, block2
block1:
    debugtrap
    jump block2
block2:
    v1 = iconst.i64 1
    return v1
}
; run: %guarded(0) == 1
; run: %guarded(0) == 0
`;
    const { code, stdout } = await runCallfuzz(['conformance', file('guarded.clif', text)]);
    expect(code).toBe(1);
    expect(stdout).toContain('oracle 2: %guarded: the oracle does not know debugtrap\n');
    expect(stdout).toContain('%guarded(0) == 0: returned 1\n');
    expect(stdout).toContain('oracle 0 pass, 0 miss, 2 skipped; QEMU 1 pass, 1 miss, 0 skipped');
  });

  it('lets a known issue explain what only an ordinary caller meets', async () => {
    const swizzle = `test run
set enable_multi_ret_implicit_sret=true
target riscv64 has_v
function %f(i8x16, i8) -> i8x16 {
block0(v0: i8x16, v1: i8):
    v2 = splat.i8x16 v1
    v3 = swizzle v0, v2
    return v3
}
; run: %f([1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16], 5) == [6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6]
`;
    const known = await runCallfuzz(['conformance', file('swizzle.clif', swizzle)]);
    if (known.stdout.includes('has no has_v')) return;
    expect(known.stdout).toContain('(known issue swizzle-by-splat)');
    expect(known.code).toBe(0);
  });

  it('counts a text that is no CLIF as a miss and goes on', async () => {
    const bad = file('bad.clif', subtraction('target riscv64', RIGHT).replace('isub v0, v1', 'isub v0 v1'));
    const good = file('good.clif', subtraction('target riscv64', RIGHT));
    const { code, stdout } = await runCallfuzz(['conformance', bad, good]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}\S*bad\.clif:\d+:\d+: /m);
    expect(stdout).toContain('oracle 4 pass, 0 miss, 0 skipped');
  });

  it.skipIf(!isThere)(
    `meets Wasmtime's expectations (${isThere ? 'a sample of shared/clif' : 'shared/clif is absent: set CALLFUZZ_SHARED'})`,
    async () => {
      const [code, summary] = await summaryOf(SAMPLE.map((name) => join(runtests, name)));
      expect(code).toBe(0);
      expect(summary.files.map((one) => one.notRun)).toEqual(SAMPLE.map(() => null));
      expect(summary.oracle).toEqual({ passed: summary.directives, missed: 0, skipped: {} });
      expect(summary.qemu.missed).toBe(0);
      expect(summary.qemu.passed).toBeGreaterThanOrEqual(summary.directives);
    },
  );
});
