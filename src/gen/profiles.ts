import { typeInfo } from '../clif/type.ts';
import { DEFAULT_CONFIG, type Config } from './config.ts';

/** A named region of the space of cases. */
export interface Profile {
  readonly name: string;
  readonly summary: string;
  readonly config: Config;
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
];

export function findProfile(name: string): Profile | undefined {
  return PROFILES.find((p) => p.name === name);
}
