import { effectiveExtension, type AbiParam, type Signature } from './signature.ts';
import { typeInfo } from './type.ts';

function samePurpose(a: AbiParam, b: AbiParam): boolean {
  if (a.purpose.kind === 'sarg' && b.purpose.kind === 'sarg') return a.purpose.bytes === b.purpose.bytes;
  return a.purpose.kind === b.purpose.kind;
}

function sameParams(a: readonly AbiParam[], b: readonly AbiParam[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const left = a[i];
    const right = b[i];
    if (left === undefined || right === undefined || left.type !== right.type || !samePurpose(left, right))
      return false;
  }
  return true;
}

/** Same types and purposes, whatever the convention and the extensions. */
export function sameTypes(a: Signature, b: Signature): boolean {
  return a === b || (sameParams(a.params, b.params) && sameParams(a.returns, b.returns));
}

/** Whether what is passed as `sent` can be read as `taken`: words only, no bit beyond what is extended, no extension that is not. */
function isReadable(sent: AbiParam, taken: AbiParam): boolean {
  if (!samePurpose(sent, taken)) return false;
  if (sent.type === taken.type) return true;
  const from = typeInfo(sent.type);
  const to = typeInfo(taken.type);
  if (from.isFloat || from.isVector || to.isFloat || to.isVector || from.bits > 64 || to.bits > 64)
    return false;
  const asked = effectiveExtension(taken);
  if (to.bits <= from.bits) return asked === 'none';
  return sent.extension !== 'none' && (asked === 'none' || asked === sent.extension);
}

function areReadable(sent: readonly AbiParam[], taken: readonly AbiParam[]): boolean {
  return (
    sent.length === taken.length &&
    sent.every((param, i) => {
      const other = taken[i];
      return other !== undefined && isReadable(param, other);
    })
  );
}

/**
 * Whether a function defined as `actual` may be called as `declared`, whatever the convention: the same types and purposes, or
 * integers of up to 64 bits seen narrower, or wider where the side that passes them extends them (`sext`, `uext`: the extended bits
 * are the signature's promise, cranelift-codegen `ir/extfunc.rs`, `ArgumentExtension`).
 */
export function canBeCalledAs(actual: Signature, declared: Signature): boolean {
  return (
    sameTypes(actual, declared) ||
    (areReadable(declared.params, actual.params) && areReadable(actual.returns, declared.returns))
  );
}

/** Same extension of every parameter and result; the types must be the same. */
export function sameExtensions(a: Signature, b: Signature): boolean {
  const isSame = (left: readonly AbiParam[], right: readonly AbiParam[]) =>
    left.every((param, i) => param.extension === right[i]?.extension);
  return a === b || (isSame(a.params, b.params) && isSame(a.returns, b.returns));
}

function canExtend(param: AbiParam): boolean {
  const { isFloat, isVector } = typeInfo(param.type);
  return !isFloat && !isVector;
}

/**
 * What is wrong with a signature by itself, else null: the rules of Cranelift's verifier (`typecheck_function_signature`,
 * `verify_signature`) and those it leaves to assertions in lowering (sret: one, an i64, alone as a way to return).
 */
export function signatureFault(signature: Signature): string | null {
  let sretCount = 0;
  let vmctxCount = 0;
  for (const [i, param] of signature.params.entries()) {
    if (param.extension !== 'none' && !canExtend(param))
      return `parameter ${i} (${param.type}) cannot be extended`;
    if (param.purpose.kind === 'normal') continue;
    if (param.type !== 'i64')
      return `parameter ${i} is ${param.purpose.kind} and ${param.type}: it must be i64`;
    if (param.purpose.kind === 'sret') sretCount += 1;
    if (param.purpose.kind === 'vmctx') vmctxCount += 1;
  }
  for (const [i, result] of signature.returns.entries()) {
    if (result.extension !== 'none' && !canExtend(result))
      return `result ${i} (${result.type}) cannot be extended`;
    if (result.purpose.kind !== 'normal')
      return `result ${i} is ${result.purpose.kind}: only parameters can be`;
  }
  if (sretCount > 1) return 'more than one parameter is sret';
  if (vmctxCount > 1) return 'more than one parameter is vmctx';
  if (sretCount > 0 && signature.returns.length > 0)
    return 'a function with an sret parameter has no results';
  if (signature.callConv === 'preserve_all' && signature.returns.length > 0)
    return 'preserve_all has no results';
  return null;
}
