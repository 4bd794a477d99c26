import { describe, expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { layoutSignature } from '../abi/layout.ts';
import { checkModule } from '../clif/check.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { signatureOfCall, type Function, type Inst } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { makeCase } from '../gen/case-arbitrary.ts';
import { caseSeedFor, PROFILES } from '../gen/profiles.ts';
import { SAMPLE_ABILITIES } from '../gen/sample-abilities.ts';
import { interpret } from '../oracle/interpret.ts';
import { prepare } from '../oracle/prepare.ts';
import type { Outcome } from '../clif/outcome.ts';
import { reboxNarrowFloatResults } from './narrow-float-results.ts';

const cases: readonly Case[] = PROFILES.flatMap(({ name, config }) =>
  Array.from({ length: 60 }, (_, i) => makeCase(config, SAMPLE_ABILITIES, caseSeedFor('rewrite', name, i))),
);

function hasNarrowResults(signature: Signature): boolean {
  return signature.returns.some(({ type }) => type === 'f32' || type === 'f16');
}

const SINGLE_PASS = { shared: { regalloc_algorithm: 'single_pass' }, isa: [] };

/** Results of a plain call that come back in the return area. */
function narrowInMemory(fn: Function, inst: Inst): readonly number[] {
  const signature = inst.op === 'call' || inst.op === 'call_indirect' ? signatureOfCall(fn, inst) : undefined;
  if (signature === undefined) return [];
  const { returns } = layoutSignature(signature, { implicitReturnArea: true });
  return inst.results.filter(
    (result, i) =>
      ['f32', 'f16'].includes(fn.valueTypes[result] ?? '') && returns[i]?.parts[0]?.place.kind === 'memory',
  );
}

/** F3 of docs/findings.md; without its second call the result is read at once. */
const FAR_AND_NEAR = `function u0:0() -> f32, f32, f32 system_v {
block0:
    v0 = f32const 0x1.8p1
    return v0, v0, v0
}

function u0:1() system_v {
block0:
    return
}

function %main() -> f32 system_v {
    fn0 = colocated u0:0() -> f32, f32, f32 system_v
    fn1 = colocated u0:1() system_v

block0:
    v0, v1, v2 = call fn0()
    call fn1()
    v3 = fadd v2, v2
    return v3
}
`;

function caseOf(text: string): Case {
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const { module } = parsed.file;
  return { seed: '', module, entry: { kind: 'test', name: 'main' }, inputs: [[]], configurations: [] };
}

function outcomes(kase: Case): readonly Outcome[] {
  const program = prepare(kase.module);
  return kase.inputs.map((input) => interpret(program, kase.entry, input));
}

describe('reboxNarrowFloatResults', () => {
  it('keeps every outcome, bit by bit', () => {
    for (const kase of cases)
      expect(outcomes(reboxNarrowFloatResults(kase)), kase.seed).toEqual(outcomes(kase));
  });

  it('gives valid modules', () => {
    for (const kase of cases)
      expect(checkModule(reboxNarrowFloatResults(kase).module), kase.seed).toEqual([]);
  });

  it('keeps signatures, and reads every f32 and f16 result in memory by a store of its bits alone', () => {
    let count = 0;
    for (const kase of cases) {
      const rewritten = reboxNarrowFloatResults({ ...kase, configurations: [SINGLE_PASS] });
      for (const [i, fn] of rewritten.module.functions.entries()) {
        expect(fn.signature).toEqual(kase.module.functions[i]?.signature);
        const insts = fn.blocks.flatMap((block) => block.insts);
        const results = insts.flatMap((inst) => narrowInMemory(fn, inst));
        count += results.length;
        for (const result of results)
          expect(insts.filter(({ args }) => args.includes(result)).map(({ op }) => op)).toEqual(['bitcast']);
      }
    }
    expect(count).toBeGreaterThan(100);
  });

  it('leaves alone what backtracking has no reason to spill', () => {
    const backtracking = { shared: {}, isa: [] };
    const near = caseOf(FAR_AND_NEAR.replace('    call fn1()\n', ''));
    expect(reboxNarrowFloatResults({ ...near, configurations: [backtracking] }).module).toEqual(near.module);
    expect(reboxNarrowFloatResults({ ...near, configurations: [SINGLE_PASS] }).module).not.toEqual(
      near.module,
    );
    const far = caseOf(FAR_AND_NEAR);
    expect(reboxNarrowFloatResults({ ...far, configurations: [backtracking] }).module).not.toEqual(
      far.module,
    );
  });

  it('leaves none alone where more come back than have a register that the call leaves alone', () => {
    const types = Array.from({ length: 12 }, () => 'f32').join(', ');
    const values = Array.from({ length: 12 }, (_, i) => `v${i}`).join(', ');
    const many = caseOf(`function u0:0() -> ${types} system_v {
block0:
    v0 = f32const 0x1.8p1
    return ${Array.from({ length: 12 }, () => 'v0').join(', ')}
}

function %main() -> f32 system_v {
    fn0 = colocated u0:0() -> ${types} system_v

block0:
    ${values} = call fn0()
    v12 = fadd v5, v6
    v13 = fadd v12, v0
    return v13
}
`);
    const { functions } = reboxNarrowFloatResults({
      ...many,
      configurations: [{ shared: {}, isa: [] }],
    }).module;
    const main = functions.at(-1);
    const stores = main?.blocks.flatMap(({ insts }) => insts.filter(({ op }) => op === 'store'));
    expect(stores?.length).toBe(10);
  });

  it('leaves alone what has none', () => {
    const without = cases.filter(
      ({ module }) =>
        !module.functions.some(
          (fn) => hasNarrowResults(fn.signature) || [...fn.sigRefs.values()].some(hasNarrowResults),
        ),
    );
    expect(without.length).toBeGreaterThan(20);
    for (const kase of without) expect(reboxNarrowFloatResults(kase)).toEqual(kase);
  });

  it('changes neither inputs nor configurations, and not the case it was given', () => {
    for (const kase of cases.slice(0, 60)) {
      const before = structuredClone(kase);
      const { module: _module, ...rest } = reboxNarrowFloatResults(kase);
      const { module: _before, ...wanted } = before;
      expect(rest).toEqual(wanted);
      expect(kase).toEqual(before);
    }
  });

  it('carries results over an indirect call with a NaN in them as they are', () => {
    const kase = {
      ...caseOf(`function u0:1() -> f64, f64, f32, f16 system_v {
block0:
    v0 = f32const +sNaN:0x1
    v1 = f16const -NaN:0x3
    v2 = f64const 0x1.0
    return v2, v2, v0, v1
}
function %main() -> f32, f16, f64 system_v {
    sig0 = () -> f64, f64, f32, f16 system_v
    fn0 = colocated u0:1 sig0
block0:
    v0 = func_addr.i64 fn0
    v1, v2, v3, v4 = call_indirect sig0, v0()
    return v3, v4, v2
}
`),
      configurations: [SINGLE_PASS],
    };
    const rewritten = reboxNarrowFloatResults(kase);
    expect(rewritten.module).not.toEqual(kase.module);
    const expected = [{ kind: 'returned', results: [0x7f80_0001n, 0xfe03n, 0x3ff0n << 48n] }];
    expect(outcomes(kase)).toEqual(expected);
    expect(outcomes(rewritten)).toEqual(expected);
  });
});
