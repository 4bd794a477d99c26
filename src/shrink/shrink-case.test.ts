import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { checkModule, problemText } from '../clif/check.ts';
import { functionNameText } from '../clif/module.ts';
import { printModule } from '../clif/print.ts';
import { countInstructions } from '../clif/rewrite.ts';
import { makeCase } from '../gen/case-arbitrary.ts';
import { caseSeedFor } from '../gen/profiles.ts';
import type { Abilities } from '../gen/config.ts';
import { DEFAULT_CONFIG } from '../gen/config.ts';
import { sampleCase } from './sample-case.ts';
import { shrinkCase } from './shrink-case.ts';
import { caseSize } from './size.ts';

const ABILITIES: Abilities = {
  settings: {
    opt_level: ['none', 'speed', 'speed_and_size'],
    preserve_frame_pointers: ['true', 'false'],
    enable_multi_ret_implicit_sret: ['true', 'false'],
  },
  isa: ['has_v', 'has_zba', 'has_zbb', 'has_zfh', 'has_zvfh'],
};

function generated(index: number): Case {
  return makeCase(DEFAULT_CONFIG, ABILITIES, caseSeedFor('shrink', 'test', index));
}

function problemsOf(kase: Case): readonly string[] {
  return checkModule(kase.module).map(problemText);
}

function hashOf(text: string): number {
  let hash = 7;
  for (let i = 0; i < text.length; i += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
  return hash;
}

/** An i128 result of a call with nine integer parameters reaches a return, straight or through other instructions. */
function hasWideCall(kase: Case): boolean {
  return kase.module.functions.some((fn) =>
    fn.blocks.some((block) => {
      const reached = new Set<number>();
      for (const inst of block.insts) {
        if (inst.op === 'call') {
          const ints = inst.args.filter((arg) => /^i\d+$/.test(fn.valueTypes[arg] ?? ''));
          if (ints.length >= 9) for (const r of inst.results) if (fn.valueTypes[r] === 'i128') reached.add(r);
        }
        if (!inst.args.some((arg) => reached.has(arg))) continue;
        if (inst.op === 'return') return true;
        for (const r of inst.results) reached.add(r);
      }
      return false;
    }),
  );
}

const WIDE_CALL = `
function u0:4(i64) -> i64 system_v {
    ss0 = explicit_slot 64, align = 16
block0(v0: i64):
    v1 = stack_addr.i64 ss0
    store v0, v1+8
    v2 = load.i64 v1+8
    return v2
}
function u0:3(i64, i8 sext, f64, i32 uext, i64, i128, i16, i64, f32, i64, i64, i64) -> i64, i128, i8x16 tail {
    fn0 = u0:4(i64) -> i64 system_v
block0(v0: i64, v1: i8, v2: f64, v3: i32, v4: i64, v5: i128, v6: i16, v7: i64, v8: f32, v9: i64, v10: i64, v11: i64):
    v12 = call fn0(v0)
    v13 = iadd v12, v4
    v14 = iconcat v13, v9
    v15 = splat.i8x16 v1
    brif v12, block1(v14), block2
block1(v16: i128):
    return v13, v16, v15
block2:
    jump block1(v5)
}
function %main(i64, f64, i128) -> i64, i128 system_v {
    ss0 = explicit_slot 4096
    sig0 = (i64, i8 sext, f64, i32 uext, i64, i128, i16, i64, f32, i64, i64, i64) -> i64, i128, i8x16 tail
    fn0 = u0:3 sig0
    fn1 = colocated u0:4(i64) -> i64 system_v
block0(v0: i64, v1: f64, v2: i128):
    v3 = iconst.i8 7
    v4 = iconst.i32 123456
    v5 = iconst.i16 99
    v6 = f32const 0x1.8p3
    v7 = call fn1(v0)
    v8 = stack_addr.i64 ss0+2048
    store v7, v8
    v9, v10, v11 = call fn0(v0, v3, v1, v4, v7, v2, v5, v0, v6, v7, v0, v7)
    v12 = load.i64 v8
    v13 = iadd v12, v9
    v14 = iadd v10, v2
    return v13, v14
}
`;

describe('shrinkCase', () => {
  it('comes down to the call that a predicate asks for', async () => {
    const kase = sampleCase(WIDE_CALL, [
      [5n, 6n, 7n],
      [1n, 2n, 3n],
    ]);
    expect(problemsOf(kase)).toEqual([]);
    const result = await shrinkCase(kase, async (c) => hasWideCall(c), { maxAttempts: 3000 });
    expect(problemsOf(result.case)).toEqual([]);
    expect(result.exhausted).toBe(false);
    expect(printModule(result.case.module)).toMatchInlineSnapshot(`
      "function u0:0(i64, i8, i64, i64, i16, i64, i64, i64, i64) -> i128 system_v {
      block0(v0: i64, v1: i8, v2: i64, v3: i64, v4: i16, v5: i64, v6: i64, v7: i64, v8: i64):
          v9 = uextend.i128 v3
          return v9
      }

      function %main() -> i64 system_v {
          sig0 = (i64, i8, i64, i64, i16, i64, i64, i64, i64) -> i128 system_v
          fn0 = colocated u0:0 sig0

      block0:
          v0 = iconst.i64 0
          v1 = iconst.i8 0
          v2 = iconst.i16 0
          v3 = call fn0(v0, v1, v0, v0, v2, v0, v0, v0, v0)
          v4 = ireduce.i64 v3
          return v4
      }
      "
    `);
    expect(result.case.inputs).toEqual([[]]);
    expect(result.case.configurations).toEqual([{ shared: {}, isa: [] }]);
  });

  it('gives a valid case that is never larger, whatever the answers, and the same one for every batch size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(200), fc.nat(), fc.integer({ min: 2, max: 6 }), async (index, salt, rarity) => {
        const kase = generated(index);
        let smallest = caseSize(kase);
        const stillFails = async (c: Case): Promise<boolean> => {
          expect(problemsOf(c)).toEqual([]);
          return hashOf(printModule(c.module)) % rarity === salt % rarity;
        };
        const one = await shrinkCase(
          kase,
          async (c) => {
            const fails = await stillFails(c);
            expect(caseSize(c)).toBeLessThanOrEqual(smallest);
            if (fails) smallest = caseSize(c);
            return fails;
          },
          { maxAttempts: 80 },
        );
        const four = await shrinkCase(kase, stillFails, { maxAttempts: 80, parallel: 4 });
        expect(one.attempts).toBeLessThanOrEqual(81);
        expect(caseSize(one.case)).toBeLessThanOrEqual(caseSize(kase));
        expect(four).toEqual(one);
      }),
      { numRuns: 6, seed: 3 },
    );
  }, 20_000);

  it('takes everything away that no answer keeps', async () => {
    const { case: smallest } = await shrinkCase(generated(1), async () => true, { maxAttempts: 2000 });
    expect(smallest.module.functions).toHaveLength(1);
    expect(countInstructions(smallest.module)).toBe(1);
    expect(smallest.inputs).toEqual([[]]);
  });

  it('gives the case back when nothing smaller fails', async () => {
    const kase = generated(2);
    const result = await shrinkCase(kase, async () => false, { maxAttempts: 400 });
    expect(result.case).toBe(kase);
    expect(result.passes.every((pass) => pass.accepted === 0)).toBe(true);
  });

  it('says which bound stopped it', async () => {
    const bounded = await shrinkCase(generated(3), async () => false, { maxAttempts: 5 });
    expect(bounded).toMatchObject({ exhausted: true, timedOut: false });
    expect(bounded.attempts).toBeLessThanOrEqual(6);
    const late = await shrinkCase(generated(3), async () => true, { maxAttempts: 500, deadline: () => true });
    expect(late).toMatchObject({ exhausted: true, timedOut: true });
  });

  it('keeps dead code where the fault needs it', async () => {
    const kase = sampleCase(`
function %main(i64) -> i64 system_v {
    sig0 = (i64) -> i64 tail
block0(v0: i64):
    v1 = iconst.i64 5
    v2 = iconst.i64 6
    v3 = imul v0, v1
    return v2
}`);
    const { case: small } = await shrinkCase(kase, async (c) => printModule(c.module).includes('imul'), {
      maxAttempts: 500,
    });
    expect(countInstructions(small.module)).toBeLessThanOrEqual(3);
    expect(printModule(small.module)).not.toContain('sig0');
  });

  it('passes an exception of the predicate on', async () => {
    await expect(
      shrinkCase(generated(4), () => Promise.reject(new Error('the emulator ended')), { maxAttempts: 5 }),
    ).rejects.toThrow('the emulator ended');
  });

  it('names the entry %main and counts from zero', async () => {
    const kase = sampleCase('function u3:9(i64) -> i64 tail {\nblock7(v40: i64):\n    return v40\n}\n');
    const { case: small } = await shrinkCase(kase, async (c) => c.inputs[0]?.length === 1, {
      maxAttempts: 100,
    });
    expect(functionNameText(small.entry)).toBe('%main');
    expect(printModule(small.module)).toContain('block0(v0: i');
  });
});
