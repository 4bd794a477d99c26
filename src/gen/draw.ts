import { Arbitrary, Random, Stream, Value } from 'fast-check';
import seedrandom from 'seedrandom';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Draws from a fast-check random source; the generator's only way to randomness. */
export interface Draw {
  /** An integer from `min` to `max`, both included. */
  int(min: number, max: number): number;
  bits(count: number): bigint;
  /** True in `percent` of 100 draws. */
  chance(percent: number): boolean;
  /** The same, but that for 0 nothing is drawn: what a case does not have leaves all else as it is. */
  sometimes(percent: number): boolean;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
  /** An index into `weights`, drawn in proportion to them. */
  weighted(weights: readonly number[]): number;
}

function drawFrom(random: Random): Draw {
  const int = (min: number, max: number): number => random.nextInt(min, max);
  const chance = (percent: number): boolean => random.nextInt(0, 99) < percent;
  return {
    int,
    bits: (count) => {
      let bits = 0n;
      for (let done = 0; done < count; done += 32) {
        bits = (bits << 32n) | BigInt(random.nextInt() >>> 0);
      }
      return BigInt.asUintN(count, bits);
    },
    chance,
    sometimes: (percent) => percent > 0 && chance(percent),
    pick: (items) => {
      const item = items[random.nextInt(0, items.length - 1)];
      if (item === undefined) throw new RangeError('pick from an empty list');
      return item;
    },
    weighted: (weights) => {
      let total = 0;
      for (const weight of weights) total += weight;
      let left = random.nextInt(0, total - 1);
      for (let i = 0; i < weights.length; i += 1) {
        left -= weights[i] ?? 0;
        if (left < 0) return i;
      }
      throw new RangeError('weights must be positive integers');
    },
  };
}

class DrawArbitrary<T> extends Arbitrary<T> {
  readonly #make: (draw: Draw) => T;
  constructor(make: (draw: Draw) => T) {
    super();
    this.#make = make;
  }
  generate(random: Random): Value<T> {
    return new Value(this.#make(drawFrom(random)), undefined);
  }
  canShrinkWithoutContext(_value: unknown): _value is T {
    return false;
  }
  /** Shrinking is src/shrink's work: it keeps a module valid where a value tree cannot. */
  shrink(): Stream<Value<T>> {
    return Stream.nil();
  }
}

/** A fast-check arbitrary from a function that draws imperatively (no value tree, so a case costs microseconds). */
export function arbitraryOf<T>(make: (draw: Draw) => T): Arbitrary<T> {
  return new DrawArbitrary(make);
}

/** The one value `arbitrary` gives for `seed` (any text): same seed, same value, on every machine. */
export function generateOne<T>(arbitrary: Arbitrary<T>, seed: string): T {
  const words = seedrandom(seed);
  const state = [words.int32(), words.int32(), words.int32(), words.int32() | 1];
  return arbitrary.generate(new Random(xoroshiro128plusFromState(state)), undefined).value;
}
