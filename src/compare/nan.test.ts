import { describe, expect, it } from 'vitest';
import type { Module } from '../clif/module.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { makeCase } from '../gen/case-arbitrary.ts';
import { PROFILES } from '../gen/profiles.ts';
import { SAMPLE_ABILITIES } from '../gen/sample-abilities.ts';
import { exposesArithmeticNan } from './nan.ts';

function moduleOf(body: string, signature = '(f32, f32) -> f32'): Module {
  const params = (signature.match(/\((.*?)\)/)?.[1] ?? '').split(', ').map((type, i) => `v${i}: ${type}`);
  const preamble = '    sig0 = (f32) -> f32 system_v';
  const text = `function %f${signature} system_v {\n${preamble}\nblock0(${params.join(', ')}):\n${body}\n}\n`;
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return parsed.file.module;
}

const CANONICAL_SCALAR = `v2 = fadd v0, v1
    v3 = fcmp uno v2, v2
    v4 = f32const +NaN
    v5 = select v3, v4, v2`;

describe('exposesArithmeticNan', () => {
  it.each([
    ['returned', 'v2 = fadd v0, v1\n return v2', '(f32, f32) -> f32'],
    ['stored', 'v3 = fmul v0, v0\n store v3, v1\n return v0', '(f32, i64) -> f32'],
    ['cast to bits', 'v2 = fdiv v0, v1\n v3 = bitcast.i32 v2\n return v3', '(f32, f32) -> i32'],
    ['moved by its sign', 'v2 = sqrt v0\n v3 = fneg v2\n return v3', '(f32) -> f32'],
    [
      'passed to a block',
      'v2 = fadd v0, v1\n jump block1(v2)\nblock1(v3: f32):\n return v3',
      '(f32, f32) -> f32',
    ],
    ['chosen by something else', `v3 = fadd v0, v0\n v4 = select v1, v0, v3\n return v4`, '(f32, i8) -> f32'],
    [
      'chosen where it is a NaN, not where it is none',
      'v2 = fadd v0, v1\n v3 = fcmp uno v2, v2\n v4 = select v3, v2, v0\n return v4',
      '(f32, f32) -> f32',
    ],
    [
      'tested by the comparison of another value',
      'v2 = fadd v0, v1\n v3 = fcmp uno v0, v0\n v4 = f32const +NaN\n v5 = select v3, v4, v2\n return v5',
      '(f32, f32) -> f32',
    ],
    [
      'tested by another comparison',
      'v2 = fadd v0, v1\n v3 = fcmp eq v2, v2\n v4 = f32const +NaN\n v5 = select v3, v4, v2\n return v5',
      '(f32, f32) -> f32',
    ],
    ['canonical in one use and seen in another', `${CANONICAL_SCALAR}\n return v2`, '(f32, f32) -> f32'],
    ['of a lane', 'v2 = fadd v0, v1\n return v2', '(f32x4, f32x4) -> f32x4'],
    [
      'given to a call',
      'v2 = fmin v0, v1\n v9 = iconst.i64 0\n v3 = call_indirect sig0, v9(v2)\n return v3',
      '(f32, f32) -> f32',
    ],
  ])('is true for a NaN that is %s', (_, body, signature) => {
    expect(exposesArithmeticNan(moduleOf(body, signature))).toBe(true);
  });

  it.each([
    ['made canonical', `${CANONICAL_SCALAR}\n return v5`, '(f32, f32) -> f32'],
    [
      'made canonical lane by lane',
      `v2 = fsub v0, v1
    v3 = fcmp uno v2, v2
    v4 = bitcast.f32x4 little v3
    v5 = vconst.f32x4 0x7fc000007fc000007fc000007fc00000
    v6 = bitselect v4, v5, v2
    return v6`,
      '(f32x4, f32x4) -> f32x4',
    ],
    ['only compared', 'v2 = fadd v0, v1\n v3 = fcmp lt v2, v0\n return v3', '(f32, f32) -> i8'],
    ['not read', 'v2 = fadd v0, v1\n return v0', '(f32, f32) -> f32'],
    ['moved, not made', 'v2 = fneg v0\n v3 = fcopysign v2, v1\n return v3', '(f32, f32) -> f32'],
    ['no NaN but an integer', 'v2 = iadd v0, v1\n return v2', '(i32, i32) -> i32'],
  ])('is false for what is %s', (_, body, signature) => {
    expect(exposesArithmeticNan(moduleOf(body, signature))).toBe(false);
  });

  it('sees it in any function of a module', () => {
    const good = moduleOf('return v0').functions;
    const bad = moduleOf('v2 = fadd v0, v1\n return v2').functions;
    expect(exposesArithmeticNan({ functions: [...good, ...bad] })).toBe(true);
    expect(exposesArithmeticNan({ functions: good })).toBe(false);
  });

  it('is false for every generated module, though they compute with floats', () => {
    let adds = 0;
    for (const { config, name } of PROFILES) {
      for (let i = 0; i < 60; i += 1) {
        const { module, seed } = makeCase(config, SAMPLE_ABILITIES, `nan ${name} ${i}`);
        expect(exposesArithmeticNan(module), seed).toBe(false);
        adds += module.functions
          .flatMap((fn) => fn.blocks.flatMap((b) => b.insts))
          .filter((inst) => inst.op === 'fadd').length;
      }
    }
    expect(adds).toBeGreaterThan(50);
  });
});
