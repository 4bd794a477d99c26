import { abiParam } from '../clif/signature.ts';
import { F32, F64, type FloatFormat } from './float-format.ts';
import { fmaF64, fmaNarrow } from './fma.ts';
import { NO_FRAME } from './memory.ts';
import type { PreparedFunction } from './program.ts';
import { nearestEven } from './rounding.ts';

/** The pure arithmetic ones of Cranelift's runtime routines (cranelift-codegen `ir/libcall.rs`, LibCall). */
type Arithmetic = (args: readonly number[]) => number;

const ROUTINES: ReadonlyMap<string, readonly [arity: number, f32: Arithmetic, f64: Arithmetic]> = new Map<
  string,
  readonly [number, Arithmetic, Arithmetic]
>([
  ['Ceil', [1, ([x = NaN]) => Math.ceil(x), ([x = NaN]) => Math.ceil(x)]],
  ['Floor', [1, ([x = NaN]) => Math.floor(x), ([x = NaN]) => Math.floor(x)]],
  ['Trunc', [1, ([x = NaN]) => Math.trunc(x), ([x = NaN]) => Math.trunc(x)]],
  ['Nearest', [1, ([x = NaN]) => nearestEven(x), ([x = NaN]) => nearestEven(x)]],
  [
    'Fma',
    [
      3,
      ([x = NaN, y = NaN, z = NaN]) => fmaNarrow(x, y, z),
      ([x = NaN, y = NaN, z = NaN]) => fmaF64(x, y, z),
    ],
  ],
]);

function lift(
  f: Arithmetic,
  { decode, encode }: FloatFormat,
): (args: readonly bigint[]) => readonly bigint[] {
  return (args) => [encode(f(args.map((bits) => decode(bits))))];
}

/** The routine CLIF calls `%CeilF32` and so on, at `address`; null where `name` is none of them. */
export function libcall(name: string, address: bigint): PreparedFunction | null {
  const match = /^%(\w+)F(32|64)$/.exec(name);
  const routine = ROUTINES.get(match?.[1] ?? '');
  if (routine === undefined) return null;
  const [arity, f32, f64] = routine;
  const isSingle = match?.[2] === '32';
  const type = isSingle ? 'f32' : 'f64';
  return {
    name,
    signature: {
      params: Array.from({ length: arity }, () => abiParam(type)),
      returns: [abiParam(type)],
      callConv: 'system_v',
    },
    address,
    params: [],
    cells: [],
    entry: null,
    frame: NO_FRAME,
    view: null,
    seenAs: null,
    unsupported: null,
    checkLimit: null,
    native: isSingle ? lift(f32, F32) : lift(f64, F64),
    active: false,
    frameBase: 0,
  };
}
