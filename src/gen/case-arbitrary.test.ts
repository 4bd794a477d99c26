import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { configurationText, type Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import { functionNameText, type Module } from '../clif/module.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { printModule } from '../clif/print.ts';
import { throwRoutineNamed } from '../clif/throw-routine.ts';
import { bitMask, typeInfo } from '../clif/type.ts';
import { interpret } from '../oracle/interpret.ts';
import { DEFAULT_SPACE, OPPOSITE_SPACE, OTHER_SPACE, type AddressSpace } from '../oracle/address-space.ts';
import { prepare } from '../oracle/prepare.ts';
import { makeCase } from './case-arbitrary.ts';
import { DEFAULT_CONFIG, type Abilities } from './config.ts';
import { taggedBits } from './constants.ts';
import { RECURSION_MAX } from './plan.ts';
import { caseSeedFor, findProfile, memberFor, PROFILES, type Profile } from './profiles.ts';
import { SAMPLE_ABILITIES } from './sample-abilities.ts';

const SEEDS_PER_PROFILE = 100;

function casesOf(profile: Profile, count = SEEDS_PER_PROFILE): readonly Case[] {
  return Array.from({ length: count }, (_, index) =>
    makeCase(profile.config, SAMPLE_ABILITIES, caseSeedFor('unit', profile.name, index)),
  );
}

/** All of a case as text, so that one hash stands for it. */
function caseText(kase: Case): string {
  const inputs = kase.inputs.map((input) => input.map((bits) => bits.toString(16)).join(' '));
  return [printModule(kase.module), ...inputs, ...kase.configurations.map(configurationText)].join('\n');
}

function parseBack(module: Module): Module {
  const parsed = parseClif(printModule(module));
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return parsed.file.module;
}

const sampled = PROFILES.map((profile) => ({ profile, cases: casesOf(profile) }));

describe('a seed', () => {
  it('names the same case each time', () => {
    for (const { config } of PROFILES) {
      for (const seed of ['a', 'b', 'c']) {
        expect(caseText(makeCase(config, SAMPLE_ABILITIES, seed))).toBe(
          caseText(makeCase(config, SAMPLE_ABILITIES, seed)),
        );
      }
    }
  });

  it('names another case than another seed', () => {
    const texts = casesOf({ name: 'default', summary: '', config: DEFAULT_CONFIG }).map(caseText);
    expect(new Set(texts).size).toBe(SEEDS_PER_PROFILE);
  });

  // What a seed generates is frozen: a corpus entry, a journal and a report name cases by their seeds. When the generator
  // is changed on purpose these change, and case seeds noted before no longer mean the same.
  it('generates what it generated before', () => {
    const frozen = ['0123456789abcdef', 'fedcba9876543210', '00000000000000ff'].map((seed) => {
      const kase = makeCase(DEFAULT_CONFIG, SAMPLE_ABILITIES, seed);
      const [input] = kase.inputs;
      return {
        seed,
        sha256: createHash('sha256').update(caseText(kase)).digest('hex'),
        signature: `${kase.module.functions.length} functions, ${input?.length} parameters`,
        configurations: kase.configurations.map(configurationText),
      };
    });
    expect(frozen).toMatchInlineSnapshot(`
      [
        {
          "configurations": [
            "enable_probestack=false is_pic=true opt_level=none preserve_frame_pointers=false regalloc_algorithm=backtracking unwind_info=true has_zbb has_zbc has_zbs has_zcb has_zfh has_zfhmin",
            "enable_probestack=false is_pic=false opt_level=speed_and_size preserve_frame_pointers=true regalloc_algorithm=single_pass unwind_info=false has_zbkb has_zbs has_zcb has_zfa has_zfh has_zfhmin",
          ],
          "seed": "0123456789abcdef",
          "sha256": "40f1bcd5ae12f7d333755b068e4df72f2a580f599174a2fcd8350d874ad8ea7c",
          "signature": "1 functions, 1 parameters",
        },
        {
          "configurations": [
            "enable_multi_ret_implicit_sret=true enable_probestack=true is_pic=false opt_level=speed_and_size preserve_frame_pointers=true probestack_strategy=inline regalloc_algorithm=backtracking unwind_info=false has_v has_zba has_zfa has_zfh has_zfhmin has_zicond has_zvfh",
            "enable_multi_ret_implicit_sret=true enable_probestack=true is_pic=false opt_level=none preserve_frame_pointers=false probestack_strategy=inline regalloc_algorithm=backtracking unwind_info=false has_v has_zba has_zbb has_zbc has_zca has_zcd has_zfa has_zfh has_zfhmin has_zicond has_zvfh has_zvl128b has_zvl32b has_zvl64b",
          ],
          "seed": "fedcba9876543210",
          "sha256": "5d379072d66868bddd7a04bffed6e1550b1b6549219001f140b47fb39bb7d135",
          "signature": "4 functions, 1 parameters",
        },
        {
          "configurations": [
            "enable_probestack=false is_pic=false opt_level=speed preserve_frame_pointers=true regalloc_algorithm=backtracking unwind_info=true has_v has_zbs has_zfa has_zfh has_zfhmin has_zicond has_zvfh",
            "enable_probestack=false is_pic=false opt_level=speed_and_size preserve_frame_pointers=true regalloc_algorithm=backtracking unwind_info=false has_v has_zbc has_zbkb has_zcb has_zfa has_zfh has_zfhmin has_zvfh has_zvl128b has_zvl32b has_zvl64b chaos=47630",
          ],
          "seed": "00000000000000ff",
          "sha256": "7f841192d9997df62c8a36cf22f6cfacb62ffae9fe71d519e823b14c60b4dd22",
          "signature": "7 functions, 3 parameters",
        },
      ]
    `);
  });

  it('of a case depends on campaign seed, profile and index, and on nothing else', () => {
    expect(caseSeedFor('7', 'default', 0)).toMatchInlineSnapshot(`"7b4bc93f0aeebbdb"`);
    expect(caseSeedFor('7', 'default', 0)).toBe(caseSeedFor('7', 'default', 0));
    const seeds = [
      caseSeedFor('7', 'default', 0),
      caseSeedFor('7', 'default', 1),
      caseSeedFor('8', 'default', 0),
      caseSeedFor('7', 'tail', 0),
      // Not the concatenation of both.
      caseSeedFor('71', 'default', 0),
      caseSeedFor('7', 'default', 10),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
    for (const seed of seeds) expect(seed).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('all', () => {
  it('takes the profiles in turn, as the case seed says', () => {
    const all = findProfile('all');
    if (all === undefined) throw new Error('no profile all');
    const members = Array.from({ length: 300 }, (_, i) => memberFor(all, caseSeedFor('x', 'all', i)).name);
    const wanted = members.map((_, i) => PROFILES[i % PROFILES.length]?.name);
    expect(members).toEqual(wanted);
    expect(memberFor(all, `00000000${'f'.repeat(8)}`).name).toBe(
      PROFILES[0xffff_ffff % PROFILES.length]?.name,
    );
  });
});

describe.each(sampled)('cases of profile $profile.name', ({ profile, cases }) => {
  it('are valid', () => {
    const problems = cases.flatMap((kase) =>
      checkModule(kase.module).map((problem) => ({ seed: kase.seed, problem })),
    );
    expect(problems).toEqual([]);
  });

  it('survive printing and parsing', () => {
    for (const { module } of cases) {
      const back = parseBack(module);
      // The quick comparison says whether, the slow one says where.
      if (!isDeepStrictEqual(back, module)) expect(back).toEqual(module);
    }
  });

  it('number values densely', () => {
    for (const fn of cases.flatMap((kase) => kase.module.functions)) {
      expect(fn.valueTypes.every((type) => type !== undefined)).toBe(true);
    }
  });

  it('have one to eight functions, the entry last', () => {
    for (const { module, entry, seed } of cases) {
      const names = module.functions.map((fn) => functionNameText(fn.name));
      expect(names.length).toBeGreaterThanOrEqual(profile.config.functions.min);
      expect(names.length).toBeLessThanOrEqual(profile.config.functions.max);
      expect(names.at(-1)).toBe(functionNameText(entry));
      expect(new Set(names).size, seed).toBe(names.length);
    }
  });

  it('call functions planned later, and themselves while a counter lasts, so that calls end', () => {
    for (const { module, seed } of cases) {
      // Functions stand in the module callees first.
      const place = new Map(module.functions.map((fn, i) => [functionNameText(fn.name), i]));
      module.functions.forEach((fn, i) => {
        for (const ref of fn.funcRefs.values()) {
          if (throwRoutineNamed(functionNameText(ref.name)) !== null) continue;
          expect(place.get(functionNameText(ref.name)) ?? Infinity, seed).toBeLessThanOrEqual(i);
        }
      });
    }
  });

  it('end in the oracle within the budget, reading nothing that was not written', () => {
    for (const { module, entry, inputs, seed } of cases) {
      const program = prepare(module);
      for (const input of inputs) {
        // The budget bounds what calls add; a function's own statements may pass it by a little.
        const outcome = interpret(program, entry, input, {
          fuel: 2 * profile.config.dynamicInstructions,
          maxDepth: (RECURSION_MAX + 1) * 2 * module.functions.length,
          strictUninit: true,
        });
        const reason = outcome.kind === 'exhausted' ? outcome.reason : '';
        expect(['returned', 'trapped'], `${seed}: ${reason}`).toContain(outcome.kind);
      }
    }
  });

  it('do not let an address show', () => {
    const outcomesIn = (kase: Case, space: AddressSpace): unknown => {
      const program = prepare(kase.module, space);
      return kase.inputs.map((input) => interpret(program, kase.entry, input));
    };
    for (const kase of cases.slice(0, 40)) {
      const here = outcomesIn(kase, DEFAULT_SPACE);
      for (const space of [OTHER_SPACE, OPPOSITE_SPACE])
        expect(outcomesIn(kase, space), kase.seed).toEqual(here);
    }
  });

  it('have inputs that fit the entry, the first of them tagged', () => {
    for (const { module, inputs } of cases) {
      const params = module.functions.at(-1)?.signature.params ?? [];
      expect(inputs.length).toBeGreaterThanOrEqual(3);
      for (const input of inputs) {
        expect(input).toHaveLength(params.length);
        input.forEach((bits, i) => {
          const { bits: width } = typeInfo(params[i]?.type ?? 'i8');
          expect(bits >= 0n && bits <= bitMask(width)).toBe(true);
        });
      }
      expect(inputs[0]).toEqual(params.map((param, i) => taggedBits(param.type, i + 1)));
    }
  });
});

describe('abilities', () => {
  const without = (flags: readonly string[]): Abilities => ({
    ...SAMPLE_ABILITIES,
    isa: SAMPLE_ABILITIES.isa.filter((flag) => !flags.includes(flag)),
  });

  it('without vectors leave them out of every signature and body', () => {
    for (let i = 0; i < 100; i += 1) {
      const { module } = makeCase(DEFAULT_CONFIG, without(['has_v', 'has_zvfh']), `novec${i}`);
      const types = module.functions.flatMap((fn) => fn.valueTypes);
      expect(types.filter((type) => type?.includes('x'))).toEqual([]);
    }
  });

  it('of releases before 0.120 have no f16 and f128, and their entries no convention of a later day', () => {
    for (const release of [101, 107, 119]) {
      for (let i = 0; i < 60; i += 1) {
        const config = findProfile('preserve-all')?.config ?? DEFAULT_CONFIG;
        const { module } = makeCase(config, { ...SAMPLE_ABILITIES, release }, `old${i}`);
        const types = module.functions.flatMap((fn) => fn.valueTypes);
        expect(types.filter((type) => type?.startsWith('f16') === true || type === 'f128')).toEqual([]);
        expect(module.functions.map((fn) => fn.signature.callConv)).not.toContain('preserve_all');
        if (release < 108) expect(module.functions.at(-1)?.signature.callConv).not.toBe('tail');
      }
    }
  });

  it('without zvfh leave out lanes of f16, without zfh arithmetic of f16', () => {
    for (let i = 0; i < 100; i += 1) {
      const { module } = makeCase(DEFAULT_CONFIG, without(['has_zfh', 'has_zvfh']), `nohalf${i}`);
      const insts = module.functions.flatMap((fn) => fn.blocks.flatMap((block) => block.insts));
      expect(module.functions.flatMap((fn) => fn.valueTypes)).not.toContain('f16x8');
      expect(
        insts.filter((inst) => inst.type === 'f16' && ['fadd', 'fmul', 'sqrt', 'fcmp'].includes(inst.op)),
      ).toEqual([]);
    }
  });
});
