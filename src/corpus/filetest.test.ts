import { describe, expect, it } from 'vitest';
import { checkModule } from '../clif/check.ts';
import { functionNameText } from '../clif/module.ts';
import { readFiletest } from './filetest.ts';

const TEXT = `test interpret
test run
target x86_64
set opt_level=speed
target riscv64 has_v
target riscv64gc

function %swap(i8, f32) -> f32, i8 {
block0(v0: i8, v1: f32):
    return v1, v0
}
; run: %swap(-1, 0x1.8) == [0x1.8, 255]
; run: %swap(1, 0.0) != [0.0, 2]
; print: %swap(1, +NaN)

function %yes() -> i8 {
block0:
    v0 = iconst.i8 1
    return v0
}
; run
`;

describe('readFiletest', () => {
  it('has a check for each line, with bits', () => {
    const { checks } = readFiletest(TEXT, 'x.clif');
    expect(checks.map((check) => [check.text, functionNameText(check.entry), check.input])).toEqual([
      ['%swap(-1, 0x1.8) == [0x1.8, 255]', '%swap', [0xffn, 0x3fc0_0000n]],
      ['%swap(1, 0.0) != [0.0, 2]', '%swap', [1n, 0n]],
      ['print %swap(1, +NaN)', '%swap', [1n, 0x7fc0_0000n]],
      ['%yes() != 0', '%yes', []],
    ]);
    expect(checks.map((check) => check.expectation)).toEqual([
      { comparison: '==', types: ['f32', 'i8'], results: [0x3fc0_0000n, 255n] },
      { comparison: '!=', types: ['f32', 'i8'], results: [0n, 2n] },
      null,
      { comparison: '!=', types: ['i8'], results: [0n] },
    ]);
  });

  it('takes the riscv64 targets alone, with the settings in force there', () => {
    const shared = { opt_level: 'speed' };
    expect(readFiletest(TEXT, 'x.clif').configurations).toEqual([
      { shared, isa: ['has_v'] },
      { shared, isa: [] },
    ]);
    const elsewhere = TEXT.replaceAll(/target riscv64.*\n/g, '').replace('set opt_level=speed\n', '');
    expect(readFiletest(elsewhere, 'x.clif').configurations).toEqual([]);
  });

  it('defines the arithmetic routines that are only named', () => {
    const text = `test run
target riscv64
function %f(f64, i64) -> f64 {
    fn0 = %FmaF64(f64, f64, f64) -> f64
    fn1 = %Memcpy(i64, i64, i64) -> i64
    fn2 = %FloorF32(f64) -> f64
block0(v0: f64, v1: i64):
    v2 = call fn0(v0, v0, v0)
    return v2
}
`;
    const { module } = readFiletest(text, 'x.clif');
    expect(module.functions.map((fn) => functionNameText(fn.name))).toEqual(['%f', '%FmaF64']);
    expect(checkModule(module, { allowExternals: true })).toEqual([]);
  });

  it('says where a text is no CLIF', () => {
    expect(() => readFiletest(TEXT.replace('return v1, v0', 'return v1 v0'), 'x.clif')).toThrow(
      /^x\.clif:\d+:\d+: /,
    );
  });
});
