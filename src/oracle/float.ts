import { nearestEven } from './rounding.ts';

/**
 * Arithmetic on host numbers. For f32 and f16 the caller rounds the f64 result once more: f64 has more than twice their
 * precision plus two bits, so for these operations rounding twice equals rounding once.
 */
export type FloatUnary = (x: number) => number;
export type FloatBinary = (x: number, y: number) => number;
export type FloatPredicate = (x: number, y: number) => boolean;

export const FLOAT_UNARY: ReadonlyMap<string, FloatUnary> = new Map([
  ['sqrt', Math.sqrt],
  ['ceil', Math.ceil],
  ['floor', Math.floor],
  ['trunc', Math.trunc],
  ['nearest', nearestEven],
]);

/** Math.min and Math.max give NaN for any NaN and order -0 below +0, as WebAssembly's rules ask of fmin and fmax. */
export const FLOAT_BINARY: ReadonlyMap<string, FloatBinary> = new Map<string, FloatBinary>([
  ['fadd', (x, y) => x + y],
  ['fsub', (x, y) => x - y],
  ['fmul', (x, y) => x * y],
  ['fdiv', (x, y) => x / y],
  ['fmin', (x, y) => Math.min(x, y)],
  ['fmax', (x, y) => Math.max(x, y)],
]);

/** Conditions by name (cranelift-codegen `ir/condcodes.rs`, FloatCC): the u-forms hold for unordered operands too. */
export const FLOAT_CONDITION: ReadonlyMap<string, FloatPredicate> = new Map<string, FloatPredicate>([
  ['ord', (x, y) => !Number.isNaN(x) && !Number.isNaN(y)],
  ['uno', (x, y) => Number.isNaN(x) || Number.isNaN(y)],
  ['eq', (x, y) => x === y],
  ['ne', (x, y) => x !== y],
  ['one', (x, y) => x !== y && !Number.isNaN(x) && !Number.isNaN(y)],
  ['ueq', (x, y) => x === y || Number.isNaN(x) || Number.isNaN(y)],
  ['lt', (x, y) => x < y],
  ['le', (x, y) => x <= y],
  ['gt', (x, y) => x > y],
  ['ge', (x, y) => x >= y],
  ['ult', (x, y) => !(x >= y)],
  ['ule', (x, y) => !(x > y)],
  ['ugt', (x, y) => !(x <= y)],
  ['uge', (x, y) => !(x < y)],
]);
