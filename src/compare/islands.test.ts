import { expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { withoutCompressedJumps } from './islands.ts';

/** A case whose entry makes so many constants. */
function caseOf(constants: number): Case {
  const lines = Array.from({ length: constants }, (_, i) => `    v${i} = iconst.i64 ${i}\n`);
  const parsed = parseClif(`function %main() system_v {\nblock0:\n${lines.join('')}    return\n}\n`);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return {
    seed: '',
    module: parsed.file.module,
    entry: { kind: 'test', name: 'main' },
    inputs: [],
    configurations: [
      { shared: {}, isa: ['has_v', 'has_zba', 'has_zca', 'has_zcb', 'has_zcd'], chaos: 3 },
      { shared: { is_pic: 'true' }, isa: [] },
    ],
  };
}

it('takes compressed instructions from modules that may have large islands, and nothing else', () => {
  expect(withoutCompressedJumps(caseOf(70)).configurations).toEqual([
    { shared: {}, isa: ['has_v', 'has_zba'], chaos: 3 },
    { shared: { is_pic: 'true' }, isa: [] },
  ]);
  const small = caseOf(20);
  expect(withoutCompressedJumps(small)).toBe(small);
});
