import type { Opinion } from '../../src/backend/opinions-reply.ts';
import { expectedOutcomes } from '../../src/campaign/run-case.ts';
import type { Case } from '../../src/clif/case.ts';
import { findFunction, type Function, type Inst } from '../../src/clif/module.ts';
import type { Outcome } from '../../src/clif/outcome.ts';
import { type Type, typeInfo } from '../../src/clif/type.ts';
import { exposesArithmeticNan } from '../../src/compare/nan.ts';
import { sameValue } from '../../src/compare/outcomes.ts';

/** A way in which Cranelift's interpreter departs from CLIF; `docs/interpreter-differences.md` says more of each. */
export interface KnownDifference {
  readonly name: string;
  /**
   * The function with what the interpreter makes of it written out, or itself where it does not meet the difference: what
   * then comes of the case must be what the interpreter said.
   */
  readonly writtenOut: (fn: Function) => Function;
}

/** `bitcast` of a scalar to a vector: the scalar cut to the first lane, zeros in the others. */
function scalarToFirstLane(fn: Function): Function {
  const valueTypes: (Type | undefined)[] = [...fn.valueTypes];
  const rewrite = (inst: Inst): readonly Inst[] => {
    const [arg] = inst.args;
    const from = arg === undefined ? undefined : valueTypes[arg];
    if (inst.op !== 'bitcast' || inst.type === null || arg === undefined || from === undefined) return [inst];
    const { isVector, lane, isFloat } = typeInfo(inst.type);
    if (!isVector || isFloat || typeInfo(from).isVector || typeInfo(from).isFloat) return [inst];
    const first = valueTypes.length;
    valueTypes.push(lane);
    return [
      { kind: 'plain', op: 'ireduce', type: lane, results: [first], args: [arg] },
      { kind: 'plain', op: 'scalar_to_vector', type: inst.type, results: inst.results, args: [first] },
    ];
  };
  const blocks = fn.blocks.map((block) => ({ ...block, insts: block.insts.flatMap(rewrite) }));
  return valueTypes.length === fn.valueTypes.length ? fn : { ...fn, blocks, valueTypes };
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  { name: 'bitcast of a scalar to a vector', writtenOut: scalarToFirstLane },
];

/** Whether both say the same, NaNs of arithmetic having any bits. */
export function isSame(kase: Case, ours: Outcome | undefined, theirs: Opinion): boolean {
  if (ours?.kind === 'trapped') return theirs.kind === 'trapped' && theirs.code === ours.code;
  if (ours?.kind !== 'returned' || theirs.kind !== 'returned') return false;
  if (ours.results.every((bits, i) => bits === theirs.results[i])) return true;
  const types = findFunction(kase.module, kase.entry)?.signature.returns ?? [];
  const anyNan = exposesArithmeticNan(kase.module);
  return types.every(({ type }, i) => {
    const [left, right] = [ours.results[i], theirs.results[i]];
    return left !== undefined && right !== undefined && sameValue(type, left, right, anyNan);
  });
}

function explains({ writtenOut }: KnownDifference, kase: Case, input: number, theirs: Opinion): boolean {
  const functions = kase.module.functions.map(writtenOut);
  if (functions.every((fn, i) => fn === kase.module.functions[i])) return false;
  const inputs = kase.inputs.slice(input, input + 1);
  const [ours] = expectedOutcomes({ ...kase, module: { ...kase.module, functions }, inputs });
  return isSame(kase, ours, theirs);
}

/** The class of a difference on one input: the known one that explains it, or what each side said. */
export function differenceOf(
  kase: Case,
  input: number,
  ours: Outcome,
  theirs: Opinion,
): { readonly name: string; readonly isKnown: boolean } {
  const known = KNOWN_DIFFERENCES.find((difference) => explains(difference, kase, input, theirs));
  if (known !== undefined) return { name: known.name, isKnown: true };
  const say = (side: Outcome | Opinion): string =>
    side.kind === 'trapped' ? `trapped with ${side.code}` : side.kind;
  return { name: `ours ${say(ours)}, theirs ${say(theirs)}`, isKnown: false };
}
