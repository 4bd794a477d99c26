import { a, b, loadScratch, r, readScratch } from './scratch.ts';

/** Lanes of a vector as bit patterns, lane 0 first. */
export function splitLanes(vector: bigint, laneBits: number, lanes: number): bigint[] {
  const out: bigint[] = [];
  loadScratch(a, vector, laneBits * lanes);
  switch (laneBits) {
    case 8:
      for (let i = 0; i < lanes; i++) out.push(BigInt(a.u8[i] ?? 0));
      return out;
    case 16:
      for (let i = 0; i < lanes; i++) out.push(BigInt(a.u16[i] ?? 0));
      return out;
    case 32:
      for (let i = 0; i < lanes; i++) out.push(BigInt(a.u32[i] ?? 0));
      return out;
    case 64:
      for (let i = 0; i < lanes; i++) out.push(a.u64[i] ?? 0n);
      return out;
    default:
      for (let i = 0; i < lanes; i++) out.push(BigInt.asUintN(laneBits, vector >> BigInt(i * laneBits)));
      return out;
  }
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
  return joinLanes(
    splitLanes(vector, fromBits, lanes).map((lane) => f(lane)),
    toBits,
  );
}

/** Applies a scalar function of two lanes to every pair of lanes. */
export function zipLanes(
  x: bigint,
  y: bigint,
  laneBits: number,
  lanes: number,
  f: (x: bigint, y: bigint) => bigint,
): bigint {
  if (laneBits === 64) {
    loadScratch(a, x, 64 * lanes);
    loadScratch(b, y, 64 * lanes);
    for (let i = 0; i < lanes; i++) r.u64[i] = f(a.u64[i] ?? 0n, b.u64[i] ?? 0n);
    return readScratch(r, 64 * lanes);
  }
  const ys = splitLanes(y, laneBits, lanes);
  return joinLanes(
    splitLanes(x, laneBits, lanes).map((lane, i) => f(lane, ys[i] ?? 0n)),
    laneBits,
  );
}
