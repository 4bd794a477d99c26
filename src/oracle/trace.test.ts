import { expect, test } from 'vitest';
import { parseClif } from '../clif/parse.ts';
import { prepare } from './prepare.ts';
import { traceCalls } from './trace.ts';

const TEXT = `
function %main(i64) -> i64 tail {
    fn0 = %double(i64) -> i64 tail
block0(v0: i64):
    v1 = call fn0(v0)
    v2 = call fn0(v1)
    return_call fn0(v2)
}
function %double(i64) -> i64 tail {
    fn0 = %add(i64, i64) -> i64 tail
block0(v0: i64):
    return_call fn0(v0, v0)
}
function %add(i64, i64) -> i64 tail {
block0(v0: i64, v1: i64):
    v2 = iadd v0, v1
    return v2
}`;

test('tells calls, tail calls and returns in their order, with the values passed', () => {
  const parsed = parseClif(TEXT);
  if (parsed.kind !== 'ok') throw new Error('the text does not parse');
  const { outcome, trace } = traceCalls(prepare(parsed.file.module), { kind: 'test', name: 'main' }, [3n]);
  expect(outcome).toEqual({ kind: 'returned', results: [24n] });
  const lines = trace.events.map((e) =>
    [e.kind, e.callee, e.depth, e.kind === 'enter' && e.isTail ? 'tail' : '', e.values.join()].join(' '),
  );
  expect(lines).toEqual([
    'enter %double 1  3',
    'enter %add 1 tail 3,3',
    'leave %add 1  6',
    'enter %double 1  6',
    'enter %add 1 tail 6,6',
    'leave %add 1  12',
    'enter %double 0 tail 12',
    'enter %add 0 tail 12,12',
  ]);
  expect(trace.isCut).toBe(false);
});
