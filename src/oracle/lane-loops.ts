import type { Binary, Unary } from './integer.ts';
import { a, b, loadScratch, r, readScratch } from './scratch.ts';

/**
 * Lane-wise loops over lanes of 8, 16 or 32 bits as host numbers, one loop per width so that each stays monomorphic.
 * A result is stored modulo the lane's width. Null for wider lanes, which need bigints.
 */
export type LaneUnary = (x: number) => number;
export type LaneBinary = (x: number, y: number) => number;

export function unsignedUnary(f: LaneUnary, laneBits: number, lanes: number): Unary | null {
  const bits = laneBits * lanes;
  const loop = unaryLoop(f, laneBits, lanes);
  if (loop === null) return null;
  return (x) => {
    loadScratch(a, x, bits);
    loop();
    return readScratch(r, bits);
  };
}

function unaryLoop(f: LaneUnary, laneBits: number, lanes: number): (() => void) | null {
  switch (laneBits) {
    case 8:
      return () => {
        for (let i = 0; i < lanes; i++) r.u8[i] = f(a.u8[i] ?? 0);
      };
    case 16:
      return () => {
        for (let i = 0; i < lanes; i++) r.u16[i] = f(a.u16[i] ?? 0);
      };
    case 32:
      return () => {
        for (let i = 0; i < lanes; i++) r.u32[i] = f(a.u32[i] ?? 0);
      };
    default:
      return null;
  }
}

function unsignedLoop(f: LaneBinary, laneBits: number, lanes: number): (() => void) | null {
  switch (laneBits) {
    case 8:
      return () => {
        for (let i = 0; i < lanes; i++) r.u8[i] = f(a.u8[i] ?? 0, b.u8[i] ?? 0);
      };
    case 16:
      return () => {
        for (let i = 0; i < lanes; i++) r.u16[i] = f(a.u16[i] ?? 0, b.u16[i] ?? 0);
      };
    case 32:
      return () => {
        for (let i = 0; i < lanes; i++) r.u32[i] = f(a.u32[i] ?? 0, b.u32[i] ?? 0);
      };
    default:
      return null;
  }
}

function signedLoop(f: LaneBinary, laneBits: number, lanes: number): (() => void) | null {
  switch (laneBits) {
    case 8:
      return () => {
        for (let i = 0; i < lanes; i++) r.i8[i] = f(a.i8[i] ?? 0, b.i8[i] ?? 0);
      };
    case 16:
      return () => {
        for (let i = 0; i < lanes; i++) r.i16[i] = f(a.i16[i] ?? 0, b.i16[i] ?? 0);
      };
    case 32:
      return () => {
        for (let i = 0; i < lanes; i++) r.i32[i] = f(a.i32[i] ?? 0, b.i32[i] ?? 0);
      };
    default:
      return null;
  }
}

/** `f` sees lanes as signed or unsigned numbers. */
export function laneBinary(f: LaneBinary, signed: boolean, laneBits: number, lanes: number): Binary | null {
  const bits = laneBits * lanes;
  const loop = signed ? signedLoop(f, laneBits, lanes) : unsignedLoop(f, laneBits, lanes);
  if (loop === null) return null;
  return (x, y) => {
    loadScratch(a, x, bits);
    loadScratch(b, y, bits);
    loop();
    return readScratch(r, bits);
  };
}
