import { describe, expect, it } from 'vitest';

import { HarnessError } from '../clif/harness-error.ts';
import { parseOpinions } from './opinions-reply.ts';

describe('parseOpinions', () => {
  it('reads every shape of answer', () => {
    const line =
      '{"answers":[{"returned":["0x0","0xff"]},{"trap":"user1"},{"crashed":"SIGSEGV"},{"unsupported":"i8x32"},{"panic":"p"},{"endless":"10 s"}]}';
    expect(parseOpinions(line, 6).opinions).toEqual([
      { kind: 'returned', results: [0n, 255n] },
      { kind: 'trapped', code: 'user1' },
      { kind: 'crashed', how: 'SIGSEGV' },
      { kind: 'silent', reason: 'i8x32' },
      { kind: 'silent', reason: 'panic: p' },
      { kind: 'silent', reason: 'no end within 10 s' },
    ]);
  });

  it.each(['', '{}', '{"answers":[{"returned":["1"]}]}', '{"answers":[{"other":1}]}', '{"answers":[]}'])(
    'refuses %j',
    (line) => {
      expect(() => parseOpinions(line, 1)).toThrow(HarnessError);
    },
  );
});
