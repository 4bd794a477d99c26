import { describe, expect, it } from 'vitest';
import { checkModule, problemText } from '../clif/check.ts';
import { printModule } from '../clif/print.ts';
import { abiParam } from '../clif/signature.ts';
import { callGroup } from './call-group.ts';
import { changeGroup, retyped, UNCHANGED } from './change-signature.ts';
import { sampleCase } from './sample-case.ts';

const TEXT = `
function u0:1(i64, i32) -> i64 tail {
block0(v0: i64, v1: i32):
    v2 = uextend.i64 v1
    v3 = iadd v0, v2
    return v3
}
function u0:2(i64, i32) -> i64 tail {
    fn0 = colocated u0:1(i64, i32) -> i64 tail
block0(v0: i64, v1: i32):
    return_call fn0(v0, v1)
}
function u0:3(i8) -> i64 system_v {
    sig0 = (i64, i32) -> i64 tail
    fn0 = u0:2 sig0
    fn1 = u0:1 sig0
block0(v0: i8):
    v1 = func_addr.i64 fn0
    v2 = iconst.i64 300
    v3 = iconst.i32 7
    v4 = call_indirect sig0, v1(v2, v3)
    v5 = call fn1(v4, v3)
    return v5
}
function %main(i64, i8) -> i64 system_v {
    fn0 = u0:3(i8) -> i64 system_v
block0(v0: i64, v1: i8):
    v2 = call fn0(v1)
    v3 = iadd v2, v0
    return v3
}`;

const DROP_FIRST = new Map([[0, { kind: 'drop' as const }]]);

function changedText(name: string, followTails: boolean, change: Parameters<typeof changeGroup>[2]): string {
  const kase = sampleCase(TEXT);
  const changed = changeGroup(kase, callGroup(kase.module, name, followTails), change);
  expect(changed).not.toBeNull();
  if (changed === null) return '';
  expect(checkModule(changed.module).map(problemText)).toEqual([]);
  return printModule(changed.module);
}

describe('callGroup', () => {
  it('takes in indirect calls of a function whose address is taken, and what tail calls tie together', () => {
    const { module } = sampleCase(TEXT);
    expect([...callGroup(module, 'u0:1', false).functions]).toEqual(['u0:1']);
    expect(callGroup(module, 'u0:2', false).indirect.size).toBe(1);
    expect([...callGroup(module, 'u0:1', true).functions].toSorted()).toEqual(['u0:1', 'u0:2']);
    expect(callGroup(module, 'u0:1', true).indirect.size).toBe(1);
  });
});

describe('changeGroup', () => {
  it('drops a parameter at the definition and at direct and tail calls', () => {
    const text = changedText('u0:1', false, { ...UNCHANGED, params: DROP_FIRST });
    expect(text).toContain('function u0:1(i32) -> i64 tail');
    expect(text).toContain('return_call fn0(v1)');
    expect(text).toContain('call fn1(v3)');
    expect(text).toContain('call_indirect sig0, v1(v2, v3)');
  });

  it('drops a parameter at indirect calls', () => {
    const text = changedText('u0:2', false, { ...UNCHANGED, params: DROP_FIRST });
    expect(text).toContain('function u0:2(i32) -> i64 tail');
    expect(text).toMatch(/call_indirect sig\d+, v1\(v3\)/);
  });

  it('drops a result along tail calls', () => {
    const text = changedText('u0:1', true, { ...UNCHANGED, returns: DROP_FIRST });
    expect(text).toContain('function u0:1(i64, i32) tail');
    expect(text).toContain('function u0:2(i64, i32) tail');
    expect(text).toContain('    call fn1(');
    expect(text).toContain('    call_indirect ');
  });

  it('changes types with conversions where values pass, and constants directly', () => {
    const narrow = retyped(abiParam('i64'), 'i8');
    const text = changedText('u0:1', false, { ...UNCHANGED, params: new Map([[0, narrow]]) });
    expect(text).toContain('function u0:1(i8, i32) -> i64 tail');
    expect(text).toMatch(/v\d+ = ireduce\.i8 v0/);
    expect(text).toMatch(/v\d+ = uextend\.i64 v\d+/);
  });

  it('lets the inputs follow the entry', () => {
    const kase = sampleCase(TEXT, [
      [0x1234n, 5n],
      [1n, 6n],
    ]);
    const group = callGroup(kase.module, '%main', false);
    const dropped = changeGroup(kase, group, { ...UNCHANGED, params: DROP_FIRST });
    expect(dropped?.inputs).toEqual([[5n], [6n]]);
    const narrowed = changeGroup(kase, group, {
      ...UNCHANGED,
      params: new Map([[0, retyped(abiParam('i64'), 'i8')]]),
    });
    expect(narrowed?.inputs).toEqual([
      [0x34n, 5n],
      [1n, 6n],
    ]);
  });

  it('drops results of a try_call in its normal target', () => {
    const kase = sampleCase(`
function u0:1(i64) -> i64, i8 system_v {
block0(v0: i64):
    v1 = iconst.i8 1
    return v0, v1
}
function %main(i64) -> i8 system_v {
    sig0 = (i64) -> i64, i8 system_v
    fn0 = u0:1 sig0
block0(v0: i64):
    try_call fn0(v0), sig0, block1(ret0, ret1), []
block1(v1: i64, v2: i8):
    return v2
}`);
    const changed = changeGroup(kase, callGroup(kase.module, 'u0:1', true), {
      ...UNCHANGED,
      returns: DROP_FIRST,
    });
    expect(changed === null ? [] : checkModule(changed.module).map(problemText)).toEqual([]);
    expect(changed === null ? '' : printModule(changed.module)).toMatch(/block1\(v\d+, ret0\)/);
    const narrow = new Map([[0, retyped(abiParam('i64'), 'i32')]]);
    expect(
      changeGroup(kase, callGroup(kase.module, 'u0:1', true), { ...UNCHANGED, returns: narrow }),
    ).toBeNull();
  });
});
