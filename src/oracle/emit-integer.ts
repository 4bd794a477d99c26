import { bitMask } from '../clif/type.ts';
import {
  INTEGER_BINARY,
  INTEGER_CONDITION,
  INTEGER_SHIFT,
  INTEGER_UNARY,
  type Binary,
  type Unary,
} from './integer.ts';
import { mapLanes, zipLanes } from './lanes.ts';
import {
  aliasResult,
  argCell,
  argInfo,
  broken,
  resultCell,
  resultInfo,
  unsupported,
  type Cell,
  type Emit,
  type Op,
} from './program.ts';
import { fastVectorBinary, fastVectorCompare, fastVectorShift, fastVectorUnary } from './vector-integer.ts';

const BITWISE = new Set(['band', 'bor', 'bxor', 'band_not', 'bor_not', 'bxor_not', 'bnot']);

function unary(op: string, make: (bits: number) => Unary): Emit {
  return (scope, inst) => {
    const { isVector, bits, laneBits, lanes } = argInfo(scope, inst, 0);
    const a = argCell(scope, inst, 0);
    const d = resultCell(scope, inst);
    let f: Unary;
    if (!isVector || BITWISE.has(op)) f = make(bits);
    else {
      const lane = make(laneBits);
      f = fastVectorUnary(op, laneBits, lanes) ?? ((x) => mapLanes(x, laneBits, laneBits, lanes, lane));
    }
    return () => {
      d.v = f(a.v);
    };
  };
}

/** One function per width for all instructions of an op. */
function perWidth<F>(make: (bits: number) => F): (bits: number) => F {
  const made = new Map<number, F>();
  return (bits) => {
    let f = made.get(bits);
    if (f === undefined) {
      f = make(bits);
      made.set(bits, f);
    }
    return f;
  };
}

/** The commonest instructions as one closure; the constant width lets the host compile them to machine words. */
function wordOp(op: string, a: Cell, b: Cell, d: Cell): Op | null {
  switch (op) {
    case 'iadd':
      return () => {
        d.v = BigInt.asUintN(64, a.v + b.v);
      };
    case 'isub':
      return () => {
        d.v = BigInt.asUintN(64, a.v - b.v);
      };
    case 'imul':
      return () => {
        d.v = BigInt.asUintN(64, a.v * b.v);
      };
    case 'bxor':
      return () => {
        d.v = a.v ^ b.v;
      };
    default:
      return null;
  }
}

function binary(op: string, make: (bits: number) => Binary): Emit {
  return (scope, inst) => {
    const { isVector, bits, laneBits, lanes } = argInfo(scope, inst, 0);
    const a = argCell(scope, inst, 0);
    const b = argCell(scope, inst, 1);
    const d = resultCell(scope, inst);
    if (bits === 64 && !isVector) {
      const fused = wordOp(op, a, b, d);
      if (fused !== null) return fused;
    }
    let f: Binary;
    if (!isVector || BITWISE.has(op)) f = make(bits);
    else {
      const lane = make(laneBits);
      f = fastVectorBinary(op, laneBits, lanes) ?? ((x, y) => zipLanes(x, y, laneBits, lanes, lane));
    }
    return () => {
      d.v = f(a.v, b.v);
    };
  };
}

/** The amount is one scalar, for vectors too. */
function shift(op: string, make: (bits: number) => Binary): Emit {
  return (scope, inst) => {
    const { isVector, laneBits, lanes } = argInfo(scope, inst, 0);
    const a = argCell(scope, inst, 0);
    const b = argCell(scope, inst, 1);
    const d = resultCell(scope, inst);
    let f = make(laneBits);
    if (isVector) {
      const lane = f;
      f =
        fastVectorShift(op, laneBits, lanes) ??
        ((x, y) => mapLanes(x, laneBits, laneBits, lanes, (l) => lane(l, y)));
    }
    return () => {
      d.v = f(a.v, b.v);
    };
  };
}

const emitCompare: Emit = (scope, inst) => {
  if (inst.kind !== 'compare') return broken(scope, inst, 'not a comparison');
  const make = INTEGER_CONDITION.get(inst.cond);
  if (make === undefined) return unsupported(scope, inst, `condition ${inst.cond}`);
  const { isVector, laneBits, lanes } = argInfo(scope, inst, 0);
  const a = argCell(scope, inst, 0);
  const b = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  const holds = make(laneBits);
  if (!isVector) {
    return () => {
      d.v = holds(a.v, b.v) ? 1n : 0n;
    };
  }
  const ones = bitMask(laneBits);
  const f =
    fastVectorCompare(inst.cond, laneBits, lanes) ??
    ((x: bigint, y: bigint) => zipLanes(x, y, laneBits, lanes, (p, q) => (holds(p, q) ? ones : 0n)));
  return () => {
    d.v = f(a.v, b.v);
  };
};

/** uextend, sextend and ireduce, lane by lane: only the width and the sign matter. */
function resize(signed: boolean): Emit {
  return (scope, inst) => {
    const from = argInfo(scope, inst, 0).laneBits;
    const { isVector, laneBits: to, lanes } = resultInfo(scope, inst);
    if (!isVector && !signed && to >= from) return aliasResult(scope, inst);
    const a = argCell(scope, inst, 0);
    const d = resultCell(scope, inst);
    const lane: Unary = signed
      ? (x) => BigInt.asUintN(to, BigInt.asIntN(from, x))
      : (x) => BigInt.asUintN(to, x);
    if (!isVector) {
      return () => {
        d.v = lane(a.v);
      };
    }
    return () => {
      d.v = mapLanes(a.v, from, to, lanes, lane);
    };
  };
}

const emitMask: Emit = (scope, inst) => {
  const from = argInfo(scope, inst, 0).laneBits;
  const { laneBits: to, lanes } = resultInfo(scope, inst);
  const a = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  const ones = bitMask(to);
  return () => {
    d.v =
      lanes === 1 ? (a.v === 0n ? 0n : ones) : mapLanes(a.v, from, to, lanes, (x) => (x === 0n ? 0n : ones));
  };
};

const emitConcat: Emit = (scope, inst) => {
  const { laneBits, isVector } = argInfo(scope, inst, 0);
  if (isVector) return unsupported(scope, inst);
  const lo = argCell(scope, inst, 0);
  const hi = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  const shiftBits = BigInt(laneBits);
  return () => {
    d.v = (hi.v << shiftBits) | lo.v;
  };
};

const emitSplit: Emit = (scope, inst) => {
  const { laneBits, isVector } = argInfo(scope, inst, 0);
  if (isVector) return unsupported(scope, inst);
  const half = laneBits / 2;
  const a = argCell(scope, inst, 0);
  const lo = resultCell(scope, inst, 0);
  const hi = resultCell(scope, inst, 1);
  const shiftBits = BigInt(half);
  return () => {
    const x = a.v;
    lo.v = BigInt.asUintN(half, x);
    hi.v = x >> shiftBits;
  };
};

export const INTEGER_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ...[...INTEGER_UNARY].map(([op, make]): [string, Emit] => [op, unary(op, perWidth(make))]),
  ...[...INTEGER_BINARY].map(([op, make]): [string, Emit] => [op, binary(op, perWidth(make))]),
  ...[...INTEGER_SHIFT].map(([op, make]): [string, Emit] => [op, shift(op, perWidth(make))]),
  ['icmp', emitCompare],
  ['uextend', resize(false)],
  ['sextend', resize(true)],
  ['ireduce', resize(false)],
  ['bmask', emitMask],
  ['iconcat', emitConcat],
  ['isplit', emitSplit],
]);
