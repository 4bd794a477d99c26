import type { Abilities } from './config.ts';

/**
 * What Cranelift 0.135.8 and an emulator with every extension can do, for tests: what a seed generates must not hang on
 * the machine that runs them.
 */
export const SAMPLE_ABILITIES: Abilities = {
  settings: {
    bb_padding_log2_minus_one: [],
    enable_multi_ret_implicit_sret: [],
    enable_probestack: [],
    is_pic: [],
    opt_level: ['none', 'speed', 'speed_and_size'],
    preserve_frame_pointers: [],
    probestack_strategy: ['outline', 'inline'],
    regalloc_algorithm: ['backtracking', 'single_pass'],
    unwind_info: [],
  },
  hasChaos: true,
  isa: [
    'has_v',
    'has_zba',
    'has_zbb',
    'has_zbc',
    'has_zbkb',
    'has_zbs',
    'has_zca',
    'has_zcb',
    'has_zcd',
    'has_zfa',
    'has_zfh',
    'has_zfhmin',
    'has_zicond',
    'has_zvl128b',
    'has_zvl256b',
    'has_zvl32b',
    'has_zvl512b',
    'has_zvl64b',
    'has_zvfh',
  ],
};
