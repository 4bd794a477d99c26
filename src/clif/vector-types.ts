import type { Type } from './type.ts';

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

/** Vectors as long as the registers that V promises. */
export const FULL_VECTORS: readonly Type[] = ['i8x16', 'i16x8', 'i32x4', 'i64x2', 'f16x8', 'f32x4', 'f64x2'];
