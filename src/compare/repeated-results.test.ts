import { expect, it } from 'vitest';
import type { Case, Configuration } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { printModule } from '../clif/print.ts';
import { passResultsOnce } from './repeated-results.ts';

const SINGLE_PASS: Configuration = { shared: { regalloc_algorithm: 'single_pass' }, isa: [] };

/** Results 0 and 1 come in registers, result 2 in memory. */
function text(args: string, types: readonly string[]): string {
  const params = types.map((type, i) => `v${i + 1}: ${type}`).join(', ');
  return `function %main(i64) -> i64 system_v {
    sig0 = (i64) -> i64, i64, i64 system_v
    fn0 = %main0 sig0

block0(v0: i64):
    try_call fn0(v0), sig0, block1(${args}), []

block1(${params}):
    return v0
}

function %main0(i64) -> i64, i64, i64 system_v {
block0(v0: i64):
    return v0, v0, v0
}
`;
}

function rewritten(source: string, configuration = SINGLE_PASS): string {
  const parsed = parseClif(source);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const { module } = parsed.file;
  const entry = { kind: 'test', name: 'main' } as const;
  const kase: Case = { seed: 'x', module, entry, inputs: [], configurations: [configuration] };
  const after = passResultsOnce(kase).module;
  expect(checkModule(after)).toEqual([]);
  return printModule(after);
}

it('takes a result in memory once and passes it on as often as it was', () => {
  const after = rewritten(text('ret2, v0, ret2', ['i64', 'i64', 'i64']));
  expect(after).toContain('block2(ret2), []');
  expect(after).toContain('block2(v4: i64):\n    jump block1(v4, v0, v4)');
});

it('leaves results in registers passed twice, and the order as it was', () => {
  const after = rewritten(text('ret2, ret1, ret1, ret2', ['i64', 'i64', 'i64', 'i64']));
  expect(after).toContain('block2(ret2, ret1, ret1), []');
  expect(after).toContain('jump block1(v5, v6, v7, v5)');
});

it('changes nothing without repetition in memory, or with another allocator', () => {
  const inRegisters = text('ret1, ret0, ret1, ret2', ['i64', 'i64', 'i64', 'i64']);
  expect(rewritten(inRegisters)).toBe(inRegisters);
  const repeated = text('ret2, ret2', ['i64', 'i64']);
  expect(rewritten(repeated, { shared: {}, isa: [] })).toBe(repeated);
});
