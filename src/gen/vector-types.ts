import { typeInfo, type Type } from '../clif/type.ts';

/** What every vector may hold with V alone. */
export const VECTOR_BITS = 128;

/** Vectors shorter than the registers that V promises. */
export const NARROW_VECTORS: readonly Type[] = [
  'i8x2',
  'i8x4',
  'i8x8',
  'i16x2',
  'i16x4',
  'i32x2',
  'f16x2',
  'f16x4',
  'f32x2',
];

/**
 * Vectors that need has_zvl256b or has_zvl512b. More than 31 lanes do not fit the immediate of vsetivli (cranelift-codegen
 * `isa/riscv64/inst/vector.rs`, `VecAvl::_static`), so there is no i8x32, i8x64 and i16x32.
 */
export const WIDE_VECTORS: readonly Type[] = [
  'i16x16',
  'i32x8',
  'i64x4',
  'f16x16',
  'f32x8',
  'f64x4',
  'i32x16',
  'i64x8',
  'f32x16',
  'f64x8',
];

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
