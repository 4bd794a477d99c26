import { layoutSignature } from '../abi/layout.ts';
import type { Case } from '../clif/case.ts';
import type { Function, Inst, Module, Value } from '../clif/module.ts';
import { STACK_OVERFLOW, stackLimitLoads, vmctxParam } from '../clif/stack-limit.ts';
import type { Type } from '../clif/type.ts';

/** What the load of an I-type instruction reaches from its base. */
function isNear(offset: number): boolean {
  return offset >= -2048 && offset <= 2047;
}

/** The limit loaded and looked at in the body: one above the stack is negative, one below is not. */
function checkByHand(fn: Function, chain: readonly number[]): Function {
  const [entry, ...rest] = fn.blocks;
  const vmctx = vmctxParam(fn.signature);
  let last = entry?.params[vmctx]?.value;
  if (entry === undefined || last === undefined) return fn;
  const valueTypes: (Type | undefined)[] = [...fn.valueTypes];
  const fresh = (type: Type): Value => valueTypes.push(type) - 1;
  const insts: Inst[] = [];
  for (const offset of chain) {
    const [distance, address, loaded] = [fresh('i64'), fresh('i64'), fresh('i64')];
    const bits = BigInt.asUintN(64, BigInt(offset));
    insts.push(
      { kind: 'const', op: 'iconst', type: 'i64', results: [distance], args: [], bits },
      { kind: 'plain', op: 'iadd', type: 'i64', results: [address], args: [last, distance] },
      { kind: 'memory', op: 'load', type: 'i64', results: [loaded], args: [address], flags: [], offset: 0 },
    );
    last = loaded;
  }
  const zero = fresh('i64');
  const isAbove = fresh('i8');
  insts.push(
    { kind: 'const', op: 'iconst', type: 'i64', results: [zero], args: [], bits: 0n },
    { kind: 'compare', op: 'icmp', type: 'i64', results: [isAbove], args: [last, zero], cond: 'slt' },
    { kind: 'trap', op: 'trapnz', type: 'i8', results: [], args: [isAbove], code: STACK_OVERFLOW },
  );
  const blocks = [{ ...entry, insts: [...insts, ...entry.insts] }, ...rest];
  return { ...fn, stackLimit: null, blocks, valueTypes };
}

/**
 * The module with stack limits checked in the body instead of the prologue, where `isMeant` says so of a function and the offsets of the loads that lead from
 * vmctx to the limit; itself where there are none such. A limit between those that say nothing and those above every stack means another thing then.
 */
export function limitsByHand(
  module: Module,
  isMeant: (offsets: readonly number[], fn: Function) => boolean,
): Module {
  const functions = module.functions.map((fn) => {
    const chain = stackLimitLoads(fn);
    return chain === null || !isMeant(chain, fn) ? fn : checkByHand(fn, chain);
  });
  return functions.every((fn, i) => fn === module.functions[i]) ? module : { ...module, functions };
}

/** Stack limits that a far load behind another leads to are checked in the body (docs/findings.md, F21). */
export function checkLimitsByHand(kase: Case): Case {
  const isFar = (offsets: readonly number[]): boolean =>
    offsets.some((offset, i) => i > 0 && !isNear(offset));
  return { ...kase, module: limitsByHand(kase.module, isFar) };
}

/**
 * Whether vmctx is passed on the stack. Where results need an area, its pointer takes a register: without `enable_multi_ret_implicit_sret` such a function is
 * not compiled at all.
 */
function comesOnStack({ signature }: Function): boolean {
  const vmctx = vmctxParam(signature);
  const [part] = layoutSignature(signature, { implicitReturnArea: true }).params[vmctx]?.parts ?? [];
  return part?.place.kind === 'memory';
}

/** Stack limits from a vmctx that is passed on the stack are checked in the body (docs/findings.md, F22). */
export function checkPassedLimitsByHand(kase: Case): Case {
  return { ...kase, module: limitsByHand(kase.module, (_, fn) => comesOnStack(fn)) };
}
