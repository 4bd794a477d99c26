/**
 * Three vectors laid out as bytes, for lane-wise work without a bigint per lane: load operands into `a` and `b`, work on
 * the views, read the result from `r`. Lane 0 comes first; the host is little-endian (all that Node runs on today).
 * Nothing here survives from one operation to the next.
 */

/** 256 lanes of 128 bits, the largest CLIF type. */
const SIZE_BYTES = 4096;

function buffer() {
  const bytes = new ArrayBuffer(SIZE_BYTES);
  return {
    u8: new Uint8Array(bytes),
    u16: new Uint16Array(bytes),
    u32: new Uint32Array(bytes),
    u64: new BigUint64Array(bytes),
    i8: new Int8Array(bytes),
    i16: new Int16Array(bytes),
    i32: new Int32Array(bytes),
    i64: new BigInt64Array(bytes),
    f32: new Float32Array(bytes),
    f64: new Float64Array(bytes),
  };
}

export type Scratch = ReturnType<typeof buffer>;

export const a: Scratch = buffer();
export const b: Scratch = buffer();
export const r: Scratch = buffer();

/** Writes a vector of `bits` bits into the scratch. */
export function loadScratch(scratch: Scratch, vector: bigint, bits: number): void {
  const { u64 } = scratch;
  // A store into u64 keeps the low 64 bits.
  u64[0] = vector;
  for (let i = 1; i * 64 < bits; i++) {
    vector >>= 64n;
    u64[i] = vector;
  }
}

/** Reads a vector of `bits` bits back. */
export function readScratch(scratch: Scratch, bits: number): bigint {
  const { u64 } = scratch;
  if (bits === 128) return ((u64[1] ?? 0n) << 64n) | (u64[0] ?? 0n);
  if (bits < 64) return BigInt.asUintN(bits, u64[0] ?? 0n);
  let out = 0n;
  for (let i = bits / 64 - 1; i >= 0; i--) out = (out << 64n) | (u64[i] ?? 0n);
  return out;
}
