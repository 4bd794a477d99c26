/** Lanes of a vector as bit patterns, lane 0 first. */
export function splitLanes(vector: bigint, laneBits: number, lanes: number): bigint[] {
  const out: bigint[] = [];
  const shift = BigInt(laneBits);
  for (let i = 0; i < lanes; i++) {
    out.push(BigInt.asUintN(laneBits, vector));
    vector >>= shift;
  }
  return out;
}

/** Inverse of `splitLanes`; each lane must be below 2^laneBits. */
export function joinLanes(lanes: readonly bigint[], laneBits: number): bigint {
  const shift = BigInt(laneBits);
  let out = 0n;
  for (let i = lanes.length - 1; i >= 0; i--) out = (out << shift) | (lanes[i] ?? 0n);
  return out;
}

/** Applies a scalar function to every lane; the lanes may change their width. */
export function mapLanes(
  vector: bigint,
  fromBits: number,
  toBits: number,
  lanes: number,
  f: (lane: bigint) => bigint,
): bigint {
  return joinLanes(splitLanes(vector, fromBits, lanes).map((lane) => f(lane)), toBits);
}

/** Applies a scalar function of two lanes to every pair of lanes. */
export function zipLanes(
  x: bigint,
  y: bigint,
  laneBits: number,
  lanes: number,
  f: (x: bigint, y: bigint) => bigint,
): bigint {
  const ys = splitLanes(y, laneBits, lanes);
  return joinLanes(
    splitLanes(x, laneBits, lanes).map((lane, i) => f(lane, ys[i] ?? 0n)),
    laneBits,
  );
}
