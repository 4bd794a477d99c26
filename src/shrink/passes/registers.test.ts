import { describe, expect, it } from 'vitest';
import type { Case } from '../../clif/case.ts';
import { printModule } from '../../clif/print.ts';
import type { Pass } from '../pass.ts';
import { sampleCase } from '../sample-case.ts';
import { tidyCase } from '../tidy.ts';
import { isValidCase } from '../valid-case.ts';
import { floodRegisters, spanCalls } from './registers.ts';

const CALLS = sampleCase(`
function u0:0(i64, i8 sext) -> i64, f64 tail {
block0(v0: i64, v1: i8):
    v2 = sextend.i64 v1
    v3 = iadd v0, v2
    v4 = f64const 0x1.0
    return v3, v4
}
function u0:1(i64, f64) -> i64, f64 tail {
    sig0 = (i64, i8 sext) -> i64, f64 tail
    fn0 = u0:0 sig0
block0(v0: i64, v1: f64):
    v2 = iconst.i8 9
    v3, v4 = call fn0(v0, v2)
    v5 = iadd v3, v0
    return_call fn0(v5, v2)
}
function %main(i64) -> i64 system_v {
    sig0 = (i64, f64) -> i64, f64 tail
    fn0 = u0:1 sig0
block0(v0: i64):
    v1 = f64const 0x1.0
    v2 = iadd v0, v0
    v3, v4 = call fn0(v2, v1)
    v5 = iadd v3, v2
    return v5
}`);

function made(pass: Pass): readonly Case[] {
  return [...pass.candidates(CALLS)]
    .flatMap((candidate) => candidate() ?? [])
    .map((kase) => tidyCase(kase, 'all'));
}

describe('passes for registers', () => {
  it('make valid cases', () => {
    for (const pass of [floodRegisters, spanCalls]) {
      expect(made(pass).length).toBeGreaterThan(0);
      for (const kase of made(pass)) expect(isValidCase(kase), printModule(kase.module)).toBe(true);
    }
  });

  it('give a callee many parameters of one class and store them all', () => {
    const texts = made(floodRegisters).map((kase) => printModule(kase.module));
    expect(texts.some((text) => /function u0:0\((f64, ){8}f64\)/.test(text))).toBe(true);
    for (const text of texts) expect(text.split('store ').length).toBeGreaterThan(5);
  });

  it('keep a parameter across a call', () => {
    const texts = made(spanCalls).map((kase) => printModule(kase.module));
    const isSpanned = texts.some((text) => /v\d+, v\d+ = call fn0\([^)]*\)\n +return v0, v1\n/.test(text));
    expect(isSpanned).toBe(true);
  });

  it('keep a tail call where there is one', () => {
    const texts = made(spanCalls).map((kase) => printModule(kase.module));
    expect(texts.some((text) => /= call fn0\([^)]*\)\n +return_call fn0\(v0, /.test(text))).toBe(true);
  });
});
