import { expect, test } from 'vitest';
import { clifErrorText, parseClif } from './parse.ts';
import { printModule } from './print.ts';

const TEXT = `function %f(i64, i8) -> i64, i8 system_v {
    ss0 = explicit_slot 8, align = 16

block0(v0: i64, v1: i8):
    v2 = vconst.f16x2 0x80003c00
    v3, v4 = sadd_overflow_cin v0, v0, v1
    v5 = blendv v0, v0, v0
    return v3, v4
}
`;

function printed(cranelift?: string): string {
  const result = parseClif(TEXT);
  if (result.kind === 'error') throw new Error(clifErrorText(result));
  return printModule(result.file.module, cranelift === undefined ? {} : { cranelift });
}

test('today and in versions of another form nothing is rewritten', () => {
  expect(printed()).toBe(TEXT);
  expect(printed('0.135.8')).toBe(TEXT);
  expect(printed('path:somewhere')).toBe(TEXT);
});

test('0.128 has no vector constants of f16 and calls blendv by another name', () => {
  const text = printed('0.128.4');
  expect(text).toContain('v6 = vconst.i16x2 0x80003c00\n    v2 = bitcast.f16x2 v6\n');
  expect(text).toContain('x86_blendv');
  expect(text).toContain('align = 16');
  expect(text).toContain('sadd_overflow_cin');
});

test('0.108 has no alignment of slots and another name for a carry', () => {
  const text = printed('0.108.2');
  expect(text).toContain('ss0 = explicit_slot 8\n');
  expect(text).toContain('v3, v4 = iadd_carry v0, v0, v1\n');
});
