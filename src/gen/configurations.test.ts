import { describe, expect, it } from 'vitest';
import { needsReturnArea } from '../abi/layout.ts';
import { configurationText, type Case, type Configuration } from '../clif/case.ts';
import type { Signature } from '../clif/signature.ts';
import { typeInfo } from '../clif/type.ts';
import { makeCase } from './case-arbitrary.ts';
import { DEFAULT_CONFIG, type Abilities } from './config.ts';
import { PROFILES } from './profiles.ts';
import { SAMPLE_ABILITIES } from './sample-abilities.ts';

const BARE: Abilities = { settings: { opt_level: ['none', 'speed'] }, isa: ['has_zba', 'has_v'] };

function casesWith(abilities: Abilities, count: number): readonly Case[] {
  return Array.from({ length: count }, (_, i) => {
    const profile = PROFILES[i % PROFILES.length];
    return makeCase(profile?.config ?? DEFAULT_CONFIG, abilities, `configuration ${i}`);
  });
}

function signaturesOf({ module }: Case): readonly Signature[] {
  return module.functions.flatMap((fn) => [fn.signature, ...fn.sigRefs.values()]);
}

const cases = casesWith(SAMPLE_ABILITIES, 300);
const configurations: readonly Configuration[] = cases.flatMap((kase) => kase.configurations);

describe.each([
  ['every ability', SAMPLE_ABILITIES],
  ['few abilities', BARE],
  ['none', { settings: {}, isa: [] }],
])('configurations with %s', (_, abilities) => {
  const drawn = casesWith(abilities, 150).flatMap((kase) => kase.configurations);

  it('have only settings and values the Cranelift at hand takes', () => {
    for (const { shared } of drawn) {
      for (const [name, value] of Object.entries(shared)) {
        // Probes are off by default everywhere, so switching them off needs no asking.
        if (name === 'enable_probestack' && value === 'false') continue;
        const values = abilities.settings[name];
        expect(values, name).toBeDefined();
        if (values !== undefined && values.length > 0) expect(values).toContain(value);
      }
    }
  });

  it('have only flags this emulator executes', () => {
    for (const { isa } of drawn) for (const flag of isa) expect(abilities.isa).toContain(flag);
  });

  it('are sorted, without repeats, so that equal ones have equal texts', () => {
    for (const { shared, isa } of drawn) {
      expect(Object.keys(shared)).toEqual(Object.keys(shared).toSorted());
      expect(isa).toEqual([...new Set(isa)].toSorted());
    }
  });
});

describe('configurations of a case', () => {
  it('are at least two', () => {
    for (const kase of cases) expect(kase.configurations.length).toBeGreaterThanOrEqual(2);
  });

  it('have the return area off only where results fit into registers', () => {
    const isOff = (kase: Case): boolean =>
      kase.configurations.some((c) => c.shared['enable_multi_ret_implicit_sret'] !== 'true');
    // About 15 of 100 by the default profile, and all where it never is on.
    const config = { ...DEFAULT_CONFIG, implicitReturnAreaCases: 0 };
    const without = Array.from({ length: 300 }, (_, i) => makeCase(config, SAMPLE_ABILITIES, `no area ${i}`));
    expect(without.every(isOff)).toBe(true);
    expect(cases.filter(isOff).length).toBeGreaterThan(20);
    for (const kase of [...cases.filter(isOff), ...without]) {
      for (const signature of signaturesOf(kase)) expect(needsReturnArea(signature), kase.seed).toBe(false);
    }
    expect(cases.some((kase) => signaturesOf(kase).some(needsReturnArea))).toBe(true);
  });

  it('have the extensions that the types and operations need', () => {
    for (const kase of cases) {
      const types = new Set(kase.module.functions.flatMap((fn) => fn.valueTypes));
      const hasVectors = [...types].some((type) => type !== undefined && typeInfo(type).isVector);
      for (const { isa } of kase.configurations) {
        if (hasVectors) expect(isa).toContain('has_v');
        if (types.has('f16x8')) expect(isa).toContain('has_zvfh');
        if (isa.includes('has_zfh')) expect(isa).toContain('has_zfhmin');
      }
    }
  });

  it('take every value of every setting, and every flag on and off', () => {
    const texts = new Set(configurations.flatMap((c) => configurationText(c).split(' ')));
    const wanted = [
      ...['none', 'speed', 'speed_and_size'].map((v) => `opt_level=${v}`),
      ...['backtracking', 'single_pass'].map((v) => `regalloc_algorithm=${v}`),
      ...['preserve_frame_pointers', 'is_pic', 'unwind_info', 'enable_probestack'].flatMap((name) => [
        `${name}=true`,
        `${name}=false`,
      ]),
      'enable_multi_ret_implicit_sret=true',
      ...SAMPLE_ABILITIES.isa,
    ];
    for (const text of wanted) expect(texts).toContain(text);
    for (const flag of SAMPLE_ABILITIES.isa) {
      expect(
        configurations.some(({ isa }) => !isa.includes(flag)),
        `${flag} off`,
      ).toBe(true);
    }
  });

  it('have compressed instructions whole or not at all', () => {
    for (const { isa } of configurations) expect(isa.includes('has_zca')).toBe(isa.includes('has_zcd'));
  });

  it('seed the control plane of one in ten, where there is one, and are the same otherwise', () => {
    const seeded = configurations.filter(({ chaos }) => chaos !== undefined);
    expect(seeded.length / configurations.length).toBeGreaterThan(0.06);
    expect(seeded.length / configurations.length).toBeLessThan(0.14);
    expect(new Set(seeded.map(({ chaos }) => chaos)).size).toBeGreaterThan(seeded.length / 2);
    const without = casesWith({ ...SAMPLE_ABILITIES, hasChaos: false }, 30);
    expect(without).toEqual(
      cases.slice(0, 30).map((kase) => ({
        ...kase,
        configurations: kase.configurations.map(({ shared, isa }) => ({ shared, isa })),
      })),
    );
  });
});
