import type { Case } from '../clif/case.ts';
import { liveAcross } from '../clif/liveness.ts';
import { isCall, signatureOfCall, type Function, type Inst, type Value } from '../clif/module.ts';
import { usesOf } from '../clif/rewrite.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { movesValues, spillsFreely } from './placement.ts';
import { isWide } from './wide-slots.ts';

/** Vectors alive at once, of 31 registers, up to which none has to be spilled. */
const FEW_VECTORS = 12;

/** Operations on f16 and f128 that never become calls. */
const MOVES: ReadonlySet<string> = new Set(['bitcast', 'extractlane', 'load', 'return', 'select', 'store']);

/** Whether results of a call that comes back are wide. */
function givesWide(fn: Function, inst: Inst): boolean {
  if (inst.op !== 'try_call' && inst.op !== 'try_call_indirect')
    return isCall(inst) && inst.results.some((value) => isWide(fn.valueTypes[value]));
  return signatureOfCall(fn, inst)?.returns.some(({ type }) => isWide(type)) === true;
}

function maySpillIn(fn: Function): boolean {
  if (!fn.valueTypes.some(isWide)) return false;
  const typeOf = (value: Value): Type => fn.valueTypes[value] ?? 'i64';
  // What no register file computes with may become a call of a routine.
  const isOddFloat = (value: Value): boolean => ['f16', 'f128'].includes(typeOf(value));
  const mayCall = (inst: Inst): boolean =>
    isCall(inst) || (!MOVES.has(inst.op) && [...inst.args, ...inst.results].some(isOddFloat));
  for (const [inst, live] of liveAcross(fn, () => true)) {
    if (mayCall(inst) && live.some((value) => isWide(typeOf(value)))) return true;
    // They go through spill slots wherever they go.
    if (givesWide(fn, inst)) return true;
    const alive = new Set([...live, ...usesOf(inst), ...inst.results]);
    let vectors = 0;
    for (const value of alive) if (typeInfo(typeOf(value)).isVector) vectors += 1;
    if (vectors > FEW_VECTORS) return true;
  }
  return false;
}

/**
 * Whether a vector of more than 128 bits may go to a spill slot (docs/findings.md, F12). None does where the mid-end moves nothing, the allocator is
 * `backtracking`, none is the result of a call or alive across what may be one, and few vectors are alive at once.
 */
export function maySpillWideVectors({
  module,
  configurations,
}: Pick<Case, 'module' | 'configurations'>): boolean {
  const mayBeAnywhere = configurations.some((one) => movesValues(one) || spillsFreely(one));
  return mayBeAnywhere || module.functions.some(maySpillIn);
}
