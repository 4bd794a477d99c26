/** Scalar types CLIF has on riscv64 (cranelift-codegen `ir/types.rs`). */
export type ScalarType = 'i8' | 'i16' | 'i32' | 'i64' | 'i128' | 'f16' | 'f32' | 'f64' | 'f128';

/** Vector types print as lane type, `x`, lane count: `i8x16`. */
export type VectorType = `${ScalarType}x${number}`;

/** A vector whose length the hardware scales: `i32x4xN` is some multiple of `i32x4`. Text knows it only as `dt0`. */
export type DynamicType = `${VectorType}xN`;

export type Type = ScalarType | VectorType | DynamicType;

/** What a type is made of. All sizes are per value, of a dynamic vector the least; a scalar has one lane. */
export interface TypeInfo {
  readonly lane: ScalarType;
  readonly lanes: number;
  readonly laneBits: number;
  readonly bits: number;
  readonly bytes: number;
  readonly isFloat: boolean;
  readonly isVector: boolean;
  readonly isDynamic: boolean;
}

const SCALAR_BITS: Readonly<Record<ScalarType, number>> = {
  i8: 8,
  i16: 16,
  i32: 32,
  i64: 64,
  i128: 128,
  f16: 16,
  f32: 32,
  f64: 64,
  f128: 128,
};

export const SCALAR_TYPES: readonly ScalarType[] = [
  'i8',
  'i16',
  'i32',
  'i64',
  'i128',
  'f16',
  'f32',
  'f64',
  'f128',
];

const TYPE_PATTERN = /^([if]\d+)(?:x(\d+)(xN)?)?$/;

function isScalarType(text: string): text is ScalarType {
  return Object.hasOwn(SCALAR_BITS, text);
}

function describeType(text: string): TypeInfo | null {
  const match = TYPE_PATTERN.exec(text);
  const lane = match?.[1];
  if (lane === undefined || !isScalarType(lane)) return null;
  const laneBits = SCALAR_BITS[lane];
  const laneText = match?.[2];
  const lanes = laneText === undefined ? 1 : Number(laneText);
  // Cranelift's lane counts are powers of two from 2 to 256 (`ir/types.rs`, `Type::by`).
  if (laneText !== undefined && (lanes < 2 || lanes > 256 || (lanes & (lanes - 1)) !== 0)) return null;
  return {
    lane,
    lanes,
    laneBits,
    bits: laneBits * lanes,
    bytes: (laneBits * lanes) / 8,
    isFloat: lane.startsWith('f'),
    isVector: laneText !== undefined,
    isDynamic: match?.[3] !== undefined,
  };
}

const INFO = new Map<string, TypeInfo | null>();

function lookUp(text: string): TypeInfo | null {
  let info = INFO.get(text);
  if (info === undefined) {
    info = describeType(text);
    if (INFO.size < 4096) INFO.set(text, info);
  }
  return info;
}

export function isType(text: string): text is Type {
  return lookUp(text) !== null;
}

/** Without the `x1` of a vector of one lane, which the reader takes for its lane. */
export function typeName(text: string): string {
  return text.endsWith('x1') ? text.slice(0, -2) : text;
}

/** Shape of `type`. Types are closed strings, so a miss is a programming error and throws. */
export function typeInfo(type: Type): TypeInfo {
  const info = lookUp(type);
  if (info === null) throw new RangeError(`not a CLIF type: ${type}`);
  return info;
}

/** What compete for registers, or for pairs of them: `wide` ones have 128 bits, `int` and `float` ones 64 at most. */
export type ValueClass = 'int' | 'wide' | 'float' | 'vector';

export function valueClassOf(type: Type): ValueClass {
  const info = typeInfo(type);
  if (info.isVector) return 'vector';
  if (info.bits === 128) return 'wide';
  return info.isFloat ? 'float' : 'int';
}

/** The vector of `lanes` lanes of `lane`; one lane gives the scalar itself. */
export function vectorOf(lane: ScalarType, lanes: number): Type {
  return lanes === 1 ? lane : `${lane}x${lanes}`;
}

/** As `vectorOf`, of a dynamic length where `like` is. */
function shapeOf(lane: ScalarType, lanes: number, like: TypeInfo): Type {
  return like.isDynamic && lanes > 1 ? `${lane}x${lanes}xN` : vectorOf(lane, lanes);
}

/** `type` with lanes of `laneBits` bits and `lanes` of them; null where CLIF has no such type. */
export function reshapeType(type: Type, laneBits: number, lanes: number): Type | null {
  const info = typeInfo(type);
  const lane = `${info.isFloat ? 'f' : 'i'}${laneBits}`;
  if (!isScalarType(lane) || lanes < 1) return null;
  const shaped = shapeOf(lane, lanes, info);
  return isType(shaped) ? shaped : null;
}

/** The dynamic vector that `base` is scaled to (`Type::vector_to_dynamic`); null where `base` is no vector. */
export function dynamicOf(base: Type): DynamicType | null {
  const { isVector, isDynamic, lane, lanes } = typeInfo(base);
  return isVector && !isDynamic ? `${lane}x${lanes}xN` : null;
}

/** Same-shaped integer type: `f32x4` -> `i32x4`. */
export function asInteger(type: Type): Type {
  const info = typeInfo(type);
  const lane = `i${info.laneBits}`;
  if (!isScalarType(lane)) throw new RangeError(`no integer lane of ${info.laneBits} bits`);
  return shapeOf(lane, info.lanes, info);
}

/** Whether a parameter or result of this type may carry uext or sext to some effect: an integer narrower than a register. */
export function isExtensible(type: Type): boolean {
  const { isFloat, isVector, bits } = typeInfo(type);
  return !isFloat && !isVector && bits < 64;
}

/** All-ones mask of the type's width. */
export function bitMask(bits: number): bigint {
  return (1n << BigInt(bits)) - 1n;
}
