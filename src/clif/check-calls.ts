import { canBeCalledAs, sameExtensions, sameTypes } from './check-signature.ts';
import { checkTryCall } from './check-try-call.ts';
import {
  type Block,
  type Function,
  functionNameText,
  type Inst,
  isReturnCall,
  type Value,
} from './module.ts';
import { signatureText } from './print.ts';
import { type CheckContext, reportInst } from './problem.ts';
import { effectiveExtension, type AbiParam, type Signature } from './signature.ts';
import { throwRoutineNamed } from './throw-routine.ts';
import type { Type } from './type.ts';

/** Function whose address a value certainly is: number of its FuncRef, by value. */
export type KnownAddresses = ReadonlyMap<Value, number>;

/** Values that func_addr made; whatever passes through a block parameter or memory is not known. */
export function knownAddresses(fn: Function): KnownAddresses {
  const known = new Map<Value, number>();
  if (fn.funcRefs.size === 0) return known;
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      const [result] = inst.results;
      if (inst.kind === 'func_addr' && result !== undefined) known.set(result, inst.func);
    }
  }
  return known;
}

/** What an instruction calls: the signature it declares, the arguments, and the reference if it is known. */
interface Call {
  readonly declared: Signature;
  readonly args: readonly Value[];
  readonly func: number | undefined;
}

function callOf(context: CheckContext, inst: Inst, known: KnownAddresses): Call | null {
  const { funcRefs, sigRefs } = context.fn;
  switch (inst.kind) {
    case 'call': {
      const declared = sigRefs.get(funcRefs.get(inst.func)?.sig ?? -1);
      return declared === undefined ? null : { declared, args: inst.args, func: inst.func };
    }
    case 'try_call': {
      const declared = sigRefs.get(inst.table.sig);
      return declared === undefined ? null : { declared, args: inst.args, func: inst.func };
    }
    case 'call_indirect':
    case 'try_call_indirect': {
      const declared = sigRefs.get(inst.kind === 'call_indirect' ? inst.sig : inst.table.sig);
      const [address, ...args] = inst.args;
      return declared === undefined
        ? null
        : { declared, args, func: address === undefined ? undefined : known.get(address) };
    }
    default:
      return null;
  }
}

/** Arguments, results, tail-call and exception rules of a call, and its signature against the callee's definition. */
export function checkCall(context: CheckContext, block: Block, inst: Inst, known: KnownAddresses): void {
  const { fn } = context;
  const call = callOf(context, inst, known);
  if (call === null) {
    reportInst(
      context,
      'structure',
      block,
      inst,
      'the call names a function or signature that is not declared',
    );
    return;
  }
  checkArguments(context, block, inst, call);
  const isTail = isReturnCall(inst);
  if (isTail) checkTailCall(context, block, inst, call);
  else if (inst.kind === 'call' || inst.kind === 'call_indirect')
    checkResults(context, block, inst, call.declared.returns);
  if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect')
    checkTryCall(context, block, inst, call.declared);
  if (inst.kind === 'call' || inst.kind === 'try_call') {
    const ref = fn.funcRefs.get(inst.func);
    if (ref?.patchable === true && (isTail || !ref.colocated || call.declared.returns.length > 0)) {
      reportInst(
        context,
        'signature',
        block,
        inst,
        'a patchable function is colocated, without results, and not tail-called',
      );
    }
  }
  if (call.func !== undefined) checkCallee(context, block, inst, call.declared, call.func);
}

function checkArguments(context: CheckContext, block: Block, inst: Inst, call: Call): void {
  const { params } = call.declared;
  if (call.args.length !== params.length) {
    reportInst(context, 'type', block, inst, `${call.args.length} arguments for ${params.length} parameters`);
    return;
  }
  call.args.forEach((arg, i) => {
    const type = context.fn.valueTypes[arg];
    const param = params[i];
    if (type !== undefined && param !== undefined && type !== param.type) {
      reportInst(
        context,
        'type',
        block,
        inst,
        `argument ${i}, v${arg}, is ${type}, the parameter is ${param.type}`,
      );
    }
  });
}

/** How a list of values that has to match a signature's results is put in words. */
export interface ResultsText {
  readonly count: (named: number, wanted: number) => string;
  readonly type: (index: number, value: Value, type: Type, wanted: Type) => string;
}

/** Reports where `values` are not as many as `returns`, or not of their types. */
export function checkAgainstReturns(
  context: CheckContext,
  block: Block,
  inst: Inst,
  values: readonly Value[],
  returns: readonly AbiParam[],
  text: ResultsText,
): void {
  if (values.length !== returns.length) {
    reportInst(context, 'type', block, inst, text.count(values.length, returns.length));
    return;
  }
  values.forEach((value, i) => {
    const type = context.fn.valueTypes[value];
    const expected = returns[i]?.type;
    if (type !== undefined && expected !== undefined && type !== expected) {
      reportInst(context, 'type', block, inst, text.type(i, value, type, expected));
    }
  });
}

const CALL_RESULTS: ResultsText = {
  count: (named, wanted) => `${named} results are named, the callee has ${wanted}`,
  type: (i, value, type, wanted) => `v${value} is ${type}, result ${i} of the callee is ${wanted}`,
};

function checkResults(context: CheckContext, block: Block, inst: Inst, returns: readonly AbiParam[]): void {
  checkAgainstReturns(context, block, inst, inst.results, returns, CALL_RESULTS);
}

function checkTailCall(context: CheckContext, block: Block, inst: Inst, call: Call): void {
  const { signature } = context.fn;
  const name = functionNameText(context.fn.name);
  if (inst.results.length > 0) reportInst(context, 'tail-call', block, inst, `${inst.op} has no results`);
  if (call.declared.callConv !== 'tail' || signature.callConv !== 'tail') {
    const message = `${inst.op} wants tail on both sides, ${name} is ${signature.callConv}, its callee ${call.declared.callConv}`;
    reportInst(context, 'tail-call', block, inst, message);
  }
  const sameResults =
    call.declared.returns.length === signature.returns.length &&
    call.declared.returns.every((result, i) => result.type === signature.returns[i]?.type);
  if (!sameResults)
    reportInst(context, 'tail-call', block, inst, `the callee's result types are not those of ${name}`);
  const unkept = signature.returns.findIndex(
    (promised, i) =>
      effectiveExtension(promised) !== 'none' && promised.extension !== call.declared.returns[i]?.extension,
  );
  if (sameResults && unkept >= 0) {
    // Nobody is left to extend it: the verifier lets this pass, and Cranelift leaves the bits as they are.
    const message = `${inst.op} in ${name}: result ${unkept} is promised with ${signature.returns[unkept]?.extension}, which the callee does not make: undefined, not a backend fault`;
    reportInst(context, 'signature-mismatch', block, inst, message);
  }
}

function checkCallee(
  context: CheckContext,
  block: Block,
  inst: Inst,
  declared: Signature,
  func: number,
): void {
  const ref = context.fn.funcRefs.get(func);
  if (ref === undefined) return;
  const callee = functionNameText(ref.name);
  const actual = (context.functions.get(callee) ?? throwRoutineNamed(callee))?.signature;
  if (actual === undefined) return;
  if (actual === declared) return;
  const caller = functionNameText(context.fn.name);
  if (actual.callConv !== declared.callConv) {
    const message = `${inst.op} in ${caller} declares ${declared.callConv}, ${callee} is ${actual.callConv}: undefined, not a backend fault`;
    reportInst(context, 'signature-mismatch', block, inst, message);
  }
  if (!canBeCalledAs(actual, declared)) {
    const message = `${inst.op} in ${caller} declares ${signatureText(declared)}, ${callee} is ${signatureText(actual)}: undefined, not a backend fault`;
    reportInst(context, 'signature-mismatch', block, inst, message);
  } else if (
    context.options.reportExtensions === true &&
    sameTypes(actual, declared) &&
    !sameExtensions(actual, declared)
  ) {
    const message = `${inst.op} in ${caller} declares ${signatureText(declared)}, ${callee} is ${signatureText(actual)}: they differ in extension`;
    reportInst(context, 'extension-mismatch', block, inst, message);
  }
}
