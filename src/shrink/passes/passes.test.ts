import { describe, expect, it } from 'vitest';
import type { Case } from '../../clif/case.ts';
import { checkModule } from '../../clif/check.ts';
import { functionNameText } from '../../clif/module.ts';
import { printModule } from '../../clif/print.ts';
import type { Pass } from '../pass.ts';
import { chunks } from '../pass.ts';
import { sampleCase } from '../sample-case.ts';
import { tidyCase } from '../tidy.ts';
import { stubBodies } from './bodies.ts';
import { decideBranches, dropBlockParams, mergeStraightLines, skipBlocks } from './branches.ts';
import { bypassCalls, directCalls, dropCalls, plainReturns, plainTries } from './calls.ts';
import { dropConfigurations, plainerConfigurations } from './configurations.ts';
import { directAddresses, fewerHandlers } from './exceptions.ts';
import { plainerConventions, plainerRefs } from './conventions.ts';
import { otherEntries } from './entries.ts';
import { dropInputs, plainerInputs } from './inputs.ts';
import { reuseValues } from './instructions.ts';
import { plainParams } from './signatures.ts';
import { plainerSlots } from './slots.ts';

function made(pass: Pass, kase: Case): readonly Case[] {
  return [...pass.candidates(kase)].flatMap((candidate) => candidate() ?? []).map((c) => tidyCase(c, 'all'));
}

/** Texts of the candidates that are valid modules. */
function texts(pass: Pass, kase: Case): readonly string[] {
  return made(pass, kase)
    .filter((c) => checkModule(c.module).length === 0)
    .map((c) => printModule(c.module));
}

const CALLS = sampleCase(`
function u0:0(i64) -> i64 tail {
block0(v0: i64):
    v1 = iadd v0, v0
    return v1
}
function u0:1(i64) -> i64 tail {
    fn0 = u0:0(i64) -> i64 tail
block0(v0: i64):
    v1 = iconst.i64 9
    v2 = bxor v0, v1
    return_call fn0(v2)
}
function %main(i64) -> i64 system_v {
    ss0 = explicit_slot 4096, align = 16
    sig0 = (i64) -> i64 tail
    fn0 = u0:1 sig0
    fn1 = u0:0 sig0
block0(v0: i64):
    v1 = call fn0(v0)
    v2 = func_addr.i64 fn1
    v3 = call_indirect sig0, v2(v1)
    return v3
}`);

const BRANCHES = sampleCase(`
function %main(i64) -> i64 system_v {
block0(v0: i64):
    v1 = iconst.i64 0
    jump block1(v1, v0)
block1(v2: i64, v3: i64):
    v4 = icmp ult v2, v0
    brif v4, block2, block3(v3)
block2:
    v5 = iconst.i64 1
    v6 = iadd v2, v5
    jump block1(v6, v6)
block3(v7: i64):
    return v7
}`);

describe('passes', () => {
  it('chunks go from the whole to single elements', () => {
    expect([...chunks(3)]).toEqual([
      [0, 3],
      [0, 2],
      [2, 3],
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect([...chunks(0)]).toEqual([]);
  });

  it('stub bodies with zeros, parameters and tagged constants', () => {
    const stubs = texts(stubBodies, CALLS);
    expect(stubs.some((text) => text.includes('iconst.i64 0\n    return'))).toBe(true);
    expect(stubs.some((text) => text.includes('    return v0'))).toBe(true);
    expect(stubs.every((text) => text.includes('call_indirect'))).toBe(true);
  });

  it('make calls plainer', () => {
    expect(texts(dropCalls, CALLS)[0]).not.toContain('call');
    expect(texts(plainReturns, CALLS)[0]).not.toContain('return_call');
    expect(texts(directCalls, CALLS).some((text) => !text.includes('call_indirect'))).toBe(true);
    expect(texts(bypassCalls, CALLS).some((text) => !text.includes('u0:1('))).toBe(true);
    expect(texts(plainerConventions, CALLS)[0]).not.toContain('tail');
    expect(texts(plainerRefs, CALLS)[0]).toContain('fn0 = colocated u0:1');
  });

  it('make a try_call a call', () => {
    const kase = sampleCase(`
function u0:1(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}
function %main(i64) -> i64 system_v {
    sig0 = (i64) -> i64 system_v
    fn0 = u0:1 sig0
block0(v0: i64):
    try_call fn0(v0), sig0, block1(ret0, v0), [ default: block2(exn0) ]
block1(v1: i64, v2: i64):
    return v1
block2(v3: i64):
    return v3
}`);
    const [text] = texts(plainTries, kase);
    expect(text).toMatch(/v\d+ = call fn0\(v0\)\n {4}jump block1\(v\d+, v0\)/);
  });

  it('drop handlers and contexts, and call directly what a try_call has the address of', () => {
    const kase = sampleCase(`
function u0:1(i64) -> i64 system_v {
    sig0 = (i64, i64, i64, i32, i64, i64) system_v
    fn0 = %__cranelift_throw sig0
block0(v0: i64):
    v1 = iconst.i32 1
    v2 = func_addr.i64 fn0
    call_indirect sig0, v2(v0, v0, v0, v1, v0, v0)
    return v0
}
function %main(i64) -> i64 system_v {
    sig0 = (i64) -> i64 system_v
    fn0 = u0:1 sig0
block0(v0: i64):
    v9 = func_addr.i64 fn0
    try_call_indirect v9(v0), sig0, block1(ret0), [ context v0, tag1: block1(exn0), default: block2(exn1) ]
block1(v1: i64):
    return v1
block2(v2: i64):
    return v2
}`);
    const lists = texts(fewerHandlers, kase).map((text) => /block1\(ret0\), (\[.*\])/.exec(text)?.[1]);
    expect(lists).toEqual([
      '[]',
      '[ tag1: block1(exn0), default: block2(exn1) ]',
      '[ tag1: block1(exn0), default: block2(exn1) ]',
      '[ context v0, default: block2(exn1) ]',
      '[ context v0, tag1: block1(exn0) ]',
    ]);
    const direct = texts(directAddresses, kase);
    expect(direct).toHaveLength(1);
    expect(direct[0]).toContain('try_call fn0(v0), sig0, block1(ret0), [ context v0,');
    expect(direct[0]).toMatch(/call_indirect sig0, v2\(v0, v0/);
  });

  it('take another function for the entry, with inputs that fit', () => {
    const entries = made(otherEntries, CALLS);
    expect(entries.map((c) => functionNameText(c.entry))).toEqual(['u0:1', 'u0:0']);
    expect(entries.every((c) => c.inputs.every((input) => input.length === 1))).toBe(true);
  });

  it('decide branches, run loops once, merge straight lines, drop block parameters', () => {
    expect(texts(decideBranches, BRANCHES).some((text) => text.includes('jump block3(v3)'))).toBe(true);
    const once = texts(skipBlocks, BRANCHES);
    expect(once.some((text) => /iadd[^\n]*\n {4}jump block3\(v6\)/.test(text))).toBe(true);
    expect(texts(dropBlockParams, BRANCHES).some((text) => text.includes('block1(v2: i64):'))).toBe(true);
    const [exit] = made(decideBranches, BRANCHES).filter((c) =>
      printModule(c.module).includes('jump block3(v3)'),
    );
    const merged = exit === undefined ? [] : texts(mergeStraightLines, exit);
    expect(merged[0]).toBe('function %main(i64) -> i64 system_v {\nblock0(v0: i64):\n    return v0\n}\n');
  });

  it('reuse values, drop slots and purposes', () => {
    expect(texts(reuseValues, CALLS).length).toBeGreaterThan(0);
    expect(texts(plainerSlots, CALLS)[0]).not.toContain('explicit_slot');
    const kase = sampleCase(
      'function %main(i8 sext, i64 vmctx) -> i8 uext system_v {\nblock0(v0: i8, v1: i64):\n    return v0\n}',
    );
    expect(texts(plainParams, kase)).toContain(
      'function %main(i8, i64) -> i8 uext system_v {\nblock0(v0: i8, v1: i64):\n    return v0\n}\n',
    );
  });

  it('make configurations and inputs plainer', () => {
    const two = {
      ...CALLS,
      configurations: [...CALLS.configurations, { shared: {}, isa: ['has_v', 'has_zba'] }],
    };
    expect(made(dropConfigurations, two).some((c) => c.configurations.length === 1)).toBe(true);
    const plainer = made(plainerConfigurations, two).map((c) => c.configurations);
    expect(plainer).toContainEqual([
      { shared: {}, isa: ['has_v'] },
      { shared: {}, isa: ['has_v', 'has_zba'] },
    ]);
    expect(plainer).toContainEqual([
      { shared: { opt_level: 'speed' }, isa: ['has_v'] },
      { shared: {}, isa: ['has_zba'] },
    ]);
    const [first] = CALLS.configurations;
    if (first === undefined) throw new Error('the sample has a configuration');
    const seeded = { ...CALLS, configurations: [{ ...first, chaos: 7 }] };
    expect(made(plainerConfigurations, seeded).map((c) => c.configurations)).toContainEqual([first]);
    const inputs = { ...CALLS, inputs: [[0x1234n], [7n]] };
    expect(made(dropInputs, inputs).map((c) => c.inputs)).toContainEqual([[7n]]);
    expect(made(plainerInputs, inputs).map((c) => c.inputs)).toContainEqual([[0x34n], [7n]]);
  });
});
