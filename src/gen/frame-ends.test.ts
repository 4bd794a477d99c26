import { describe, expect, it } from 'vitest';
import type { Function, Inst } from '../clif/module.ts';
import { makeCase } from './case-arbitrary.ts';
import { DEFAULT_CONFIG } from './config.ts';
import { SAMPLE_ABILITIES } from './sample-abilities.ts';

const CONFIG = {
  ...DEFAULT_CONFIG,
  stackLimits: 40,
  highStackLimits: 30,
  trappingFunctions: 25,
  outlineProbes: 30,
  blockPadding: 30,
};

const cases = Array.from({ length: 150 }, (_, i) => makeCase(CONFIG, SAMPLE_ABILITIES, `frame ends ${i}`));
const functions: readonly Function[] = cases.flatMap(({ module }) => module.functions);

function endsOf(fn: Function): readonly Inst[] {
  return fn.blocks.flatMap((block) => block.insts.slice(-1));
}

function offsetsTo(fn: Function): readonly number[] {
  return [...fn.globalValues.values()].flatMap((global) => (global.kind === 'load' ? [global.offset] : []));
}

describe('functions', () => {
  it('some of which end every path in a trap, by codes that differ', () => {
    const leaves = (fn: Function): boolean => endsOf(fn).some(({ op }) => op.startsWith('return'));
    const trapping = functions.filter((fn) => !leaves(fn));
    expect(trapping.length).toBeGreaterThan(30);
    const codes = trapping.flatMap((fn) => endsOf(fn).flatMap((i) => (i.kind === 'trap' ? [i.code] : [])));
    expect(new Set(codes).size).toBeGreaterThan(4);
    const calling = trapping.filter((fn) => fn.funcRefs.size > 0);
    expect(calling.length).toBeGreaterThan(10);
  });

  it('some of which have a stack limit in vmctx, or one or two loads from there', () => {
    const limited = functions.filter((fn) => fn.stackLimit !== null);
    for (const loads of [0, 1, 2])
      expect(limited.filter((fn) => fn.stackLimit === loads).length, `${loads} loads`).toBeGreaterThan(10);
    const offsets = new Set(limited.flatMap(offsetsTo));
    expect(offsets.has(2047) && offsets.has(-2056)).toBe(true);
    const positions = limited.map((fn) => fn.signature.params.findIndex((p) => p.purpose.kind === 'vmctx'));
    expect(new Set(positions)).toEqual(new Set([0, 1, 2, 3]));
  });
});

describe('configurations', () => {
  const shared = cases.flatMap((kase) => kase.configurations.map((c) => c.shared));

  it('probe by a call now and then', () => {
    expect(shared.filter((s) => s['probestack_strategy'] === 'outline').length).toBeGreaterThan(50);
  });

  it('pad blocks by as much as a module of so many may be padded', () => {
    const padded = cases.flatMap(({ module, configurations }) =>
      configurations.flatMap((c) => {
        const log2 = c.shared['bb_padding_log2_minus_one'];
        const blocks = module.functions.reduce((sum, fn) => sum + fn.blocks.length, 0);
        return log2 === undefined ? [] : [{ each: 2 ** (Number(log2) - 1), blocks }];
      }),
    );
    expect(padded.length).toBeGreaterThan(50);
    expect(padded.some(({ each }) => each > 0x8000)).toBe(true);
    for (const { each, blocks } of padded) expect(each * blocks).toBeLessThanOrEqual(4 << 20);
  });
});
