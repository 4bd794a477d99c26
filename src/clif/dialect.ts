import type { Function, Inst, StackSlot, Value } from './module.ts';
import { asInteger, typeInfo } from './type.ts';

/** What the text of an older Cranelift lacks or names otherwise, where a module can hold it. */
export interface Dialect {
  /** `blendv` is `x86_blendv`. */
  readonly hasOldBlendv: boolean;
  /** Vector constants of f16 lanes cannot be written. */
  readonly lacksHalfVectors: boolean;
  /** Stack slots have no alignment of their own; each gets what its size asks for. */
  readonly lacksSlotAlignment: boolean;
  /** `sadd_overflow_cin` is `iadd_carry`, `ssub_overflow_bin` is `isub_borrow`. */
  readonly hasOldCarry: boolean;
}

/**
 * The dialect of a version such as `0.121` or `0.108.2`; null where nothing is to be done, as for today's text and for versions of
 * another form. The bounds are versions that were tried, from 0.105 on.
 */
export function dialectOf(version: string | undefined): Dialect | null {
  if (version === undefined || !version.startsWith('0.')) return null;
  const minor = Number.parseInt(version.slice(2), 10);
  if (minor >= 135) return null;
  return {
    hasOldBlendv: minor < 130,
    lacksHalfVectors: true,
    lacksSlotAlignment: minor < 109,
    hasOldCarry: minor < 109,
  };
}

export function slotIn(dialect: Dialect | null, slot: StackSlot): StackSlot {
  return dialect?.lacksSlotAlignment === true ? { ...slot, alignBytes: 1 } : slot;
}

function renamed(dialect: Dialect, op: string): string {
  if (op === 'blendv' && dialect.hasOldBlendv) return 'x86_blendv';
  if (!dialect.hasOldCarry) return op;
  if (op === 'sadd_overflow_cin') return 'iadd_carry';
  return op === 'ssub_overflow_bin' ? 'isub_borrow' : op;
}

/** Instructions of one function in a dialect. Values that only the dialect needs are numbered above all others. */
export function instsIn(dialect: Dialect, fn: Function): (inst: Inst) => readonly Inst[] {
  let free: Value = fn.valueTypes.length;
  return (inst) => {
    if (inst.op === 'vconst' && inst.type !== null && dialect.lacksHalfVectors) {
      const { type } = inst;
      if (typeInfo(type).lane === 'f16') {
        const bits = free++;
        return [
          { ...inst, type: asInteger(type), results: [bits] },
          { kind: 'memory', op: 'bitcast', type, results: inst.results, args: [bits], flags: [], offset: 0 },
        ];
      }
    }
    const op = renamed(dialect, inst.op);
    return [op === inst.op ? inst : { ...inst, op }];
  };
}
