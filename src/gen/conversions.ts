import { typeInfo, type Type } from '../clif/type.ts';
import type { CaseShape } from './plan.ts';

export interface Conversion {
  readonly op: 'bitcast' | 'uextend' | 'sextend' | 'ireduce';
  readonly source: Type;
}

const INTEGERS: readonly Type[] = ['i8', 'i16', 'i32', 'i64', 'i128'];

/** What riscv64 lowers to `type` from other types of a case by keeping bits, adding some or cutting some off. */
export function conversionsTo(type: Type, { types, hasVectors }: CaseShape): readonly Conversion[] {
  const { bits, isVector, isFloat } = typeInfo(type);
  const conversions: Conversion[] = [];
  for (const { item } of types) {
    const source = typeInfo(item);
    if (item === type || source.bits !== bits || (source.isVector && !hasVectors)) continue;
    conversions.push({ op: 'bitcast', source: item });
  }
  const isInteger = !isVector && !isFloat;
  for (const source of isInteger ? INTEGERS : []) {
    const { bits: own } = typeInfo(source);
    if (own > bits) conversions.push({ op: 'ireduce', source });
    if (own < bits) conversions.push({ op: 'uextend', source }, { op: 'sextend', source });
  }
  return conversions;
}
