import type { FunctionName } from '../clif/module.ts';
import type { AbiParam, CallConv, Signature } from '../clif/signature.ts';
import { isExtensible } from '../clif/type.ts';
import type { Config, Weighted } from './config.ts';
import type { Draw } from './draw.ts';
import type { FunctionPlan } from './plan.ts';
import { pickWeighted } from './weighted.ts';

/** Of 100 lookalikes how many have another convention; the others have other extensions. */
const OTHER_CONVENTIONS = 50;

/** What a function of the same parameters may stand for too: no places of other functions, frames or limits. */
function isPlain({ roles, isRelay }: FunctionPlan): boolean {
  return !isRelay && roles.every(({ kind }) => kind === 'data' || kind === 'memory' || kind === 'counter');
}

function extendedAnew(draw: Draw, param: AbiParam): AbiParam {
  if (!isExtensible(param.type) || param.purpose.kind !== 'normal') return param;
  return { ...param, extension: draw.pick(['none', 'uext', 'sext'] as const) };
}

/**
 * The plan of function `name` with the types of an earlier one, in the same order, and another convention or other extensions: what a call of the
 * one does must not be taken for what a call of the other does. Null where no earlier one will do.
 */
export function planLookalike(
  draw: Draw,
  callConvs: Config['callConvs'],
  name: FunctionName,
  earlier: readonly FunctionPlan[],
): FunctionPlan | null {
  const models = earlier.slice(1).filter(isPlain);
  if (models.length === 0) return null;
  const model = draw.pick(models);
  const { params, returns, callConv } = model.signature;
  const isOther = ({ item }: Weighted<CallConv>): boolean =>
    item !== callConv && (item !== 'preserve_all' || returns.length === 0);
  const others = callConvs.filter(isOther);
  const signature: Signature =
    others.length > 0 && draw.chance(OTHER_CONVENTIONS)
      ? { params, returns, callConv: pickWeighted(draw, others) }
      : {
          params: params.map((param) => extendedAnew(draw, param)),
          returns: returns.map((result) => extendedAnew(draw, result)),
          callConv,
        };
  return { ...model, name, signature, isIdle: false, isThin: false };
}
