import type { Case } from '../../clif/case.ts';
import type { Function, Inst, Value } from '../../clif/module.ts';
import { usesOf } from '../../clif/rewrite.ts';
import { editFunction, zeroValues } from '../edit-function.ts';
import type { Pass } from '../pass.ts';
import { chunks, mapFunctions, replaceFunction } from '../pass.ts';
import { isPure, isTerminator } from '../purity.ts';

/** Instructions that may go, with zeros for their results. Zeros themselves are not among them. */
function removable(fn: Function): readonly Inst[] {
  const zeros = zeroValues(fn);
  return fn.blocks.flatMap((block) =>
    block.insts.filter((inst) => !isTerminator(inst) && !inst.results.some((result) => zeros.has(result))),
  );
}

/** The case without the chosen instructions; whatever read their results reads zero. */
export function withoutInsts(kase: Case, chosen: ReadonlySet<Inst>): Case | null {
  return mapFunctions(kase, (fn) => {
    if (!fn.blocks.some((block) => block.insts.some((inst) => chosen.has(inst)))) return fn;
    return editFunction(fn, (inst, editor) => {
      if (!chosen.has(inst)) return [inst];
      for (const result of inst.results) editor.rename(result, editor.zero(editor.typeOf(result)));
      return [];
    });
  });
}

/** Instructions replaced by zeros: all of a function, halves, … single ones. */
export const dropInstructions: Pass = {
  name: 'drop instructions',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      const insts = removable(fn);
      for (const [start, end] of chunks(insts.length)) {
        yield () => withoutInsts(kase, new Set(insts.slice(start, end)));
      }
    }
  },
};

/** Instructions nothing reads. Tidying takes them all away at once; here they go where only some may. */
export const dropDeadCode: Pass = {
  name: 'drop dead code',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      const insts = fn.blocks.flatMap((block) => block.insts);
      const used = new Set(insts.flatMap(usesOf));
      const dead = insts.filter((inst) => isPure(inst) && !inst.results.some((result) => used.has(result)));
      for (const [start, end] of chunks(dead.length)) {
        const chosen = new Set(dead.slice(start, end));
        yield () =>
          replaceFunction(
            kase,
            fn,
            editFunction(fn, (inst) => (chosen.has(inst) ? [] : [inst])),
          );
      }
    }
  },
};

/** Values that may stand in for `result` of `inst`: its own operands, parameters of the function, earlier values of the block. */
function standIns(fn: Function, before: readonly Inst[], inst: Inst, result: Value): readonly Value[] {
  const type = fn.valueTypes[result];
  const fits = (value: Value): boolean => value !== result && fn.valueTypes[value] === type;
  const params = fn.blocks[0]?.params.map((p) => p.value).filter(fits) ?? [];
  const earlier = before.flatMap((other) => other.results).filter(fits);
  return [
    ...new Set([
      ...inst.args.filter(fits),
      ...params.slice(0, 2),
      ...params.slice(-1),
      ...earlier.slice(0, 2),
      ...earlier.slice(-2),
    ]),
  ];
}

/** One instruction's results replaced by values of the same type that are there already. */
export const reuseValues: Pass = {
  name: 'reuse values',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      for (const block of fn.blocks) {
        for (const [index, inst] of block.insts.entries()) {
          const [result] = inst.results;
          if (result === undefined || inst.results.length > 1 || isTerminator(inst)) continue;
          for (const value of standIns(fn, block.insts.slice(0, index), inst, result)) {
            yield () => {
              const edited = editFunction(fn, (other, editor) => {
                if (other !== inst) return [other];
                editor.rename(result, value);
                return [];
              });
              return replaceFunction(kase, fn, edited);
            };
          }
        }
      }
    }
  },
};

/** Constants to 1 or to their low bytes; zero is what `dropInstructions` gives. */
export const plainerConstants: Pass = {
  name: 'plainer constants',
  *candidates(kase) {
    for (const fn of kase.module.functions) {
      for (const block of fn.blocks) {
        for (const inst of block.insts) {
          if (inst.kind !== 'const' || inst.bits <= 1n) continue;
          const plainer = [
            1n,
            inst.bits & 0xffn,
            inst.bits & 0xffffn,
            inst.bits & 0xffff_ffffn,
            inst.bits & 0xffff_ffff_ffff_ffffn,
          ];
          for (const bits of new Set(plainer)) {
            if (bits >= inst.bits) continue;
            yield () =>
              replaceFunction(
                kase,
                fn,
                editFunction(fn, (other) => [other === inst ? { ...inst, bits } : other]),
              );
          }
        }
      }
    }
  },
};
