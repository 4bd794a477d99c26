import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureReady, runCallfuzz } from './callfuzz-process.ts';

/** F2 of docs/findings.md in a function that only another calls, which does not mind. */
const INNER_F2 = `test run
set enable_multi_ret_implicit_sret=true
target riscv64

function u0:0() -> i64, i64, i32 uext system_v {
block0:
    v0 = iconst.i64 7
    v1 = iconst.i32 -2
    return v0, v0, v1
}

function %main() -> i64 system_v {
    fn0 = colocated u0:0() -> i64, i64, i32 uext system_v

block0:
    v0, v1, v2 = call fn0()
    return v0
}
; run: %main() == 7
`;

const folder = mkdtempSync(join(tmpdir(), 'callfuzz-no-veneers-'));
const file = join(folder, 'inner.clif');

beforeAll(async () => {
  await ensureReady();
  writeFileSync(file, INNER_F2);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('what goes wrong at a call inside a module is seen by veneers, and named with callee and call', async () => {
  const { code, stdout } = await runCallfuzz(['replay', file]);
  expect(stdout).toMatch(
    /abi-violation, high bits of uext result in the return area: .*\(u0:0, returns to %main\+0x[0-9a-f]+\).*known issue return-area-extension/,
  );
  expect(code).toBe(1);
});

it('and not without', async () => {
  const { code, stdout } = await runCallfuzz(['replay', '--no-veneers', file]);
  expect(stdout).toContain('1 case, 0 failing');
  expect(code).toBe(0);
});
