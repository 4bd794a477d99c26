import { canBeCalledAs, sameTypes } from '../../src/clif/check-signature.ts';
import {
  functionNameText,
  type Function,
  type FuncRef,
  type FunctionName,
  type Inst,
  type Module,
  type Value,
} from '../../src/clif/module.ts';
import type { AbiParam, Signature } from '../../src/clif/signature.ts';
import { type Type, typeInfo } from '../../src/clif/type.ts';

/** Builds values one after the other. */
interface Body {
  readonly insts: Inst[];
  readonly valueTypes: (Type | undefined)[];
}

function fresh(body: Body, type: Type): Value {
  return body.valueTypes.push(type) - 1;
}

/** What is passed as `sent`, as `taken`: itself, cut off, or extended as the sender promises. */
function converted(body: Body, value: Value, sent: AbiParam, taken: AbiParam): Value {
  if (sent.type === taken.type) return value;
  const isCut = typeInfo(taken.type).bits < typeInfo(sent.type).bits;
  const op = isCut ? 'ireduce' : sent.extension === 'sext' ? 'sextend' : 'uextend';
  const result = fresh(body, taken.type);
  body.insts.push({ kind: 'plain', op, type: taken.type, results: [result], args: [value] });
  return result;
}

function convertedAll(
  body: Body,
  values: readonly Value[],
  sent: readonly AbiParam[],
  taken: readonly AbiParam[],
): readonly Value[] {
  return values.map((value, i) => {
    const [from, to] = [sent[i], taken[i]];
    return from === undefined || to === undefined ? value : converted(body, value, from, to);
  });
}

/** A function of signature `view` that calls `callee` as it is defined. */
function adapter(name: FunctionName, callee: Function, view: Signature): Function {
  const body: Body = { insts: [], valueTypes: view.params.map(({ type }) => type) };
  const params = view.params.map(({ type }, value) => ({ value, type }));
  const values = params.map(({ value }) => value);
  const args = convertedAll(body, values, view.params, callee.signature.params);
  const results = callee.signature.returns.map(({ type }) => fresh(body, type));
  body.insts.push({ kind: 'call', op: 'call', type: null, results, args, func: 0 });
  const returned = convertedAll(body, results, callee.signature.returns, view.returns);
  body.insts.push({ kind: 'plain', op: 'return', type: null, results: [], args: returned });
  return {
    name,
    signature: view,
    stackSlots: new Map(),
    globalValues: new Map(),
    sigRefs: new Map([[0, callee.signature]]),
    funcRefs: new Map([[0, { name: callee.name, sig: 0, colocated: true, patchable: false }]]),
    constants: new Map(),
    stackLimit: null,
    blocks: [{ id: 0, params, insts: body.insts, cold: false }],
    valueTypes: body.valueTypes,
  };
}

/** Gives the adapter that makes `callee` look as `view` says, one for each pair. */
type AdapterFor = (callee: Function, view: Signature) => FunctionName;

/** Whether a call through `view` reaches `callee` with other types than its own, in a way that is defined. */
function needsAdapter(callee: Function, view: Signature): boolean {
  return !sameTypes(callee.signature, view) && canBeCalledAs(callee.signature, view);
}

function adaptedFunction(
  fn: Function,
  byName: ReadonlyMap<string, Function>,
  adapterFor: AdapterFor,
): Function {
  const funcRefs = new Map<number, FuncRef>(fn.funcRefs);
  let isChanged = false;
  for (const [number, ref] of fn.funcRefs) {
    const callee = byName.get(functionNameText(ref.name));
    const view = fn.sigRefs.get(ref.sig);
    if (callee === undefined || view === undefined || !needsAdapter(callee, view)) continue;
    isChanged = true;
    funcRefs.set(number, { ...ref, name: adapterFor(callee, view) });
  }
  const sigRefs = new Map(fn.sigRefs);
  const valueTypes = [...fn.valueTypes];
  const refTo = (name: FunctionName, signature: Signature): number => {
    const sig = Math.max(-1, ...sigRefs.keys()) + 1;
    sigRefs.set(sig, signature);
    const number = Math.max(-1, ...funcRefs.keys()) + 1;
    funcRefs.set(number, { name, sig, colocated: false, patchable: false });
    return number;
  };
  /** The address, or that of the adapter where it is the address of a function that needs one. */
  const throughAdapters = (inst: Inst): readonly Inst[] => {
    const view = inst.kind === 'call_indirect' ? fn.sigRefs.get(inst.sig) : undefined;
    const [target, ...args] = inst.args;
    if (view === undefined || target === undefined) return [inst];
    const body: Body = { insts: [], valueTypes };
    let address = target;
    for (const callee of byName.values()) {
      if (!needsAdapter(callee, view)) continue;
      const [own, other, isOwn, chosen] = [
        fresh(body, 'i64'),
        fresh(body, 'i64'),
        fresh(body, 'i8'),
        fresh(body, 'i64'),
      ];
      const refs = [refTo(callee.name, callee.signature), refTo(adapterFor(callee, view), view)];
      for (const [i, func] of refs.entries()) {
        const results = [i === 0 ? own : other];
        body.insts.push({ kind: 'func_addr', op: 'func_addr', type: 'i64', results, args: [], func });
      }
      body.insts.push(
        { kind: 'compare', op: 'icmp', type: 'i64', results: [isOwn], args: [target, own], cond: 'eq' },
        { kind: 'plain', op: 'select', type: 'i64', results: [chosen], args: [isOwn, other, address] },
      );
      address = chosen;
    }
    isChanged ||= address !== target;
    return [...body.insts, { ...inst, args: [address, ...args] }];
  };
  const blocks = fn.blocks.map((block) => ({ ...block, insts: block.insts.flatMap(throughAdapters) }));
  return isChanged ? { ...fn, funcRefs, sigRefs, valueTypes, blocks } : fn;
}

/**
 * The module with every call that sees its callee at other widths (`canBeCalledAs`) going through a function that converts;
 * itself where there is none.
 */
export function viewsAsAdapters(module: Module): Module {
  const byName = new Map(module.functions.map((fn) => [functionNameText(fn.name), fn]));
  const adapters = new Map<string, Function>();
  const adapterFor: AdapterFor = (callee, view) => {
    const key = `${functionNameText(callee.name)} ${JSON.stringify(view)}`;
    const made =
      adapters.get(key) ?? adapter({ kind: 'test', name: `adapter_${adapters.size}` }, callee, view);
    adapters.set(key, made);
    return made.name;
  };
  const functions = module.functions.map((fn) => adaptedFunction(fn, byName, adapterFor));
  if (functions.every((fn, i) => fn === module.functions[i])) return module;
  return { ...module, functions: [...functions, ...adapters.values()] };
}
