import type { Parties } from '../clif/case.ts';
import seedrandom from 'seedrandom';
import { typeInfo } from '../clif/type.ts';
import { DEFAULT_CONFIG, type Config } from './config.ts';

/** A named region of the space of cases. */
export interface Profile {
  readonly name: string;
  readonly summary: string;
  readonly config: Config;
  /** Of every case. A profile with parties is not bent towards cells of the coverage map: its cases have to stay what C can say. */
  readonly parties?: Parties;
}

/** The default types, vectors weighted by their length in bits. */
export function weighVectors(factor: (bits: number) => number): Config['types'] {
  return DEFAULT_CONFIG.types.map(({ item, weight }) => {
    const { isVector, bits } = typeInfo(item);
    return { item, weight: isVector ? weight * factor(bits) : weight };
  });
}

/** Slots on both sides of what immediates reach, up to 64 KiB, and few of 128. */
export const DEEP_FRAMES: Config['slotSizes'] = [
  { item: { min: 16, max: 64 }, weight: 4 },
  { item: { min: 1900, max: 2300 }, weight: 6 },
  { item: { min: 3400, max: 4000 }, weight: 3 },
  { item: { min: 4000, max: 4300 }, weight: 4 },
  { item: { min: 8000, max: 9000 }, weight: 2 },
  { item: { min: 12_000, max: 12_400 }, weight: 1 },
  { item: { min: 16_000, max: 16_500 }, weight: 1 },
  { item: { min: 18_000, max: 20_400 }, weight: 1 },
  { item: { min: 32_500, max: 33_000 }, weight: 1 },
  { item: { min: 65_000, max: 65_700 }, weight: 1 },
  { item: { min: 130_900, max: 131_400 }, weight: 1 },
];

/** Around 64 and 128 KiB, and small ones. */
export const FAR_FRAMES: Config['slotSizes'] = [
  { item: { min: 16, max: 64 }, weight: 2 },
  { item: { min: 65_000, max: 66_500 }, weight: 6 },
  { item: { min: 130_900, max: 131_400 }, weight: 1 },
];

/** On both sides of one, two and three pages. */
export const PROBED_FRAMES: Config['slotSizes'] = [
  { item: { min: 4000, max: 4300 }, weight: 1 },
  { item: { min: 4400, max: 8000 }, weight: 3 },
  { item: { min: 8100, max: 12_400 }, weight: 2 },
];

/** Vectors of 256 and 512 bits in every case. */
export const WIDE_VECTORS: Pick<Config, 'vectorCases' | 'vectorBits' | 'types'> = {
  vectorCases: 100,
  vectorBits: [
    { item: 256, weight: 3 },
    { item: 512, weight: 2 },
  ],
  types: weighVectors((bits) => (bits > 128 ? 6 : 1)),
};

export const PROFILES: readonly Profile[] = [
  { name: 'default', summary: 'everything, in the proportions that find most', config: DEFAULT_CONFIG },
  {
    name: 'tail',
    summary: 'tail convention and tail calls between functions with long lists of arguments',
    config: {
      ...DEFAULT_CONFIG,
      callConvs: [
        { item: 'tail', weight: 6 },
        { item: 'system_v', weight: 1 },
      ],
      tailCalls: 90,
      functions: { min: 3, max: 8 },
      statementWeights: { ...DEFAULT_CONFIG.statementWeights, exit: 12 },
    },
  },
  {
    name: 'vectors',
    summary: 'vectors in most signatures and across most calls',
    config: {
      ...DEFAULT_CONFIG,
      vectorCases: 100,
      narrowVectorCases: 60,
      types: weighVectors(() => 5),
    },
  },
  {
    name: 'wide-vectors',
    summary: 'vectors of 256 and 512 bits, with the flags that promise such registers',
    config: { ...DEFAULT_CONFIG, ...WIDE_VECTORS },
  },
  {
    name: 'narrow-floats',
    summary: 'f16 and f32, alone and as lanes, with and without zfh, and f128',
    config: {
      ...DEFAULT_CONFIG,
      narrowVectorCases: 60,
      types: DEFAULT_CONFIG.types.map(({ item, weight }) => {
        const { lane, isFloat } = typeInfo(item);
        return { item, weight: isFloat && lane !== 'f64' ? weight * 5 : weight };
      }),
    },
  },
  {
    name: 'exceptions',
    summary: 'try_call to every convention that allows it, exceptions thrown and caught',
    config: {
      ...DEFAULT_CONFIG,
      functions: { min: 3, max: 8 },
      callConvs: [
        { item: 'system_v', weight: 4 },
        { item: 'tail', weight: 5 },
        { item: 'preserve_all', weight: 1 },
      ],
      tryCalls: 80,
      sharedEdges: 15,
      fewInstances: 80,
      throwingCases: 92,
      statementWeights: { ...DEFAULT_CONFIG.statementWeights, throw: 26, pressure: 8 },
    },
  },
  {
    name: 'frames',
    summary: 'frames up to 64 KiB around the limits of immediates, many memory operations',
    config: {
      ...DEFAULT_CONFIG,
      memoryParams: 40,
      statementWeights: { ...DEFAULT_CONFIG.statementWeights, store: 20, load: 20 },
      slotSizes: DEEP_FRAMES,
    },
  },
  {
    name: 'pressure',
    summary: 'more values of one register class live across calls than the class has registers',
    config: {
      ...DEFAULT_CONFIG,
      pressureValues: { min: 10, max: 36 },
      statementWeights: { ...DEFAULT_CONFIG.statementWeights, pressure: 30 },
    },
  },
  {
    name: 'preserve-all',
    summary: 'callees that save every register they write, the entry among them',
    config: {
      ...DEFAULT_CONFIG,
      functions: { min: 2, max: 8 },
      callConvs: [
        { item: 'preserve_all', weight: 6 },
        { item: 'system_v', weight: 2 },
        { item: 'tail', weight: 2 },
      ],
      entryCallConvs: [
        { item: 'system_v', weight: 4 },
        { item: 'tail', weight: 2 },
        { item: 'preserve_all', weight: 1 },
      ],
      statementWeights: { ...DEFAULT_CONFIG.statementWeights, pressure: 10 },
    },
  },
  {
    name: 'no-v',
    summary: 'scalars only, half of the configurations without the vector extension',
    config: { ...DEFAULT_CONFIG, vectorCases: 0 },
  },
  {
    name: 'psabi',
    summary: 'signatures that C has, called from and calling code that follows the RISC-V psABI',
    parties: 'psabi',
    config: {
      ...DEFAULT_CONFIG,
      functions: { min: 2, max: 6 },
      params: { min: 0, max: 20 },
      vectorCases: 0,
      implicitReturnAreaCases: 0,
      asInC: true,
      // Enough floats that some lists need more than the eight registers there are.
      types: [
        { item: 'i8', weight: 5 },
        { item: 'i16', weight: 4 },
        { item: 'i32', weight: 6 },
        { item: 'i64', weight: 8 },
        { item: 'i128', weight: 5 },
        { item: 'f16', weight: 3 },
        { item: 'f32', weight: 9 },
        { item: 'f64', weight: 11 },
        { item: 'f128', weight: 3 },
      ],
      callConvs: [{ item: 'system_v', weight: 1 }],
      entryCallConvs: [{ item: 'system_v', weight: 1 }],
      otherViews: 0,
      throwingCases: 0,
      extensions: 85,
      unsignedExtensions: 30,
      memoryParams: 0,
      functionParams: 0,
      sretFunctions: 0,
      stackLimits: 0,
      trappingFunctions: 0,
      outlineProbes: 0,
    },
  },
];

/** Stands for all others: its cases take them in turn (`memberFor`). */
const ALL: Profile = { name: 'all', summary: 'each of the others in turn', config: DEFAULT_CONFIG };

/** With `all`. */
export const NAMED_PROFILES: readonly Profile[] = [...PROFILES, ALL];

export function findProfile(name: string): Profile | undefined {
  return NAMED_PROFILES.find((p) => p.name === name);
}

/** The second word of a case seed: of `all` it says by its remainder which profile the case is of. */
const WORD_DIGITS = 8;

/** The profile that a case of `profile` is of: itself, or the one of all whose turn it is. */
export function memberFor(profile: Profile, caseSeed: string): Profile {
  if (profile.name !== ALL.name) return profile;
  const word = Number.parseInt(caseSeed.slice(WORD_DIGITS, 2 * WORD_DIGITS), 16);
  return PROFILES[word % PROFILES.length] ?? profile;
}

/** A case seed as it is for case `index` of `all`: its second word moved to where it names the profile whose turn it is. */
function inTurn(seed: string, index: number): string {
  const count = PROFILES.length;
  const word = Number.parseInt(seed.slice(WORD_DIGITS), 16);
  const below = word - (word % count) - (word > 0xffff_ffff - count ? count : 0);
  return seed.slice(0, WORD_DIGITS) + (below + (index % count)).toString(16).padStart(WORD_DIGITS, '0');
}

/** Names case `index` of a campaign: 16 hex digits that depend on nothing but the arguments. */
export function caseSeedFor(campaignSeed: string, profile: string, index: number): string {
  const words = seedrandom(`${campaignSeed}\u0000${profile}\u0000${index}`);
  const seed = hex32(words.int32()) + hex32(words.int32());
  return profile === ALL.name ? inTurn(seed, index) : seed;
}

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(WORD_DIGITS, '0');
}
