import * as fc from 'fast-check';

/**
 * For tests: what IEEE 754 says, by exact integers and bisection instead of host arithmetic.
 */

/** Formats by precision (hidden bit included) and smallest exponent of the last place. */
export const FORMATS = {
  f16: { bits: 16, fraction: 10, bias: 15, nan: 0x7e00n },
  f32: { bits: 32, fraction: 23, bias: 127, nan: 0x7fc0_0000n },
  f64: { bits: 64, fraction: 52, bias: 1023, nan: 0x7ff8_0000_0000_0000n },
} as const;
export type Format = keyof typeof FORMATS;
export const NAMES: readonly Format[] = ['f16', 'f32', 'f64'];

export function patterns(name: Format): fc.Arbitrary<bigint> {
  const { bits, fraction, bias } = FORMATS[name];
  const infinity = BigInt(2 * bias + 1) << BigInt(fraction);
  const sign = 1n << BigInt(bits - 1);
  const one = BigInt(bias) << BigInt(fraction);
  const special = [
    0n,
    1n,
    infinity,
    infinity - 1n,
    infinity + 1n,
    one,
    one + 1n,
    one - 1n,
    1n << BigInt(fraction),
    (1n << BigInt(fraction)) - 1n,
  ];
  // Exponents near one another, so that sums round and cancel.
  const near = fc
    .tuple(
      fc.bigInt({ min: -30n, max: 30n }),
      fc.bigInt({ min: 0n, max: (1n << BigInt(fraction)) - 1n }),
      fc.boolean(),
    )
    .map(([e, f, negative]) => {
      const exponent = BigInt(bias) + (name === 'f16' ? e / 3n : e);
      return (exponent << BigInt(fraction)) | f | (negative ? sign : 0n);
    });
  return fc.oneof(
    near,
    fc.bigInt({ min: 0n, max: 2n * sign - 1n }),
    fc.constantFrom(...special, ...special.map((x) => x | sign)),
  );
}

export const isNaNBits = (x: bigint, name: Format): boolean => {
  const { bits, fraction, bias } = FORMATS[name];
  return (x & ((1n << BigInt(bits - 1)) - 1n)) > BigInt(2 * bias + 1) << BigInt(fraction);
};
export const isInfinite = (x: bigint, name: Format): boolean => {
  const { bits, fraction, bias } = FORMATS[name];
  return (x & ((1n << BigInt(bits - 1)) - 1n)) === BigInt(2 * bias + 1) << BigInt(fraction);
};

/** All exact values as multiples of 2^-UNIT: enough for products of subnormal f64. */
export const UNIT = 2200;

/** Exact value of a finite pattern, in units of 2^-UNIT; the infinite pattern counts as the next power of two. */
export function exact(x: bigint, name: Format): bigint {
  const { bits, fraction, bias } = FORMATS[name];
  const field = (x >> BigInt(fraction)) & BigInt(2 * bias + 1);
  const part = x & ((1n << BigInt(fraction)) - 1n);
  const mantissa = field === 0n ? part : part | (1n << BigInt(fraction));
  const exponent = (field === 0n ? 1 : Number(field)) - bias - fraction;
  const magnitude = mantissa << BigInt(exponent + UNIT);
  return x >> BigInt(bits - 1) === 0n ? magnitude : -magnitude;
}

/** Bits of the nearest value to `value` by bisection over magnitudes, which patterns order: no arithmetic shared with the oracle. */
export function nearest(value: bigint, name: Format): bigint {
  const { bits, fraction, bias } = FORMATS[name];
  const magnitude = value < 0n ? -value : value;
  let low = 0n;
  let high = BigInt(2 * bias + 1) << BigInt(fraction);
  if (magnitude >= exact(high, name)) low = high;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (exact(middle, name) <= magnitude) low = middle;
    else high = middle;
  }
  const [below, above] = [magnitude - exact(low, name), exact(high, name) - magnitude];
  const rounded = below < above || (below === above && low % 2n === 0n) ? low : high;
  return value < 0n ? rounded | (1n << BigInt(bits - 1)) : rounded;
}
