import {
  effectiveExtension,
  type AbiParam,
  type ArgumentExtension,
  type Signature,
} from '../clif/signature.ts';
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
const NO_EXTENSION: ArgumentExtension = 'none';
const EXTENSIONS: readonly ArgumentExtension[] = ['sext', 'uext'];

function isWord(param: AbiParam): boolean {
  const { isFloat, isVector, bits } = typeInfo(param.type);
  return !isFloat && !isVector && bits <= 64 && param.purpose.kind === 'normal';
}

/**
 * Another view of a parameter, for the caller: narrower than the callee takes it only where the caller extends it, and where the
 * callee is promised an extension it gets that one.
 */
function drawParam(draw: Draw, taken: AbiParam): AbiParam {
  const { bits } = typeInfo(taken.type);
  const isPromised = effectiveExtension(taken) !== 'none';
  const types = isPromised ? WORDS.filter((t) => typeInfo(t).bits <= bits) : WORDS;
  const type = draw.pick(types);
  if (isPromised) return { ...taken, type };
  if (typeInfo(type).bits === 64) return { ...taken, type };
  const isNarrower = typeInfo(type).bits < bits;
  return { ...taken, type, extension: draw.pick(isNarrower ? EXTENSIONS : [NO_EXTENSION, ...EXTENSIONS]) };
}

/** Another view of a result, for the caller: wider only where the callee extends it, and nothing promised that is not. */
function drawResult(draw: Draw, sent: AbiParam): AbiParam {
  const { bits } = typeInfo(sent.type);
  const canWiden = effectiveExtension(sent) !== 'none';
  const type = draw.pick(canWiden ? WORDS : WORDS.filter((t) => typeInfo(t).bits <= bits));
  const isKept = canWiden && typeInfo(type).bits >= bits && typeInfo(type).bits < 64;
  return { ...sent, type, extension: isKept ? sent.extension : 'none' };
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
