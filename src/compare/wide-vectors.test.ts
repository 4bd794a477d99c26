import { describe, expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import type { Outcome } from '../clif/outcome.ts';
import { typeInfo } from '../clif/type.ts';
import { makeCase } from '../gen/case-arbitrary.ts';
import { caseSeedFor, findProfile } from '../gen/profiles.ts';
import { SAMPLE_ABILITIES } from '../gen/sample-abilities.ts';
import { interpret } from '../oracle/interpret.ts';
import { prepare } from '../oracle/prepare.ts';
import { keepWideVectorsInMemory } from './wide-vectors.ts';

function casesOf(profile: string, count: number): readonly Case[] {
  const config = findProfile(profile)?.config;
  if (config === undefined) throw new Error(`no profile ${profile}`);
  return Array.from({ length: count }, (_, i) =>
    makeCase(config, SAMPLE_ABILITIES, caseSeedFor('wide', profile, i)),
  );
}

const wide = casesOf('wide-vectors', 100);

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
      expect(passed.filter(({ type }) => typeInfo(type).isVector && typeInfo(type).bits > 128)).toEqual([]);
    }
  });

  it('leaves alone what has none', () => {
    for (const kase of casesOf('vectors', 30)) expect(keepWideVectorsInMemory(kase)).toEqual(kase);
  });
});
