import type { Function, Inst } from '../../clif/module.ts';
import { functionNameText } from '../../clif/module.ts';
import type { Type } from '../../clif/type.ts';
import { bitMask, typeInfo } from '../../clif/type.ts';
import { constantInsts } from '../constant-inst.ts';
import type { Pass } from '../pass.ts';
import { chunks, mapFunctions } from '../pass.ts';

type Filling = 'zeros' | 'params' | 'tags';

/** Bytes that tell the place of a result and the place in it: 0x11, 0x12, … for result 0, 0x21, … for result 1. */
function taggedBits(type: Type, index: number): bigint {
  const info = typeInfo(type);
  let bits = 0n;
  for (let byte = 0; byte < Math.min(info.bytes, 16); byte += 1) {
    bits |= BigInt(((((index % 7) + 1) << 4) | ((byte % 15) + 1)) & 0x7f) << BigInt(8 * byte);
  }
  return bits & bitMask(info.bits);
}

/** A body that only returns: zeros, the parameters in turn, or constants that tell the results apart. */
function stubFunction(fn: Function, filling: Filling): Function {
  const entry = fn.blocks[0];
  if (entry === undefined) return fn;
  const types: (Type | undefined)[] = [...fn.valueTypes];
  const insts: Inst[] = [];
  const fresh = (type: Type): number => types.push(type) - 1;
  const constant = (type: Type, bits: bigint): number => {
    const made = constantInsts(type, bits, fresh);
    insts.push(...made);
    return made.at(-1)?.results[0] ?? 0;
  };
  const zeros = new Map<Type, number>();
  const zero = (type: Type): number => {
    const value = zeros.get(type) ?? constant(type, 0n);
    zeros.set(type, value);
    return value;
  };
  const taken = new Map<Type, number>();
  const args = fn.signature.returns.map(({ type }, index) => {
    if (filling === 'zeros') return zero(type);
    if (filling === 'tags') return constant(type, taggedBits(type, index));
    const same = entry.params.filter((p) => p.type === type);
    const turn = taken.get(type) ?? 0;
    taken.set(type, turn + 1);
    return same[turn % Math.max(same.length, 1)]?.value ?? zero(type);
  });
  insts.push({ kind: 'plain', op: 'return', type: null, results: [], args });
  return {
    ...fn,
    blocks: [{ ...entry, insts }],
    valueTypes: types,
    stackSlots: new Map(),
    globalValues: new Map(),
    constants: new Map(),
    sigRefs: new Map(),
    funcRefs: new Map(),
    stackLimit: null,
  };
}

/** Bodies of all functions but the entry replaced, then of halves, then of each. */
export const stubBodies: Pass = {
  name: 'stub bodies',
  *candidates(kase) {
    const entry = functionNameText(kase.entry);
    const others = kase.module.functions.filter((fn) => functionNameText(fn.name) !== entry);
    for (const filling of ['zeros', 'params', 'tags'] as const) {
      for (const [start, end] of chunks(others.length)) {
        const chosen = new Set(others.slice(start, end));
        yield () => mapFunctions(kase, (fn) => (chosen.has(fn) ? stubFunction(fn, filling) : fn));
      }
    }
  },
};
