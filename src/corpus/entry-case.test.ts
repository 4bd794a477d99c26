import { describe, expect, it } from 'vitest';
import { UsageError } from '../clif/harness-error.ts';
import { functionNameText } from '../clif/module.ts';
import { caseFromClif, caseFromEntry } from './entry-case.ts';

const FOREIGN = `test interpret
test run
set enable_llvm_abi_extensions
target x86_64
set opt_level=speed
target riscv64 has_v has_zba=false has_zbb=true
target riscv64gc

function %callee(i64) -> i64 {
block0(v0: i64):
    return v0
}
; print: %callee(3)

function %call(i64, f32x4) -> i64 {
    fn0 = %callee(i64) -> i64
block0(v0: i64, v1: f32x4):
    v2 = call fn0(v0)
    return v2
}
; run: %call(-1, [0x1.0 0.0 0.0 0.0]) == -1
; run: %call(2, [0.0 0.0 0.0 +NaN]) == 2
; run: %call(2, [0.0 0.0 0.0 +NaN]) == 2
`;

describe('caseFromClif', () => {
  it('makes a case for each function that run and print lines name', () => {
    const cases = caseFromClif(FOREIGN, 'call.clif');
    expect(cases.map((kase) => functionNameText(kase.entry))).toEqual(['%callee', '%call']);
    expect(cases.map((kase) => kase.inputs)).toEqual([
      [[3n]],
      [
        [0xffff_ffff_ffff_ffffn, 0x3f80_0000n],
        [2n, 0x7fc0_0000n << 96n],
      ],
    ]);
    expect(cases[1]?.module.functions).toHaveLength(2);
    expect(cases[0]?.module.functions[0]?.signature.callConv).toBe('system_v');
  });

  it('takes the riscv64 targets with the settings in force there', () => {
    const [kase] = caseFromClif(FOREIGN, 'call.clif');
    const shared = { enable_llvm_abi_extensions: 'true', opt_level: 'speed' };
    expect(kase?.configurations).toEqual([
      { shared, isa: ['has_v', 'has_zbb'] },
      { shared, isa: [] },
    ]);
  });

  it('runs the last function on zeros where no line says otherwise', () => {
    const text = 'set is_pic\nfunction %f(i8, i64) system_v {\nblock0(v0: i8, v1: i64):\n    return\n}\n';
    const [kase] = caseFromClif(text, 'f.clif');
    expect(kase?.inputs).toEqual([[0n, 0n]]);
    expect(kase?.configurations).toEqual([{ shared: { is_pic: 'true' }, isa: [] }]);
  });

  it('says where a text is no CLIF', () => {
    expect(() => caseFromClif('function %f( {', 'bad.clif')).toThrow(/^bad\.clif:1:\d+: /);
    expect(() => caseFromClif('test run\n', 'empty.clif')).toThrow(UsageError);
  });
});

describe('caseFromEntry', () => {
  it('keeps the seed, the inputs and the configurations', () => {
    const [kase] = caseFromClif(FOREIGN, 'call.clif');
    if (kase === undefined) throw new Error('no case');
    const back = caseFromEntry({
      bucket: 'b',
      kind: 'miscompile',
      seed: null,
      caseSeed: '0123',
      caseIndex: null,
      profile: null,
      cranelift: { fails: [], passes: [] },
      module: kase.module,
      configurations: kase.configurations,
      inputs: kase.inputs,
      expected: [],
      observed: [],
      note: '',
      upstream: null,
      status: 'open',
    });
    expect(back).toEqual({ ...kase, seed: '0123', entry: { kind: 'test', name: 'main' } });
  });
});
