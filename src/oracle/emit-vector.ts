import { bitMask } from '../clif/type.ts';
import { joinLanes, mapLanes, splitLanes } from './lanes.ts';
import { argCell, argInfo, broken, resultCell, resultInfo, type Emit, type Scope } from './program.ts';
import type { Inst } from '../clif/module.ts';
import { a, b, loadScratch, r, readScratch } from './scratch.ts';

/** One in the lowest bit of every lane: times a lane value, it is that value in every lane. */
function everyLane(laneBits: number, lanes: number): bigint {
  return bitMask(laneBits * lanes) / bitMask(laneBits);
}

const emitSplat: Emit = (scope, inst) => {
  const { laneBits, lanes } = resultInfo(scope, inst);
  const factor = everyLane(laneBits, lanes);
  const x = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    d.v = x.v * factor;
  };
};

function laneOffset(scope: Scope, inst: Inst): { readonly laneBits: number; readonly shift: bigint } {
  if (inst.kind !== 'lane') return broken(scope, inst, 'no lane');
  const { laneBits, lanes } = argInfo(scope, inst, 0);
  if (inst.lane >= lanes) return broken(scope, inst, `no lane ${inst.lane}`);
  return { laneBits, shift: BigInt(inst.lane * laneBits) };
}

const emitExtractLane: Emit = (scope, inst) => {
  const { laneBits, shift } = laneOffset(scope, inst);
  const x = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    d.v = BigInt.asUintN(laneBits, x.v >> shift);
  };
};

const emitInsertLane: Emit = (scope, inst) => {
  const { laneBits, shift } = laneOffset(scope, inst);
  const hole = bitMask(laneBits) << shift;
  const x = argCell(scope, inst, 0);
  const y = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  return () => {
    const v = x.v;
    d.v = v ^ (v & hole) ^ (y.v << shift);
  };
};

/** A fixed 128-bit part of a wider vector. */
const emitExtractVector: Emit = (scope, inst) => {
  if (inst.kind !== 'lane') return broken(scope, inst, 'no index');
  const { bits } = resultInfo(scope, inst);
  const shift = BigInt(inst.lane * 128);
  const x = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    d.v = BigInt.asUintN(bits, x.v >> shift);
  };
};

/** Mask entries from the lane count on select from the second vector. */
const emitShuffle: Emit = (scope, inst) => {
  if (inst.kind !== 'shuffle') return broken(scope, inst, 'no mask');
  const { bits, lanes } = argInfo(scope, inst, 0);
  const { mask } = inst;
  if (mask.length !== lanes || mask.some((m) => m >= 2 * lanes))
    return broken(scope, inst, 'mask out of range');
  const x = argCell(scope, inst, 0);
  const y = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  return () => {
    loadScratch(a, x.v, bits);
    loadScratch(b, y.v, bits);
    for (let i = 0; i < lanes; i++) {
      const from = mask[i] ?? 0;
      r.u8[i] = (from < lanes ? a.u8[from] : b.u8[from - lanes]) ?? 0;
    }
    d.v = readScratch(r, bits);
  };
};

/** Indices outside the vector give 0. */
const emitSwizzle: Emit = (scope, inst) => {
  const { bits, lanes } = argInfo(scope, inst, 0);
  const x = argCell(scope, inst, 0);
  const s = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  return () => {
    loadScratch(a, x.v, bits);
    loadScratch(b, s.v, bits);
    for (let i = 0; i < lanes; i++) {
      const from = b.u8[i] ?? 0;
      r.u8[i] = from < lanes ? (a.u8[from] ?? 0) : 0;
    }
    d.v = readScratch(r, bits);
  };
};

const emitAnyTrue: Emit = (scope, inst) => {
  const x = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    d.v = x.v === 0n ? 0n : 1n;
  };
};

const emitAllTrue: Emit = (scope, inst) => {
  const { laneBits, lanes } = argInfo(scope, inst, 0);
  const x = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    d.v = splitLanes(x.v, laneBits, lanes).every((lane) => lane !== 0n) ? 1n : 0n;
  };
};

const emitHighBits: Emit = (scope, inst) => {
  const { laneBits, lanes } = argInfo(scope, inst, 0);
  const { bits } = resultInfo(scope, inst);
  const top = BigInt(laneBits - 1);
  const x = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    d.v = BigInt.asUintN(
      bits,
      mapLanes(x.v, laneBits, 1, lanes, (lane) => lane >> top),
    );
  };
};

function widen(signed: boolean, high: boolean): Emit {
  return (scope, inst) => {
    const { bits, laneBits: from, lanes } = argInfo(scope, inst, 0);
    const half = lanes / 2;
    const to = from * 2;
    const shift = high ? BigInt(bits / 2) : 0n;
    const x = argCell(scope, inst, 0);
    const d = resultCell(scope, inst);
    return () => {
      d.v = mapLanes(x.v >> shift, from, to, half, (lane) =>
        signed ? BigInt.asUintN(to, BigInt.asIntN(from, lane)) : lane,
      );
    };
  };
}

/** The lanes of both operands, clamped to half the width; `x` gives the low half of the result. */
function narrow(readsSigned: boolean, givesSigned: boolean): Emit {
  return (scope, inst) => {
    const { bits, laneBits: from, lanes } = argInfo(scope, inst, 0);
    const to = from / 2;
    const most = bitMask(givesSigned ? to - 1 : to);
    const least = givesSigned ? -most - 1n : 0n;
    const x = argCell(scope, inst, 0);
    const y = argCell(scope, inst, 1);
    const d = resultCell(scope, inst);
    const clamp = (lane: bigint): bigint => {
      const n = readsSigned ? BigInt.asIntN(from, lane) : lane;
      return BigInt.asUintN(to, n < least ? least : n > most ? most : n);
    };
    const shift = BigInt(bits / 2);
    return () => {
      d.v = mapLanes(x.v, from, to, lanes, clamp) | (mapLanes(y.v, from, to, lanes, clamp) << shift);
    };
  };
}

const emitAddPairwise: Emit = (scope, inst) => {
  const { laneBits, lanes } = argInfo(scope, inst, 0);
  const x = argCell(scope, inst, 0);
  const y = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  return () => {
    const all = [...splitLanes(x.v, laneBits, lanes), ...splitLanes(y.v, laneBits, lanes)];
    const sums: bigint[] = [];
    for (let i = 0; i < lanes; i++)
      sums.push(BigInt.asUintN(laneBits, (all[2 * i] ?? 0n) + (all[2 * i + 1] ?? 0n)));
    d.v = joinLanes(sums, laneBits);
  };
};

export const VECTOR_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ['splat', emitSplat],
  ['extractlane', emitExtractLane],
  ['insertlane', emitInsertLane],
  ['extract_vector', emitExtractVector],
  ['shuffle', emitShuffle],
  ['swizzle', emitSwizzle],
  ['vany_true', emitAnyTrue],
  ['vall_true', emitAllTrue],
  ['vhigh_bits', emitHighBits],
  ['swiden_low', widen(true, false)],
  ['swiden_high', widen(true, true)],
  ['uwiden_low', widen(false, false)],
  ['uwiden_high', widen(false, true)],
  ['snarrow', narrow(true, true)],
  ['unarrow', narrow(true, false)],
  ['uunarrow', narrow(false, false)],
  ['iadd_pairwise', emitAddPairwise],
]);
