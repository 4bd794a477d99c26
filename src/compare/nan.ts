import type { Function, Inst, Module, Value } from '../clif/module.ts';
import { blockCallsOf } from '../clif/module.ts';
import { usesOf } from '../clif/rewrite.ts';
import { typeInfo } from '../clif/type.ts';

/** Operations whose NaN results may be any NaN (CLIF leaves sign and payload open). */
const ARITHMETIC: ReadonlySet<string> = new Set([
  'fadd',
  'fsub',
  'fmul',
  'fdiv',
  'sqrt',
  'fma',
  'fmin',
  'fmax',
  'ceil',
  'floor',
  'trunc',
  'nearest',
  'fpromote',
  'fdemote',
  'fvdemote',
  'fvpromote_low',
]);

/** Values of `fn` that only tell whether another value is a NaN: `fcmp uno v, v` and casts of it, by that value. */
function nanTests(fn: Function): ReadonlyMap<Value, Value> {
  const tests = new Map<Value, Value>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      const [result] = inst.results;
      const [first, second] = inst.args;
      if (result === undefined || first === undefined) continue;
      if (inst.kind === 'compare' && inst.op === 'fcmp' && inst.cond === 'uno' && first === second) {
        tests.set(result, first);
      } else if (inst.op === 'bitcast') {
        const tested = tests.get(first);
        if (tested !== undefined) tests.set(result, tested);
      }
    }
  }
  return tests;
}

/** True where `inst` may see the bits of `value` when it is a NaN. */
function exposes(inst: Inst, value: Value, tests: ReadonlyMap<Value, Value>): boolean {
  const isPassed = blockCallsOf(inst).some((c) =>
    c.args.some((a) => a.kind === 'value' && a.value === value),
  );
  if (isPassed) return true;
  if (!inst.args.includes(value)) return false;
  if (inst.kind === 'compare' && inst.op === 'fcmp') return false;
  const [condition, then, otherwise] = inst.args;
  if ((inst.op === 'select' || inst.op === 'bitselect') && condition !== undefined) {
    return !(otherwise === value && then !== value && tests.get(condition) === value);
  }
  return true;
}

function functionExposesNan(fn: Function): boolean {
  const made = new Set<Value>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      const isFloat = inst.type !== null && typeInfo(inst.type).isFloat;
      if (isFloat && ARITHMETIC.has(inst.op)) for (const result of inst.results) made.add(result);
    }
  }
  if (made.size === 0) return false;
  const tests = nanTests(fn);
  return fn.blocks.some(({ insts }) =>
    insts.some((inst) => usesOf(inst).some((value) => made.has(value) && exposes(inst, value, tests))),
  );
}

/**
 * True where a NaN made by arithmetic can be seen before something makes it canonical; float results then compare as
 * "some NaN". Generated modules never do that.
 */
export function exposesArithmeticNan(module: Module): boolean {
  return module.functions.some(functionExposesNan);
}
