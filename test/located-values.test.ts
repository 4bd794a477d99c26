import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureReady, ROOT, runCallfuzz } from './callfuzz-process.ts';

const CORPUS = join(ROOT, 'corpus');

beforeAll(ensureReady);

describe('a miscompile says where its calls part from the oracle', () => {
  it('at the argument that a tail call did not pass', async () => {
    const { stdout } = await runCallfuzz([
      'replay',
      join(CORPUS, 'miscompile-result-i32-in-integer-registers-return_call-tail'),
    ]);
    expect(stdout).toMatch(
      /^ {2}calls part from the oracle's: argument 8 \(f16\) of u0:0.*: expected 0x0, found 0x[0-9a-f]{4} at the tail call of u0:0, event 0$/m,
    );
  });

  it('after the last call, where every call is right', async () => {
    const { stdout } = await runCallfuzz([
      'replay',
      join(CORPUS, 'miscompile-result-f32-in-a-float-register-call-system_v-enable_multi_re-20a80ded'),
    ]);
    expect(stdout).toMatch(
      /^ {2}every call inside agrees; result 0 \(f32\) of the entry .*found 0xffc00000$/m,
    );
  });
});
