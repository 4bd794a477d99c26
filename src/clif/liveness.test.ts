import { describe, expect, it } from 'vitest';
import { liveAcross } from './liveness.ts';
import type { Inst } from './module.ts';
import { parseClif } from './parse.ts';

const isCall = (inst: Inst): boolean => inst.op.endsWith('call') || inst.op.endsWith('call_indirect');

function liveAt(text: string): readonly (readonly number[])[] {
  const parsed = parseClif(text);
  const fn = parsed.kind === 'ok' ? parsed.file.module.functions[0] : undefined;
  if (fn === undefined) throw new Error('the text does not parse');
  return [...liveAcross(fn, isCall).values()];
}

describe('liveAcross', () => {
  it('holds what is used after the call, not what only the call uses or makes', () => {
    const text = `function %f(i64, i64, i64) -> i64 system_v {
    fn0 = %g(i64) -> i64 system_v
block0(v0: i64, v1: i64, v2: i64):
    v3 = call fn0(v0)
    v4 = iadd v3, v1
    return v4
}`;
    expect(liveAt(text)).toEqual([[1]]);
  });

  it('follows loops: a value of the next iteration is live', () => {
    const text = `function %f(i64, i64) -> i64 system_v {
    fn0 = %g(i64) -> i64 system_v
block0(v0: i64, v1: i64):
    jump block1(v0)
block1(v2: i64):
    v3 = call fn0(v1)
    v4 = iadd_imm v2, -1
    brif v4, block1(v4), block2
block2:
    return v3
}`;
    expect(liveAt(text)).toEqual([[1, 2]]);
  });

  it('follows both ends of a try_call and its context', () => {
    const text = `function %f(i64, i64, i64, i64) -> i64 tail {
    sig0 = (i64) -> i64 system_v
    fn0 = %g(i64) -> i64 system_v
block0(v0: i64, v1: i64, v2: i64, v3: i64):
    try_call fn0(v0), sig0, block1(ret0, v1), [ context v3, tag1: block2(exn0) ]
block1(v4: i64, v5: i64):
    v6 = iadd v4, v5
    return v6
block2(v7: i64):
    v8 = iadd v7, v2
    return v8
}`;
    expect(liveAt(text)).toEqual([[1, 2]]);
  });
});
