import { describe, expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import type { Outcome } from '../clif/outcome.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { makeCase } from '../gen/case-arbitrary.ts';
import { caseSeedFor, findProfile } from '../gen/profiles.ts';
import { SAMPLE_ABILITIES } from '../gen/sample-abilities.ts';
import { interpret } from '../oracle/interpret.ts';
import { prepare } from '../oracle/prepare.ts';
import { isMasked } from './outline.ts';
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
const wide = ['backtracking', 'single_pass'].flatMap((name) => cases.map((kase) => allocatedBy(name, kase)));

/** Of each input: the result that the entry's checksum ends in, or the trap; wide results come in parts. */
function outcomes(kase: Case): readonly Outcome[] {
  const program = prepare(kase.module);
  return kase.inputs.map((input) => interpret(program, kase.entry, input));
}

function joined(kase: Case, outcome: Outcome): Outcome {
  const entry = kase.module.functions.at(-1);
  if (outcome.kind !== 'returned' || entry === undefined) return outcome;
  const results = outcome.results.flatMap((bits, i) => {
    const info = typeInfo(entry.signature.returns[i]?.type ?? 'i64');
    if (!info.isVector || info.bits <= 128) return [bits];
    return Array.from({ length: info.bits / 128 }, (_, part) =>
      BigInt.asUintN(128, bits >> BigInt(128 * part)),
    );
  });
  return { kind: 'returned', results };
}

describe('keepWideVectorsInMemory', () => {
  it('keeps every outcome', () => {
    for (const kase of wide) {
      const wanted = outcomes(kase).map((outcome) => joined(kase, outcome));
      expect(outcomes(keepWideVectorsInMemory(kase)), kase.seed).toEqual(wanted);
    }
  });

  it('gives valid modules, with no wide vector between functions or blocks', () => {
    for (const kase of wide) {
      const { module } = keepWideVectorsInMemory(kase);
      expect(checkModule(module), kase.seed).toEqual([]);
      const passed = module.functions.flatMap((fn) => [
        ...[fn.signature, ...fn.sigRefs.values()].flatMap((s) => [...s.params, ...s.returns]),
        ...fn.blocks.flatMap((block) => block.params),
      ]);
      expect(passed.filter(({ type }) => isWide(type))).toEqual([]);
    }
  });

  it('leaves single_pass no instruction under a mask on wide vectors beside others', () => {
    const counts = cases.flatMap((kase) => {
      const { functions } = keepWideVectorsInMemory(allocatedBy('single_pass', kase)).module;
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
    for (const kase of casesOf('vectors', 30)) expect(keepWideVectorsInMemory(kase)).toEqual(kase);
  });
});
