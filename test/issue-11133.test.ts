import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureReady, runCallfuzz, temporaryFolder } from './callfuzz-process.ts';

/**
 * What https://github.com/bytecodealliance/wasmtime/issues/11133 is about: a call whose declared convention is not its
 * callee's, with a vector kept across it. The caller counts on what the callee does not keep to, so the value after the call
 * means nothing: undefined in CLIF, and no fault of the backend.
 */
interface Scenario {
  readonly callee: string;
  readonly declared: string;
  readonly setting: string;
  readonly flags: string;
}

function scenarioText({ callee, declared, setting, flags }: Scenario): string {
  return `test run
set enable_multi_ret_implicit_sret=true
set ${setting}
target riscv64 ${flags}

function u1:0(i64, i8x16) -> i64, i8x16, i64, i64 ${callee} {
block0(v0: i64, v1: i8x16):
    v2 = ireduce.i8 v0
    v3 = splat.i8x16 v2
    return v0, v3, v0, v0
}

function %main(i64, i8x16) -> i8x16, i8x16, i64 ${callee} {
    fn0 = colocated u1:0(i64, i8x16) -> i64, i8x16, i64, i64 ${declared}
block0(v0: i64, v1: i8x16):
    v2 = iadd v1, v1
    v3, v4, v5, v6 = call fn0(v0, v1)
    v7 = bxor v2, v4
    v8 = iadd v3, v6
    return v2, v7, v8
}
; run: %main(0x11, 0x0f0e0d0c0b0a09080706050403020100) == [0x1e1c1a18161412100e0c0a0806040200, 0x0f0d0b09070503011f1d1b1917151311, 0x22]
`;
}

let folder: string;

beforeAll(async () => {
  await ensureReady();
  folder = temporaryFolder('issue-11133');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function replay(
  name: string,
  scenario: Scenario,
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const path = join(folder, `${name}.clif`);
  writeFileSync(path, scenarioText(scenario));
  const { code, stdout, stderr } = await runCallfuzz(['replay', path]);
  expect(stderr).toBe('');
  return { code, stdout };
}

const SETTINGS = [
  'opt_level=none',
  'opt_level=speed',
  'opt_level=speed_and_size',
  'regalloc_algorithm=single_pass',
];

describe('a call that declares another convention than its callee has', () => {
  it.each([
    ['system_v', 'tail'],
    ['tail', 'system_v'],
    ['system_v', 'fast'],
  ])('is invalid: the callee is %s, the call says %s', async (callee, declared) => {
    const scenario = { callee, declared, setting: 'opt_level=speed', flags: 'has_v' };
    const { code, stdout } = await replay('mismatch', scenario);
    expect(stdout).toContain(': %main: invalid: ');
    // The reason names both conventions and both functions.
    expect(stdout).toContain(
      `call in %main declares ${declared}, u1:0 is ${callee}: undefined, not a backend fault`,
    );
    expect(stdout).toContain('1 case, 0 failing');
    expect(code).toBe(0);
  });
});

describe('the same with one convention', () => {
  it.each(
    ['system_v', 'tail', 'fast'].flatMap((convention) =>
      SETTINGS.map((setting) => [convention, setting] as const),
    ),
  )('agrees: %s, %s', async (convention, setting) => {
    const scenario = { callee: convention, declared: convention, setting, flags: 'has_v' };
    const { code, stdout } = await replay(`${convention}-${setting}`, scenario);
    expect(stdout).toContain(': %main: agree\n');
    expect(stdout).toContain('oracle 1 pass, 0 miss, 0 skipped; QEMU 1 pass, 0 miss, 0 skipped');
    expect(code).toBe(0);
  });
});
