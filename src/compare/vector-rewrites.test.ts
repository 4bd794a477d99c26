import { describe, expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import { parseClif } from '../clif/parse.ts';
import { interpret } from '../oracle/interpret.ts';
import { prepare } from '../oracle/prepare.ts';
import { poisonSeeds } from '../clif/poison-seeds.ts';
import { isRunLonger } from '../clif/vlen.ts';
import { keepSplatsFromSwizzles, keepSwizzlesWithinLanes, roundByHand } from './vector-rewrites.ts';

const LANES = [
  0x8000_7fff_0001_ffff_8000_0000_ffff_fffen,
  0x8000_7fff_ffff_0002_8000_0000_7fff_ffffn,
  5n,
  0n,
];

function caseOf(op: string, type: string): Case {
  const splat = op === 'swizzle' ? 'v2 = ireduce.i8 v9\n    v3 = splat.i8x16 v2' : `v3 = bor.${type} v1, v1`;
  const text = `function %main(${type}, ${type}, i64) -> ${type} system_v {
block0(v0: ${type}, v1: ${type}, v9: i64):
    ${splat}
    v4 = ${op} v0, v3
    return v4
}
`;
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  const inputs = LANES.flatMap((x) => LANES.map((y) => [x, y, y & 0xffffn]));
  const entry = { kind: 'test', name: 'main' } as const;
  return { seed: '', module: parsed.file.module, entry, inputs, configurations: [] };
}

function outcomes(kase: Case): unknown {
  const program = prepare(kase.module);
  return kase.inputs.map((input) =>
    interpret(program, kase.entry, input, { fuel: 10_000, strictUninit: true }),
  );
}

describe.for([
  ['avg_round', 'i8x16', roundByHand],
  ['avg_round', 'i64x2', roundByHand],
  ['sqmul_round_sat', 'i16x8', roundByHand],
  ['sqmul_round_sat', 'i32x4', roundByHand],
  ['swizzle', 'i8x16', keepSplatsFromSwizzles],
] as const)('%s of %s', ([op, type, rewrite]) => {
  it('means the same written otherwise', () => {
    const kase = caseOf(op, type);
    const other = rewrite(kase);
    expect(other.module).not.toEqual(kase.module);
    expect(checkModule(other.module)).toEqual([]);
    expect(outcomes(other)).toEqual(outcomes(kase));
  });
});

describe('keepSwizzlesWithinLanes', () => {
  const within = (inst: string): { readonly before: Case; readonly after: Case } => {
    const text = `function %main(i8x16, i8x16) -> i8x16 system_v {
block0(v0: i8x16, v1: i8x16):
    v2 = ${inst}
    return v2
}
`;
    const parsed = parseClif(text);
    if (parsed.kind === 'error') throw new Error(parsed.message);
    const entry = { kind: 'test', name: 'main' } as const;
    const inputs = LANES.flatMap((x) => LANES.map((y) => [x * 0x0102_0304_0506_0708_090a_0b0c_0d0en, y]));
    const configurations = [{ shared: {}, isa: ['has_v', 'has_zvl256b'] }];
    const before: Case = { seed: '', module: parsed.file.module, entry, inputs, configurations };
    return { before, after: keepSwizzlesWithinLanes(before) };
  };

  it.each([
    'swizzle v0, v1',
    'shuffle v0, v1, 0x1f1e1d1c1b1a19180706050403020100',
    'shuffle v0, v1, 0x00020406080a0c0e10121416181a1c1e',
  ])('says the same by other means: %s', (inst) => {
    const { before, after } = within(inst);
    expect(after.module).not.toEqual(before.module);
    expect(checkModule(after.module)).toEqual([]);
    expect(outcomes(after)).toEqual(outcomes(before));
  });

  it('changes nothing where registers are as short as V has them', () => {
    const { before } = within('swizzle v0, v1');
    const short: Case = { ...before, seed: 'plain', configurations: [{ shared: {}, isa: ['has_v'] }] };
    expect(isRunLonger(poisonSeeds(short.seed)[0])).toBe(false);
    expect(keepSwizzlesWithinLanes(short).module).toEqual(short.module);
  });

  it('leaves a swizzle by a splat alone', () => {
    const kase: Case = {
      ...caseOf('swizzle', 'i8x16'),
      configurations: [{ shared: {}, isa: ['has_zvl256b'] }],
    };
    expect(keepSwizzlesWithinLanes(kase).module).toEqual(kase.module);
  });
});
