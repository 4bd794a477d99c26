import type { AbiParam, Signature } from '../clif/signature.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { addSigRef, planAt, sigRefTo, type BodyState } from './body-state.ts';
import type { Draw } from './draw.ts';
import { fitsRegisters, type ParamRole } from './plan.ts';

/** How a function is seen where it is called: a signature and its number in the caller. */
export interface View {
  readonly sig: number;
  readonly signature: Signature;
}

const WORDS: readonly Type[] = ['i8', 'i16', 'i32', 'i64'];

function isWord(param: AbiParam): boolean {
  const { isFloat, isVector, bits } = typeInfo(param.type);
  return !isFloat && !isVector && bits <= 64 && param.purpose.kind === 'normal';
}

/**
 * Another view of a word that one side sends as `sent` and the other takes as `taken`: what is taken may be wider than what is
 * sent only where the sender extends it.
 */
function drawParam(draw: Draw, taken: AbiParam): AbiParam {
  const type = draw.pick(WORDS);
  const isNarrower = typeInfo(type).bits < typeInfo(taken.type).bits;
  const kinds = isNarrower ? (['sext', 'uext'] as const) : (['none', 'sext', 'uext'] as const);
  const extension = typeInfo(type).bits === 64 ? 'none' : draw.pick(kinds);
  return { ...taken, type, extension };
}

function drawResult(draw: Draw, sent: AbiParam): AbiParam {
  const canWiden = sent.extension !== 'none';
  const types = canWiden ? WORDS : WORDS.filter((t) => typeInfo(t).bits <= typeInfo(sent.type).bits);
  const type = draw.pick(types);
  return { ...sent, type, extension: typeInfo(type).bits < 64 ? sent.extension : 'none' };
}

function drawView(draw: Draw, signature: Signature, roles: readonly ParamRole[]): Signature {
  const params = signature.params.map((param, i) =>
    isWord(param) && roles[i]?.kind === 'data' && draw.chance(60) ? drawParam(draw, param) : param,
  );
  // Results in the return area are not extended (docs/findings.md, F2): a wider view of them would show nothing else.
  const returns = fitsRegisters(signature.returns)
    ? signature.returns.map((result) =>
        isWord(result) && draw.chance(60) ? drawResult(draw, result) : result,
      )
    : signature.returns;
  return { ...signature, params, returns };
}

function hasWords(signature: Signature): boolean {
  return signature.params.some(isWord) || signature.returns.some(isWord);
}

/** The function planned at `target` as it is defined. */
export function plainView(state: BodyState, target: number): View {
  return { sig: sigRefTo(state, target), signature: planAt(state, target).signature };
}

/** The function planned at `target` as it is defined, or with some words of its signature wider or narrower. */
export function viewOf(state: BodyState, target: number): View {
  const { draw, config } = state;
  const { signature, roles } = planAt(state, target);
  if (!draw.chance(config.otherViews) || !hasWords(signature)) return plainView(state, target);
  const other = drawView(draw, signature, roles);
  return { sig: addSigRef(state, other), signature: other };
}
