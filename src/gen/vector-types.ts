import { typeInfo, type Type } from '../clif/type.ts';

/** What every vector may hold with V alone. */
export const VECTOR_BITS = 128;

/** Other types of as many bits that a vector can be reinterpreted from. */
const BITCAST_SOURCES: Readonly<Record<number, readonly Type[]>> = {
  16: ['i16', 'i8x2'],
  32: ['i32', 'f32', 'i8x4', 'i16x2'],
  64: ['i64', 'f64', 'i8x8', 'i16x4', 'i32x2'],
  128: ['i8x16', 'i32x4', 'i64x2'],
  256: ['i16x16', 'i32x8', 'i64x4'],
  512: ['i32x16', 'i64x8'],
};

export function bitcastSources(type: Type): readonly Type[] {
  const sources = BITCAST_SOURCES[typeInfo(type).bits];
  if (sources === undefined) throw new RangeError(`nothing is as long as ${type}`);
  return sources;
}
