import { describe, expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import type { Outcome } from '../clif/outcome.ts';
import type { Signature } from '../clif/signature.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { makeCase } from '../gen/case-arbitrary.ts';
import { caseSeedFor, findProfile } from '../gen/profiles.ts';
import { SAMPLE_ABILITIES } from '../gen/sample-abilities.ts';
import { interpret } from '../oracle/interpret.ts';
import { prepare } from '../oracle/prepare.ts';
import { isMasked } from './outline.ts';
import { keptPlaces } from './wide-slots.ts';
import { keepWideVectorsInMemory } from './wide-vectors.ts';

function casesOf(profile: string, count: number): readonly Case[] {
  const config = findProfile(profile)?.config;
  if (config === undefined) throw new Error(`no profile ${profile}`);
  return Array.from({ length: count }, (_, i) =>
    makeCase(config, SAMPLE_ABILITIES, caseSeedFor('wide', profile, i)),
  );
}

function isWide(type: Type): boolean {
  return typeInfo(type).isVector && typeInfo(type).bits > 128;
}

/** The case under one configuration with this allocator. */
function allocatedBy(allocator: string, kase: Case): Case {
  const configurations = kase.configurations
    .slice(0, 1)
    .map(({ shared, isa }) => ({ shared: { ...shared, regalloc_algorithm: allocator }, isa }));
  return { ...kase, configurations };
}

const cases = casesOf('wide-vectors', 60);
const roomy = cases.map((kase) => allocatedBy('backtracking', kase));
const tight = cases.map((kase) => allocatedBy('single_pass', kase));

/** Of each input: the entry's results, or the trap. */
function outcomes(kase: Case): readonly Outcome[] {
  const program = prepare(kase.module);
  return kase.inputs.map((input) => interpret(program, kase.entry, input));
}

/** What becomes of the outcome: wide results come in parts, behind the whole of them where the entry gives that. */
function inParts(kase: Case, outcome: Outcome, isWhole: boolean): Outcome {
  const entry = kase.module.functions.at(-1);
  if (outcome.kind !== 'returned' || entry === undefined) return outcome;
  const results = outcome.results.flatMap((bits, i) => {
    const info = typeInfo(entry.signature.returns[i]?.type ?? 'i64');
    if (!info.isVector || info.bits <= 128) return [bits];
    const parts = Array.from({ length: info.bits / 128 }, (_, part) =>
      BigInt.asUintN(128, bits >> BigInt(128 * part)),
    );
    return isWhole ? [bits, ...parts.slice(1)] : parts;
  });
  return { kind: 'returned', results };
}

function entrySignature(kase: Case): Signature {
  const entry = kase.module.functions.at(-1);
  if (entry === undefined) throw new Error('a case has an entry');
  return entry.signature;
}

describe('keepWideVectorsInMemory', () => {
  it.each([
    ['few stay whole', roomy],
    ['none does', tight],
  ])('keeps every outcome where %s', (_, some) => {
    for (const kase of some) {
      const isWhole = some === roomy && keptPlaces(kase.module.functions).givesWhole(entrySignature(kase));
      const wanted = outcomes(kase).map((outcome) => inParts(kase, outcome, isWhole));
      expect(outcomes(keepWideVectorsInMemory(kase, true)), kase.seed).toEqual(wanted);
    }
  });

  it('gives valid modules, with no wide vector between blocks', () => {
    for (const kase of [...roomy, ...tight]) {
      const { module } = keepWideVectorsInMemory(kase, true);
      expect(checkModule(module), kase.seed).toEqual([]);
      for (const { blocks } of module.functions) {
        // The block that a try_call returns to takes results as they come.
        const joins = blocks.flatMap(({ insts }) => {
          const last = insts.at(-1);
          return last?.kind === 'try_call' || last?.kind === 'try_call_indirect'
            ? [last.table.normal.block]
            : [];
        });
        const others = blocks.slice(1).filter(({ id }) => !joins.includes(id));
        expect(others.flatMap((block) => block.params).filter(({ type }) => isWide(type))).toEqual([]);
      }
    }
  });

  it('leaves places of wide values as they are but for single_pass and long lists', () => {
    const widths = (some: readonly Case[]): readonly number[] =>
      some.map((kase) => {
        const { functions } = keepWideVectorsInMemory(kase, true).module;
        const lists = functions.flatMap((fn) => [fn.signature, ...fn.sigRefs.values()]);
        return lists
          .flatMap(({ params, returns }) => [...params, ...returns])
          .filter(({ type }) => isWide(type)).length;
      });
    expect(widths(tight)).toEqual(tight.map(() => 0));
    expect(widths(roomy).filter((count) => count > 0).length).toBeGreaterThan(roomy.length / 2);
    for (const kase of roomy) {
      const names = (each: Case): readonly string[] =>
        each.module.functions.map((fn) => fn.signature.params.map(({ type }) => type).join());
      const isFew = kase.module.functions.every((fn) =>
        keptPlaces(kase.module.functions).takesWhole(fn.signature),
      );
      if (isFew) expect(names(keepWideVectorsInMemory(kase, true))).toEqual(names(kase));
    }
  });

  it('leaves single_pass no instruction under a mask on wide vectors beside others', () => {
    const counts = cases.flatMap((kase) => {
      const { functions } = keepWideVectorsInMemory(allocatedBy('single_pass', kase), true).module;
      return functions.flatMap((fn) => {
        const touches = (value: number): boolean => isWide(fn.valueTypes[value] ?? 'i64');
        const insts = fn.blocks.flatMap((block) => block.insts);
        const masked = insts.filter(
          (inst) => isMasked(inst) && [...inst.results, ...inst.args].some(touches),
        );
        return masked.length === 0 ? [] : [insts.length];
      });
    });
    // Loads, itself, a store and a return.
    expect(counts.length).toBeGreaterThan(30);
    expect(Math.max(...counts)).toBeLessThan(6);
  });

  it('leaves alone what has none', () => {
    for (const kase of casesOf('vectors', 30)) expect(keepWideVectorsInMemory(kase, true)).toEqual(kase);
  });

  it('gives results alike in functions that leave to one another, however long their lists', () => {
    const many = Array.from({ length: 40 }, () => 'i64x4').join(', ');
    const parsed = parseClif(`function u0:1(${many}) -> i64x4 tail {
block0(${Array.from({ length: 40 }, (_, i) => `v${i}: i64x4`).join(', ')}):
    return v39
}

function %main(i64x4) -> i64x4 tail {
    sig0 = (${many}) -> i64x4 tail
    fn0 = u0:1 sig0
block0(v0: i64x4):
    return_call fn0(${Array.from({ length: 40 }, () => 'v0').join(', ')})
}
`);
    if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
    const { module } = parsed.file;
    const configurations = [{ shared: {}, isa: ['has_v', 'has_zvl256b'] }];
    const kase = {
      seed: '0',
      module,
      entry: { kind: 'test', name: 'main' },
      inputs: [],
      configurations,
    } as const;
    expect(checkModule(keepWideVectorsInMemory(kase, true).module)).toEqual([]);
  });
});
