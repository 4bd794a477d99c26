import type { Parties } from '../clif/case.ts';
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
function weighVectors(factor: (bits: number) => number): Config['types'] {
  return DEFAULT_CONFIG.types.map(({ item, weight }) => {
    const { isVector, bits } = typeInfo(item);
    return { item, weight: isVector ? weight * factor(bits) : weight };
  });
}

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
    config: {
      ...DEFAULT_CONFIG,
      vectorCases: 100,
      vectorBits: [
        { item: 256, weight: 3 },
        { item: 512, weight: 2 },
      ],
      types: weighVectors((bits) => (bits > 128 ? 6 : 1)),
    },
  },
  {
    name: 'frames',
    summary: 'stack slots around the limits of immediates, many memory operations',
    config: {
      ...DEFAULT_CONFIG,
      statementWeights: { ...DEFAULT_CONFIG.statementWeights, store: 20, load: 20 },
      slotSizes: [
        { item: { min: 16, max: 64 }, weight: 3 },
        { item: { min: 1900, max: 2300 }, weight: 6 },
        { item: { min: 4000, max: 4300 }, weight: 4 },
        { item: { min: 8000, max: 9000 }, weight: 2 },
      ],
    },
  },
  {
    name: 'pressure',
    summary: 'many values of one register class live across calls',
    config: {
      ...DEFAULT_CONFIG,
      statementWeights: { ...DEFAULT_CONFIG.statementWeights, pressure: 30 },
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
      extensions: 85,
      unsignedExtensions: 30,
      memoryParams: 0,
      functionParams: 0,
      sretFunctions: 0,
    },
  },
];

export function findProfile(name: string): Profile | undefined {
  return PROFILES.find((p) => p.name === name);
}
