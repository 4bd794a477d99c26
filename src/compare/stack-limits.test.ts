import { expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { checkPassedLimitsByHand } from './stack-limits.ts';

/** How many functions keep their stack limit, of one whose vmctx comes after parameters of these types. */
function limitsLeft(before: readonly string[], results: readonly string[] = []): number {
  const params = [...before, 'i64 vmctx'];
  const values = params.map((param, i) => `v${i}: ${param.split(' ')[0]}`);
  const parsed =
    parseClif(`function %main(${params.join(', ')})${results.length === 0 ? '' : ` -> ${results.join(', ')}`} system_v {
    gv0 = vmctx
    stack_limit = gv0
block0(${values.join(', ')}):
    return ${results.map(() => 'v0').join(', ')}
}
`);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const kase: Case = {
    seed: '',
    module: parsed.file.module,
    entry: { kind: 'test', name: 'main' },
    inputs: [],
    configurations: [],
  };
  const { module } = checkPassedLimitsByHand(kase);
  expect(checkModule(module)).toEqual([]);
  return module.functions.filter((fn) => fn.stackLimit !== null).length;
}

it('a limit is checked by hand where its vmctx is on the stack, and only there', () => {
  const words = Array.from({ length: 7 }, () => 'i64');
  expect(limitsLeft(words)).toBe(1);
  expect(limitsLeft([...words, 'f64', 'i8x16'])).toBe(1);
  expect(limitsLeft([...words, 'i8'])).toBe(0);
  for (const pair of ['i128', 'f128']) {
    expect(limitsLeft([pair, pair, pair, 'i64'])).toBe(1);
    expect(limitsLeft([pair, pair, pair, pair])).toBe(0);
  }
});

it('the pointer to a return area takes a register too', () => {
  const words = Array.from({ length: 7 }, () => 'i64');
  expect(limitsLeft(words, ['i64', 'i64'])).toBe(1);
  expect(limitsLeft(words, ['i64', 'i64', 'i64'])).toBe(0);
});
