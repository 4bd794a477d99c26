import type { Type } from '../clif/type.ts';
import { typeInfo } from '../clif/type.ts';
import type { Config, Range, Weighted } from './config.ts';

/**
 * Two cases in so many have lists of parameters or results that take more than what a 12-bit immediate reaches from sp or a pointer, and two have
 * some that take half as much.
 */
const OF = 300;
/** Which ones: a seed whose first word ends so aims at no cell (`campaign/aim.ts`). */
const REMAINDERS: readonly number[] = [77, 177];
const MEDIUM_REMAINDERS: readonly number[] = [78, 277];
const MEDIUM: Range = { min: 60, max: 120 };
/** 2 KiB and more, most of the values being of 16 bytes. */
const LONG: Range = { min: 150, max: 260 };
/** More than 4 KiB and 256 values: one such case in so many. */
const LONGEST: Range = { min: 262, max: 290 };
const LONGEST_OF = 4;
const LONGEST_WEIGHT = 60;
/** More than 8 KiB: one of the long ones in so many. */
const HUGE: Range = { min: 560, max: 680 };
const HUGE_OF = 12;
/** Each value is read, passed on and folded into a checksum. */
const INSTRUCTIONS = 12_000;
const FUNCTIONS = 2;
const WIDE_BITS = 128;
const WIDE_WEIGHT = 8;

/** `types` with those of 128 bits and more eight times as heavy, or `factor` times. */
export function preferWide(
  types: readonly Weighted<Type>[],
  factor = WIDE_WEIGHT,
): readonly Weighted<Type>[] {
  return types.map(({ item, weight }) => ({
    item,
    weight: typeInfo(item).bits >= WIDE_BITS ? factor * weight : weight,
  }));
}

function drawnRange(bits: number, turn: number): Range {
  if (MEDIUM_REMAINDERS.includes(bits % OF)) return MEDIUM;
  if (Math.floor(turn / 3) % HUGE_OF === 1) return HUGE;
  return Math.floor(turn / 3) % LONGEST_OF === 0 ? LONGEST : LONG;
}

/**
 * `config` as it is for most case seeds; for four in 300, which the seed alone decides so that the others stay what they are, with
 * long lists of parameters, of results, or of both.
 */
export function withLongLists(config: Config, caseSeed: string): Config {
  const bits = Number.parseInt(caseSeed.slice(0, 8), 16);
  if (config.asInC || ![...REMAINDERS, ...MEDIUM_REMAINDERS].includes(bits % OF)) return config;
  const turn = Math.floor(bits / OF);
  const which = turn % 3;
  const range = drawnRange(bits, turn);
  const weights = config.statementWeights;
  return {
    ...config,
    functions: {
      min: Math.min(config.functions.min, FUNCTIONS),
      max: Math.min(config.functions.max, FUNCTIONS),
    },
    params: which === 0 ? config.params : range,
    results: which === 1 ? config.results : range,
    types: preferWide(config.types, range === LONGEST || range === HUGE ? LONGEST_WEIGHT : WIDE_WEIGHT),
    dynamicInstructions: Math.max(config.dynamicInstructions, INSTRUCTIONS),
    // What fetches so many results lies between a branch and its target, which then may be out of reach.
    statementWeights: {
      ...weights,
      call: 2 * weights.call,
      branch: 4 * weights.branch,
      exit: 6 * weights.exit,
    },
    indirectCalls: Math.max(config.indirectCalls, 50),
    tryCalls: Math.max(config.tryCalls, 30),
  };
}
