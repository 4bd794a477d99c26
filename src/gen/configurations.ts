import type { Configuration } from '../clif/case.ts';
import type { Abilities, Config } from './config.ts';
import type { Draw } from './draw.ts';
import type { CaseShape } from './plan.ts';
import { VECTOR_BITS } from './vector-types.ts';

/** Settings worth varying, each with the values to draw from; a value the Cranelift at hand lacks is never drawn. */
const SHARED_CHOICES: readonly { readonly name: string; readonly values: readonly string[] }[] = [
  { name: 'opt_level', values: ['none', 'speed', 'speed', 'speed_and_size'] },
  { name: 'regalloc_algorithm', values: ['backtracking', 'backtracking', 'single_pass'] },
  { name: 'preserve_frame_pointers', values: ['false', 'true'] },
  { name: 'is_pic', values: ['false', 'false', 'true'] },
  { name: 'unwind_info', values: ['true', 'false'] },
];

/** ISA flags a configuration may have or lack without changing what the module needs. */
const OPTIONAL_ISA: readonly string[] = [
  'has_zba',
  'has_zbb',
  'has_zbc',
  'has_zbs',
  'has_zbkb',
  'has_zicond',
  'has_zcb',
  'has_zfa',
];

function sortedRecord(entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The largest sum of padding in a module, and the log2 of the smallest between two blocks. */
const MOST_PADDING_BYTES = 3 << 20;
const LEAST_PADDING_LOG2 = 5;

/** Machine blocks to one of CLIF, about: edges and islands get their own. */
const MACHINE_BLOCKS = 2;

/** Of a module of `blocks` blocks: enough in many that branches, and in some that jumps, do not reach over it (`machinst/vcode.rs`, `emit`). */
function drawPadding(draw: Draw, blocks: number): string {
  const most = Math.floor(Math.log2(MOST_PADDING_BYTES / (blocks * MACHINE_BLOCKS)));
  return String(1 + draw.int(Math.min(LEAST_PADDING_LOG2, most), most));
}

/** What all configurations of a case are drawn for. */
export interface ConfigurationNeeds {
  readonly shape: CaseShape;
  readonly config: Config;
  /** Blocks in the module. */
  readonly blocks: number;
  /** Whether a function saves vector registers for its caller. */
  readonly savesVectors: boolean;
}

/** Log2 of bytes: with few, small frames are probed by loops, which takes more than three guard areas (`isa/riscv64/abi.rs`, `gen_inline_probestack`). */
const GUARD_LOG2: readonly string[] = ['6', '7', '8', '10', '11', '13', '15', '16'];

function drawGuard(draw: Draw, config: Config, abilities: Abilities): readonly (readonly [string, string])[] {
  const isPossible = abilities.settings['probestack_size_log2'] !== undefined;
  return isPossible && draw.sometimes(config.otherGuards)
    ? [['probestack_size_log2', draw.pick(GUARD_LOG2)]]
    : [];
}

function drawProbes(
  draw: Draw,
  config: Config,
  abilities: Abilities,
): readonly (readonly [string, string])[] {
  const hasStrategy = abilities.settings['probestack_strategy'] !== undefined;
  if (hasStrategy && draw.chance(config.outlineProbes))
    return [
      ['enable_probestack', 'true'],
      ['probestack_strategy', 'outline'],
    ];
  if (hasStrategy && draw.chance(config.inlineProbes))
    return [
      ['enable_probestack', 'true'],
      ['probestack_strategy', 'inline'],
      ...drawGuard(draw, config, abilities),
    ];
  return abilities.settings['enable_probestack'] === undefined ? [] : [['enable_probestack', 'false']];
}

/** What changes no result: metadata, alignment, a pass left out, NaNs made canonical by the compiler, and the allocator's work checked by another. */
const OTHER_SETTINGS: readonly (readonly [string, string])[] = [
  ['enable_alias_analysis', 'false'],
  ['enable_nan_canonicalization', 'true'],
  ['log2_min_function_alignment', '5'],
  ['machine_code_cfg_info', 'true'],
  ['regalloc_checker', 'true'],
];

function drawOthers(draw: Draw, { settings }: Abilities): readonly (readonly [string, string])[] {
  return OTHER_SETTINGS.filter(([name]) => settings[name] !== undefined && draw.chance(40));
}

/** No mid-end, which has no zero for most vectors (docs/findings.md, F9), and the allocator that spills less, and with it fewer long vectors (F12). */
const PLAIN_CHOICES: Readonly<Record<string, string>> = {
  opt_level: 'none',
  regalloc_algorithm: 'backtracking',
};

function drawShared(
  draw: Draw,
  { shape, config, blocks }: ConfigurationNeeds,
  abilities: Abilities,
): Readonly<Record<string, string>> {
  const entries: [string, string][] = [];
  for (const { name, values } of SHARED_CHOICES) {
    const drawn = draw.pick(values);
    // Frames are searched along frame pointers (verifier, `get_frame_pointer`).
    const value = name === 'preserve_frame_pointers' && shape.throws ? 'true' : drawn;
    const known = abilities.settings[name];
    if (known !== undefined && (known.length === 0 || known.includes(value))) entries.push([name, value]);
  }
  if (draw.sometimes(config.plainCompiles)) {
    for (const entry of entries) entry[1] = PLAIN_CHOICES[entry[0]] ?? entry[1];
  }
  if (abilities.settings['enable_multi_ret_implicit_sret'] !== undefined && shape.implicitReturnArea) {
    entries.push(['enable_multi_ret_implicit_sret', 'true']);
  }
  if (draw.sometimes(config.otherSettings))
    for (const [name, value] of drawOthers(draw, abilities)) entries.push([name, value]);
  for (const [name, value] of drawProbes(draw, config, abilities)) entries.push([name, value]);
  if (abilities.settings['bb_padding_log2_minus_one'] !== undefined && draw.chance(config.blockPadding))
    entries.push(['bb_padding_log2_minus_one', drawPadding(draw, blocks)]);
  return sortedRecord(entries);
}

/** All that instructions of two bytes need; without the last, all but those for floats. */
const COMPRESSED: readonly string[] = ['has_zca', 'has_zcb', 'has_zcd'];
const WITHOUT_FLOATS: readonly string[] = ['has_zca', 'has_zcb'];

const ZVL_BITS = [32, 64, 128, 256, 512];
/** Longer than any vector that riscv64 takes. */
const LONG_REGISTERS = 'has_zvl1024b';

/** What promises vectors of at least `vectorBits`: the flag alone, or with all shorter ones as the preset has it. */
function zvlFlags(draw: Draw, vectorBits: number): readonly string[] {
  const bits = draw.pick(ZVL_BITS.filter((b) => b >= Math.max(vectorBits, VECTOR_BITS)));
  const isPreset = draw.chance(70);
  return ZVL_BITS.filter((b) => b === bits || (isPreset && b < bits)).map((b) => `has_zvl${b}b`);
}

function drawIsa(draw: Draw, { config, shape }: ConfigurationNeeds, abilities: Abilities): readonly string[] {
  const flags = OPTIONAL_ISA.filter(() => draw.chance(40));
  if (draw.sometimes(config.compressedCode)) {
    const wanted = draw.chance(70) ? COMPRESSED : WITHOUT_FLOATS;
    flags.push(...wanted.filter((flag) => !flags.includes(flag)));
  } else if (draw.chance(40)) flags.push('has_zca', 'has_zcd');
  if (shape.hasVectors || draw.chance(50)) flags.push('has_v');
  if (shape.vectorBits > VECTOR_BITS || (flags.includes('has_v') && draw.chance(10)))
    flags.push(...zvlFlags(draw, shape.vectorBits));
  if (flags.includes('has_v') && draw.sometimes(config.longRegisters)) flags.push(LONG_REGISTERS);
  if (shape.hasHalfArithmetic) flags.push('has_zfh', 'has_zfhmin');
  else if (draw.chance(40)) flags.push('has_zfhmin');
  if (shape.hasHalfVectors) flags.push('has_zvfh');
  return flags.filter((flag) => abilities.isa.includes(flag)).sort();
}

/** Percent of configurations for the plainest processor, rv64gc, where the module needs no more. */
const BARE_PERCENT = 30;
/** What C is made of. */
const IN_BASE: readonly string[] = ['has_zca', 'has_zcd'];

/** Percent of configurations that seed Cranelift's control plane. */
const CHAOS_PERCENT = 10;
const LARGEST_CHAOS = 0xffff;

/**
 * Percent of configurations without V that get it where a function saves vector registers: Cranelift saves them whether they are there or not
 * (docs/findings.md, F14), and such a module ends with SIGILL before it has shown anything else.
 */
const VECTORS_TO_SAVE_PERCENT = 75;

function withVectorsToSave(draw: Draw, configuration: Configuration, abilities: Abilities): Configuration {
  const { isa } = configuration;
  if (isa.includes('has_v') || !abilities.isa.includes('has_v') || !draw.chance(VECTORS_TO_SAVE_PERCENT))
    return configuration;
  return { ...configuration, isa: [...isa, 'has_v'].sort() };
}

/** `count` ways to compile one module; every one has what the module's shape needs. */
export function drawConfigurations(
  draw: Draw,
  count: number,
  needs: ConfigurationNeeds,
  abilities: Abilities,
): readonly Configuration[] {
  const { shape } = needs;
  const drawn = Array.from({ length: count }, () => ({
    shared: drawShared(draw, needs, abilities),
    isa: drawIsa(draw, needs, abilities),
  }));
  const needsMore = shape.hasVectors || shape.hasHalfArithmetic;
  const fitting = drawn.map((configuration) =>
    !needsMore && draw.chance(BARE_PERCENT)
      ? { ...configuration, isa: configuration.isa.filter((flag) => IN_BASE.includes(flag)) }
      : configuration,
  );
  const configurations = needs.savesVectors
    ? fitting.map((configuration) => withVectorsToSave(draw, configuration, abilities))
    : fitting;
  if (abilities.hasChaos !== true) return configurations;
  // Last, so that a Cranelift without it gets the same cases otherwise.
  return configurations.map((configuration) =>
    draw.chance(CHAOS_PERCENT) ? { ...configuration, chaos: draw.int(0, LARGEST_CHAOS) } : configuration,
  );
}
