import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureReady, ROOT } from './callfuzz-process.ts';

beforeAll(ensureReady, 900_000);

function mutants(...args: readonly string[]): { readonly code: number | null; readonly stdout: string } {
  const script = join(ROOT, 'dist/bench/oracle-mutants.js');
  const { status, stdout } = spawnSync(process.execPath, [script, ...args], { cwd: ROOT, encoding: 'utf8' });
  return { code: status, stdout };
}

// All 71 take minutes: `npm run oracle-mutants`. Any run first sees whether every one still fits the sources.
describe('oracle-mutants', () => {
  it('kills what the tests see', () => {
    const { code, stdout } = mutants('--only', 'iadd of i64', '--tests', 'src/oracle/integer.test.ts');
    expect(stdout).toBe('1 killed, 0 survived\n');
    expect(code).toBe(0);
  });

  it('tells of a change that no test sees', () => {
    const { code, stdout } = mutants('--only', 'iadd of i64', '--tests', 'src/oracle/trace.test.ts');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '0 killed, 1 survived\n' });
  });
});
