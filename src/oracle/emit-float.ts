import { bitMask } from '../clif/type.ts';
import { floatToInteger, floatToIntegerSaturating, integerToFloat } from './convert.ts';
import { FLOAT_BINARY, FLOAT_CONDITION, FLOAT_UNARY, type FloatBinary, type FloatUnary } from './float.ts';
import { floatFormat, type FloatFormat } from './float-format.ts';
import { fmaF64, fmaNarrow } from './fma.ts';
import type { Binary, Unary } from './integer.ts';
import { joinLanes, mapLanes, splitLanes, zipLanes } from './lanes.ts';
import {
  argCell,
  argInfo,
  broken,
  resultCell,
  resultInfo,
  unsupported,
  type Emit,
  type Scope,
} from './program.ts';
import type { Inst } from '../clif/module.ts';
import { fastFloatBinary, fastFloatCompare, fastFloatUnary } from './vector-float.ts';

function formatOf(scope: Scope, inst: Inst, laneBits: number): FloatFormat {
  return floatFormat(laneBits) ?? unsupported(scope, inst, `f${laneBits} arithmetic`);
}

function unary(op: FloatUnary): Emit {
  return (scope, inst) => {
    const { isVector, laneBits, lanes } = argInfo(scope, inst, 0);
    const { decode, encode } = formatOf(scope, inst, laneBits);
    const a = argCell(scope, inst, 0);
    const d = resultCell(scope, inst);
    if (!isVector) {
      return () => {
        d.v = encode(op(decode(a.v)));
      };
    }
    const f =
      fastFloatUnary(op, laneBits, lanes) ??
      ((v: bigint) => mapLanes(v, laneBits, laneBits, lanes, (x) => encode(op(decode(x)))));
    return () => {
      d.v = f(a.v);
    };
  };
}

function binary(op: FloatBinary): Emit {
  return (scope, inst) => {
    const { isVector, laneBits, lanes } = argInfo(scope, inst, 0);
    const { decode, encode } = formatOf(scope, inst, laneBits);
    const a = argCell(scope, inst, 0);
    const b = argCell(scope, inst, 1);
    const d = resultCell(scope, inst);
    if (!isVector) {
      return () => {
        d.v = encode(op(decode(a.v), decode(b.v)));
      };
    }
    const f =
      fastFloatBinary(op, laneBits, lanes) ??
      ((v: bigint, w: bigint) => zipLanes(v, w, laneBits, lanes, (x, y) => encode(op(decode(x), decode(y)))));
    return () => {
      d.v = f(a.v, b.v);
    };
  };
}

const emitFma: Emit = (scope, inst) => {
  const { laneBits, lanes } = argInfo(scope, inst, 0);
  const { decode, encode } = formatOf(scope, inst, laneBits);
  const fma = laneBits === 64 ? fmaF64 : fmaNarrow;
  const a = argCell(scope, inst, 0);
  const b = argCell(scope, inst, 1);
  const c = argCell(scope, inst, 2);
  const d = resultCell(scope, inst);
  if (lanes === 1) {
    return () => {
      d.v = encode(fma(decode(a.v), decode(b.v), decode(c.v)));
    };
  }
  return () => {
    const ys = splitLanes(b.v, laneBits, lanes);
    const zs = splitLanes(c.v, laneBits, lanes);
    const out = splitLanes(a.v, laneBits, lanes).map((x, i) =>
      encode(fma(decode(x), decode(ys[i] ?? 0n), decode(zs[i] ?? 0n))),
    );
    d.v = joinLanes(out, laneBits);
  };
};

const emitCompare: Emit = (scope, inst) => {
  if (inst.kind !== 'compare') return broken(scope, inst, 'not a comparison');
  const holds = FLOAT_CONDITION.get(inst.cond);
  if (holds === undefined) return unsupported(scope, inst, `condition ${inst.cond}`);
  const { isVector, laneBits, lanes } = argInfo(scope, inst, 0);
  const { decode } = formatOf(scope, inst, laneBits);
  const a = argCell(scope, inst, 0);
  const b = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  if (!isVector) {
    return () => {
      d.v = holds(decode(a.v), decode(b.v)) ? 1n : 0n;
    };
  }
  const ones = bitMask(laneBits);
  const f =
    fastFloatCompare(holds, laneBits, lanes) ??
    ((v: bigint, w: bigint) =>
      zipLanes(v, w, laneBits, lanes, (x, y) => (holds(decode(x), decode(y)) ? ones : 0n)));
  return () => {
    d.v = f(a.v, b.v);
  };
};

/** The same lane position's sign bit in every lane. */
function signMask(laneBits: number, lanes: number): bigint {
  return joinLanes(
    Array.from({ length: lanes }, () => 1n << BigInt(laneBits - 1)),
    laneBits,
  );
}

/** fneg, fabs and fcopysign touch sign bits only, for every format and every NaN. */
function signUnary(make: (sign: bigint) => Unary): Emit {
  return (scope, inst) => {
    const { laneBits, lanes } = argInfo(scope, inst, 0);
    const f = make(signMask(laneBits, lanes));
    const a = argCell(scope, inst, 0);
    const d = resultCell(scope, inst);
    return () => {
      d.v = f(a.v);
    };
  };
}

const emitCopySign: Emit = (scope, inst) => {
  const { laneBits, lanes } = argInfo(scope, inst, 0);
  const sign = signMask(laneBits, lanes);
  const f: Binary = (x, y) => x ^ ((x ^ y) & sign);
  const a = argCell(scope, inst, 0);
  const b = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  return () => {
    d.v = f(a.v, b.v);
  };
};

/** fpromote, fdemote; also lane-wise where a vector form exists. */
const emitChangeFormat: Emit = (scope, inst) => {
  const { laneBits: from, lanes } = argInfo(scope, inst, 0);
  const { laneBits: to } = resultInfo(scope, inst);
  const { decode } = formatOf(scope, inst, from);
  const { encode } = formatOf(scope, inst, to);
  const a = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    d.v = lanes === 1 ? encode(decode(a.v)) : mapLanes(a.v, from, to, lanes, (x) => encode(decode(x)));
  };
};

/** fvdemote fills the low half and clears the high one; fvpromote_low reads the low half. */
const emitChangeVector: Emit = (scope, inst) => {
  const from = argInfo(scope, inst, 0);
  const to = resultInfo(scope, inst);
  const lanes = Math.min(from.lanes, to.lanes);
  const { decode } = formatOf(scope, inst, from.laneBits);
  const { encode } = formatOf(scope, inst, to.laneBits);
  const a = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    d.v = mapLanes(a.v, from.laneBits, to.laneBits, lanes, (x) => encode(decode(x)));
  };
};

function fromInteger(signed: boolean): Emit {
  return (scope, inst) => {
    const { laneBits: from, lanes } = argInfo(scope, inst, 0);
    const { laneBits: to } = resultInfo(scope, inst);
    const { encode } = formatOf(scope, inst, to);
    const a = argCell(scope, inst, 0);
    const d = resultCell(scope, inst);
    const lane: Unary = (x) => encode(integerToFloat(signed ? BigInt.asIntN(from, x) : x, to));
    return () => {
      d.v = lanes === 1 ? lane(a.v) : mapLanes(a.v, from, to, lanes, lane);
    };
  };
}

function toInteger(convert: (x: number, bits: number, signed: boolean) => bigint, signed: boolean): Emit {
  return (scope, inst) => {
    const { laneBits: from, lanes } = argInfo(scope, inst, 0);
    const { laneBits: to } = resultInfo(scope, inst);
    const { decode } = formatOf(scope, inst, from);
    const a = argCell(scope, inst, 0);
    const d = resultCell(scope, inst);
    const lane: Unary = (x) => convert(decode(x), to, signed);
    return () => {
      d.v = lanes === 1 ? lane(a.v) : mapLanes(a.v, from, to, lanes, lane);
    };
  };
}

export const FLOAT_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ...[...FLOAT_UNARY].map(([name, op]): [string, Emit] => [name, unary(op)]),
  ...[...FLOAT_BINARY].map(([name, op]): [string, Emit] => [name, binary(op)]),
  ['fma', emitFma],
  ['fcmp', emitCompare],
  ['fneg', signUnary((sign) => (x) => x ^ sign)],
  ['fabs', signUnary((sign) => (x) => x ^ (x & sign))],
  ['fcopysign', emitCopySign],
  ['fpromote', emitChangeFormat],
  ['fdemote', emitChangeFormat],
  ['fvdemote', emitChangeVector],
  ['fvpromote_low', emitChangeVector],
  ['fcvt_from_uint', fromInteger(false)],
  ['fcvt_from_sint', fromInteger(true)],
  ['fcvt_to_uint', toInteger(floatToInteger, false)],
  ['fcvt_to_sint', toInteger(floatToInteger, true)],
  ['fcvt_to_uint_sat', toInteger(floatToIntegerSaturating, false)],
  ['fcvt_to_sint_sat', toInteger(floatToIntegerSaturating, true)],
]);
