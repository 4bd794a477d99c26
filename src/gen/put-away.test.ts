import { describe, expect, it } from 'vitest';
import { checkModule } from '../clif/check.ts';
import { liveAcross } from '../clif/liveness.ts';
import type { Function, Inst } from '../clif/module.ts';
import { valueClassOf, type ValueClass } from '../clif/type.ts';
import { makeCase } from './case-arbitrary.ts';
import { DEFAULT_CONFIG, type Config } from './config.ts';
import { caseSeedFor } from './profiles.ts';
import { SAMPLE_ABILITIES } from './sample-abilities.ts';

const WITHOUT: Config = {
  ...DEFAULT_CONFIG,
  callsWithoutIntegers: 100,
  memoryParams: 0,
  functionParams: 0,
  sretFunctions: 0,
};

const isCall = ({ op }: Inst): boolean => op.includes('call') && !op.startsWith('return_call');

function classesAcross(fn: Function): readonly ReadonlySet<ValueClass>[] {
  return [...liveAcross(fn, isCall).values()].map(
    (live) => new Set(live.flatMap((value) => fn.valueTypes[value] ?? []).map(valueClassOf)),
  );
}

/** Percent of calls that no integer but something else has to survive. */
function share(config: Config): number {
  const calls = Array.from({ length: 150 }, (_, i) => caseSeedFor('put-away', 'default', i)).flatMap(
    (seed) => {
      const { module } = makeCase(config, SAMPLE_ABILITIES, seed);
      expect(checkModule(module), seed).toEqual([]);
      return module.functions.flatMap(classesAcross);
    },
  );
  return (100 * calls.filter((live) => live.size > 0 && !live.has('int')).length) / calls.length;
}

describe('calls without integers', () => {
  it('have none live across, which is rare otherwise', () => {
    expect(share(DEFAULT_CONFIG)).toBeLessThan(3);
    expect(share(WITHOUT)).toBeGreaterThan(25);
  });
});
