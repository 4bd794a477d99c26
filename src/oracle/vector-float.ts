import type { FloatBinary, FloatPredicate, FloatUnary } from './float.ts';
import { F32_NAN } from './float-format.ts';
import type { Binary, Unary } from './integer.ts';
import { a, b, loadScratch, r, readScratch } from './scratch.ts';

/** Fast forms for f32 and f64 lanes; null for f16, which goes lane by lane. A NaN result is the canonical one. */

const F64_NAN = 0x7ff8_0000_0000_0000n;

function storeF32(i: number, x: number): void {
  if (x === x) r.f32[i] = x;
  else r.u32[i] = F32_NAN;
}

function storeF64(i: number, x: number): void {
  if (x === x) r.f64[i] = x;
  else r.u64[i] = F64_NAN;
}

export function fastFloatUnary(f: FloatUnary, laneBits: number, lanes: number): Unary | null {
  const bits = laneBits * lanes;
  if (laneBits === 32) {
    return (x) => {
      loadScratch(a, x, bits);
      for (let i = 0; i < lanes; i++) storeF32(i, f(a.f32[i] ?? 0));
      return readScratch(r, bits);
    };
  }
  if (laneBits !== 64) return null;
  return (x) => {
    loadScratch(a, x, bits);
    for (let i = 0; i < lanes; i++) storeF64(i, f(a.f64[i] ?? 0));
    return readScratch(r, bits);
  };
}

export function fastFloatBinary(f: FloatBinary, laneBits: number, lanes: number): Binary | null {
  const bits = laneBits * lanes;
  if (laneBits === 32) {
    return (x, y) => {
      loadScratch(a, x, bits);
      loadScratch(b, y, bits);
      for (let i = 0; i < lanes; i++) storeF32(i, f(a.f32[i] ?? 0, b.f32[i] ?? 0));
      return readScratch(r, bits);
    };
  }
  if (laneBits !== 64) return null;
  return (x, y) => {
    loadScratch(a, x, bits);
    loadScratch(b, y, bits);
    for (let i = 0; i < lanes; i++) storeF64(i, f(a.f64[i] ?? 0, b.f64[i] ?? 0));
    return readScratch(r, bits);
  };
}

export function fastFloatCompare(holds: FloatPredicate, laneBits: number, lanes: number): Binary | null {
  const bits = laneBits * lanes;
  if (laneBits === 32) {
    return (x, y) => {
      loadScratch(a, x, bits);
      loadScratch(b, y, bits);
      for (let i = 0; i < lanes; i++) r.i32[i] = holds(a.f32[i] ?? 0, b.f32[i] ?? 0) ? -1 : 0;
      return readScratch(r, bits);
    };
  }
  if (laneBits !== 64) return null;
  return (x, y) => {
    loadScratch(a, x, bits);
    loadScratch(b, y, bits);
    for (let i = 0; i < lanes; i++) r.i64[i] = holds(a.f64[i] ?? 0, b.f64[i] ?? 0) ? -1n : 0n;
    return readScratch(r, bits);
  };
}
