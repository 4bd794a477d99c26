import type { TypeRule, TypeSet } from './opcode.ts';
import { asInteger, reshapeType, type Type, typeInfo, vectorOf } from './type.ts';

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
      return null;
    case 'dynamic_to_vector':
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

type Relation =
  | 'dynamic_to_vector'
  | 'lane_of'
  | 'as_truthy'
  | 'half_width'
  | 'double_width'
  | 'split_lanes'
  | 'merge_lanes';

function relatedType(rule: Relation, type: Type): Type | null {
  const { lane, laneBits, lanes, isVector, isDynamic } = typeInfo(type);
  switch (rule) {
    case 'dynamic_to_vector':
      return isDynamic ? vectorOf(lane, lanes) : null;
    case 'lane_of':
      return lane;
    case 'as_truthy':
      return isVector ? asInteger(type) : 'i8';
    case 'half_width':
      return reshapeType(type, laneBits / 2, lanes);
    case 'double_width':
      return reshapeType(type, laneBits * 2, lanes);
    case 'split_lanes':
      return reshapeType(type, laneBits / 2, lanes * 2);
    case 'merge_lanes':
      return reshapeType(type, laneBits * 2, lanes / 2);
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
      if (bound.isFloat !== info.isFloat || bound.lanes !== info.lanes || bound.isDynamic !== info.isDynamic)
        return false;
      return rule === 'narrower' ? info.laneBits < bound.laneBits : info.laneBits > bound.laneBits;
    }
    default:
      return actual === ruleType(rule, controlling);
  }
}

/** Whether a type may control an opcode of this set. */
export function isInSet(type: Type, set: TypeSet): boolean {
  const { lane, lanes, isDynamic } = typeInfo(type);
  if (isDynamic && set.dynamic === 'none') return false;
  if (!isDynamic && set.dynamic === 'only') return false;
  return lanes >= set.minLanes && lanes <= set.maxLanes && set.lanes.includes(lane);
}
