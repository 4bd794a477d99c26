import type { TypeRule, TypeSet } from './opcode.ts';
import { asInteger, isType, type ScalarType, type Type, typeInfo, vectorOf } from './type.ts';

const INT_OF_BITS: ReadonlyMap<number, ScalarType> = new Map([
  [8, 'i8'],
  [16, 'i16'],
  [32, 'i32'],
  [64, 'i64'],
  [128, 'i128'],
]);
const FLOAT_OF_BITS: ReadonlyMap<number, ScalarType> = new Map([
  [16, 'f16'],
  [32, 'f32'],
  [64, 'f64'],
  [128, 'f128'],
]);

/** `type` with lanes of `laneBits` bits and `lanes` of them; null where CLIF has no such type. */
function reshape(type: Type, laneBits: number, lanes: number): Type | null {
  const lane = (typeInfo(type).isFloat ? FLOAT_OF_BITS : INT_OF_BITS).get(laneBits);
  if (lane === undefined || lanes < 1) return null;
  const shaped = vectorOf(lane, lanes);
  return isType(shaped) ? shaped : null;
}

/** The one type a rule gives under a controlling type; null where the rule allows several or none. */
export function ruleType(rule: TypeRule, controlling: Type | null): Type | null {
  if (rule === 'same') return controlling;
  switch (rule) {
    case 'narrower':
    case 'wider':
    case 'scalar_int':
    case 'any_int':
    case 'scalar_float':
    case 'any_float':
    case 'address':
    case 'vector':
    case 'any':
    case 'dynamic_to_vector':
      return null;
    case 'lane_of':
    case 'as_truthy':
    case 'half_width':
    case 'double_width':
    case 'split_lanes':
    case 'merge_lanes':
      return controlling === null ? null : relatedType(rule, controlling);
    default:
      return rule;
  }
}

type Relation = 'lane_of' | 'as_truthy' | 'half_width' | 'double_width' | 'split_lanes' | 'merge_lanes';

function relatedType(rule: Relation, type: Type): Type | null {
  const { lane, laneBits, lanes, isVector } = typeInfo(type);
  switch (rule) {
    case 'lane_of':
      return lane;
    case 'as_truthy':
      return isVector ? asInteger(type) : 'i8';
    case 'half_width':
      return reshape(type, laneBits / 2, lanes);
    case 'double_width':
      return reshape(type, laneBits * 2, lanes);
    case 'split_lanes':
      return reshape(type, laneBits / 2, lanes * 2);
    case 'merge_lanes':
      return reshape(type, laneBits * 2, lanes / 2);
  }
}

/** Whether a value of type `actual` may stand where `rule` holds. */
export function satisfiesRule(rule: TypeRule, controlling: Type | null, actual: Type): boolean {
  if (rule === 'same') return actual === controlling;
  const info = typeInfo(actual);
  switch (rule) {
    case 'scalar_int':
      return !info.isVector && !info.isFloat;
    case 'any_int':
      return !info.isFloat;
    case 'scalar_float':
      return !info.isVector && info.isFloat;
    case 'any_float':
      return info.isFloat;
    case 'address':
      return actual === 'i64' || actual === 'i32';
    case 'vector':
      return info.isVector;
    case 'any':
      return true;
    case 'narrower':
    case 'wider': {
      if (controlling === null) return false;
      const bound = typeInfo(controlling);
      if (bound.isFloat !== info.isFloat || bound.lanes !== info.lanes) return false;
      return rule === 'narrower' ? info.laneBits < bound.laneBits : info.laneBits > bound.laneBits;
    }
    default:
      return actual === ruleType(rule, controlling);
  }
}

/** Whether a type may control an opcode of this set. */
export function isInSet(type: Type, set: TypeSet): boolean {
  const { lane, lanes } = typeInfo(type);
  return lanes >= set.minLanes && lanes <= set.maxLanes && set.lanes.includes(lane);
}
