import type { Case } from '../clif/case.ts';
import {
  blockCallsOf,
  findFunction,
  signatureOfCall,
  type Block,
  type BlockArg,
  type BlockCall,
  type Function,
  type Inst,
  type Value,
} from '../clif/module.ts';
import type { AbiParam, Signature } from '../clif/signature.ts';
import { bitMask, typeInfo, type Type } from '../clif/type.ts';
import { isMasked, outline, startOutlining, type Outlining, type Tables } from './outline.ts';
import { spillsFreely } from './placement.ts';
import { freshValue, jumpTo, splitReturns, startRewriting } from './try-returns.ts';
import {
  FENCE,
  LOAD,
  PART_BYTES,
  SAFE_BITS,
  addSlot,
  addressIn,
  argsInParts,
  argsWhole,
  isWide,
  load,
  loadParts,
  IN_PARTS,
  keptPlaces,
  partsOf,
  resultParts,
  slotFor,
  splitSignature,
  store,
  storeParts,
  storeTo,
  type Places,
  type Spilling,
} from './wide-slots.ts';

/** Wide block arguments go through their slots, on an edge of their own; `target` then takes the others. */
function rewriteTarget(state: Spilling, target: BlockCall): BlockCall {
  const params = state.fn.blocks.find((block) => block.id === target.block)?.params ?? [];
  if (!params.some((param) => isWide(param.type))) return target;
  const insts: Inst[] = [];
  // All are read before any is written: the copies are parallel.
  const copies = target.args.flatMap((arg, i) => {
    const param = params[i];
    if (arg.kind !== 'value' || param === undefined || !isWide(param.type)) return [];
    return [{ to: param.value, parts: loadParts(state, arg.value, insts) }];
  });
  for (const { to, parts } of copies) storeParts(state, to, parts, insts);
  const taken: { value: Value; type: Type }[] = [];
  const passed: BlockArg[] = [];
  const pseudo: BlockArg[] = [];
  target.args.forEach((arg, i) => {
    const type = params[i]?.type;
    if (type === undefined || isWide(type)) return;
    if (arg.kind === 'value') {
      passed.push(arg);
      return;
    }
    const value = freshValue(state, type);
    taken.push({ value, type });
    pseudo.push(arg);
    passed.push({ kind: 'value', value });
  });
  const id = state.nextBlock;
  state.nextBlock += 1;
  state.edges.push({ id, params: taken, insts: [...insts, jumpTo(target.block, passed)], cold: false });
  return { block: id, args: pseudo };
}

function rewriteTargets(state: Spilling, inst: Inst): Inst {
  switch (inst.kind) {
    case 'jump':
      return { ...inst, target: rewriteTarget(state, inst.target) };
    case 'brif':
      return { ...inst, then: rewriteTarget(state, inst.then), else: rewriteTarget(state, inst.else) };
    case 'br_table': {
      const table = inst.table.map((target) => rewriteTarget(state, target));
      return { ...inst, fallback: rewriteTarget(state, inst.fallback), table };
    }
    default:
      return inst;
  }
}

type CallInst = Extract<Inst, { readonly kind: 'call' | 'call_indirect' | 'try_call' | 'try_call_indirect' }>;

function givesWholeAt(state: Spilling, inst: CallInst): boolean {
  const signature = signatureOfCall(state.fn, inst);
  return signature !== undefined && state.places.givesWhole(signature);
}

function callArgs(state: Spilling, inst: CallInst): readonly Value[] {
  const signature = signatureOfCall(state.fn, inst);
  const isWhole = signature !== undefined && state.places.takesWhole(signature);
  return isWhole ? argsWhole(state, inst.args) : argsInParts(state, inst.args);
}

function rewriteTry(
  state: Spilling,
  inst: Extract<Inst, { readonly kind: 'try_call' | 'try_call_indirect' }>,
): Inst {
  const returns = state.fn.sigRefs.get(inst.table.sig)?.returns ?? [];
  const isWhole = givesWholeAt(state, inst);
  const split = splitReturns(state, inst.table, returns, {
    parts: (type) => resultParts(type, isWhole),
    isSplit: isWide,
    join: (type, parts, insts) => {
      const [first = 0] = parts;
      if (!isWide(type)) return first;
      const joined = freshValue(state, type);
      storeParts(state, joined, parts, insts);
      return joined;
    },
  });
  // The edge that joins results passes them on in its turn.
  const edge = split === inst.table ? undefined : state.edges.pop();
  const last = edge?.insts.at(-1);
  let { normal } = split;
  if (edge === undefined || last === undefined) normal = rewriteTarget(state, normal);
  else {
    const at = state.edges.push(edge) - 1;
    state.edges[at] = { ...edge, insts: [...edge.insts.slice(0, -1), rewriteTargets(state, last)] };
  }
  const handlers = split.handlers.map((handler) =>
    handler.kind === 'context' ? handler : { ...handler, target: rewriteTarget(state, handler.target) },
  );
  return { ...inst, args: callArgs(state, inst), table: { ...split, normal, handlers } };
}

function rewriteCall(state: Spilling, inst: CallInst): void {
  const after: Inst[] = [];
  const isWhole = givesWholeAt(state, inst);
  const results = inst.results.flatMap((result) => {
    const type = state.types[result];
    if (!isWide(type)) return [result];
    const parts = resultParts(type, isWhole).map((part) => freshValue(state, part));
    storeParts(state, result, parts, after);
    return parts;
  });
  state.insts.push({ ...inst, args: callArgs(state, inst), results }, ...after);
}

/** The operand of a splat or the like through memory: two splats of one value are one to the optimiser, which then lives across calls, and one in a loop is moved out of it. */
function throughMemory(state: Spilling, value: Value): Value {
  const slot = addSlot(state, PART_BYTES);
  store(state, slot, value, state.insts);
  state.insts.push(FENCE);
  return load(state, slot, state.types[value] ?? 'i64', state.insts);
}

/** An instruction in a function of its own, with operands and result in slots. */
function callOutlined(
  state: Spilling,
  outlining: Outlining,
  inst: Inst,
  result: Value,
  resultType: Type,
): void {
  const { insts } = state;
  const types = [resultType, ...inst.args.map((arg) => state.types[arg] ?? 'i64')];
  const slots = inst.args.map((arg) => {
    if (isWide(state.types[arg])) return slotFor(state, arg);
    const slot = addSlot(state, PART_BYTES);
    store(state, slot, arg, insts);
    return slot;
  });
  const into = isWide(resultType) ? slotFor(state, result) : addSlot(state, PART_BYTES);
  const args = [into, ...slots].map((slot) => addressIn(state, slot, insts));
  const func = outline(outlining, state.tables, inst, types);
  insts.push({ kind: 'call', op: 'call', type: null, results: [], args, func });
  if (isWide(resultType)) return;
  const [address] = args;
  if (address === undefined) return;
  insts.push({ ...LOAD, type: resultType, results: [result], args: [address] });
}

/** A wide operand from its slot; lane after lane is taken from one load of it. */
function loadWide(state: Spilling, inst: Inst, value: Value, type: Type): Value {
  if (inst.op === 'extractlane' && state.loaded?.value === value) return state.loaded.whole;
  const whole = load(state, slotFor(state, value), type, state.insts);
  state.loaded = inst.op === 'extractlane' ? { value, whole, scratch: null } : null;
  return whole;
}

/** Whether a wide value may stay in its register past `inst`: neither a call, which arithmetic on floats may become, nor vectors, which may take its place. */
function sparesVectors(state: Spilling, inst: Inst): boolean {
  if (inst.op === 'extractlane') return true;
  const isMove = inst.op === 'bitcast';
  if (!isMove && inst.kind !== 'plain' && inst.kind !== 'const') return false;
  return [...inst.results, ...inst.args].every((value) => {
    const { isVector, isFloat } = typeInfo(state.types[value] ?? 'i64');
    return !isVector && (isMove || !isFloat);
  });
}

function rewriteOther(state: Spilling, inst: Inst): void {
  const [result] = inst.results;
  const type = result === undefined ? undefined : state.types[result];
  if (inst.kind === 'const' && isWide(type) && result !== undefined) {
    const parts = partsOf(type).map((part, i) => {
      const bits = (inst.bits >> BigInt(i * SAFE_BITS)) & bitMask(SAFE_BITS);
      const value = freshValue(state, part);
      state.insts.push({ ...inst, type: part, results: [value], bits });
      return value;
    });
    storeParts(state, result, parts, state.insts);
    return;
  }
  const isLoad = inst.op === 'load';
  const readsWide = inst.args.some((arg) => isWide(state.types[arg]));
  if (state.outlining !== null && isMasked(inst) && result !== undefined && type !== undefined) {
    if (readsWide || isWide(type)) {
      callOutlined(state, state.outlining, inst, result, type);
      return;
    }
  }
  if (isLoad && isWide(type)) state.insts.push(FENCE);
  const isMadeOfNarrow = isWide(type) && !isLoad && !readsWide;
  const args = inst.args.map((arg) => {
    const argType = state.types[arg];
    if (isWide(argType)) return loadWide(state, inst, arg, argType);
    return isMadeOfNarrow ? throughMemory(state, arg) : arg;
  });
  if (result === undefined || type === undefined || (!readsWide && !isWide(type))) {
    state.insts.push({ ...inst, args });
  } else if (isWide(type)) {
    state.insts.push({ ...inst, args });
    store(state, slotFor(state, result), result, state.insts);
  } else {
    // The optimiser computes a value where it is first used, which may be after a call: a store uses it here.
    const here = freshValue(state, type);
    state.insts.push({ ...inst, args, results: [here] });
    const address = state.loaded?.scratch ?? addressIn(state, addSlot(state, PART_BYTES), state.insts);
    if (state.loaded !== null) state.loaded = { ...state.loaded, scratch: address };
    storeTo(state, address, here, 0, state.insts);
    state.insts.push({ ...LOAD, type, results: [result], args: [address] });
  }
}

function returnArgs(state: Spilling, inst: Inst): readonly Value[] {
  const isWhole = state.places.givesWhole(state.fn.signature);
  return inst.args.flatMap((arg) => {
    const type = state.types[arg];
    return isWide(type) ? loadParts(state, arg, state.insts, resultParts(type, isWhole)) : [arg];
  });
}

function rewriteInst(state: Spilling, inst: Inst): void {
  if (!sparesVectors(state, inst)) state.loaded = null;
  if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect')
    state.insts.push(rewriteTry(state, inst));
  else if (inst.kind === 'call' || inst.kind === 'call_indirect') rewriteCall(state, inst);
  else if (inst.op === 'return') state.insts.push({ ...inst, args: returnArgs(state, inst) });
  else if (blockCallsOf(inst).length > 0) state.insts.push(rewriteTargets(state, inst));
  else rewriteOther(state, inst);
}

function rewriteFunction(fn: Function, outlining: Outlining | null, places: Places): Function {
  const types = [...fn.valueTypes];
  const split = (signature: Signature): Signature => splitSignature(signature, places);
  const isWhole = places.takesWhole(fn.signature);
  const tables: Tables = {
    sigRefs: new Map([...fn.sigRefs].map(([number, signature]) => [number, split(signature)])),
    funcRefs: new Map(fn.funcRefs),
  };
  const edges: Block[] = [];
  const slots = new Map(fn.stackSlots);
  const slotOf = new Map<Value, number>();
  const nextSlot = { number: Math.max(-1, ...slots.keys()) + 1 };
  const blocks = fn.blocks.map((block, at) => {
    const state: Spilling = {
      ...startRewriting(types, edges, fn.blocks),
      fn,
      tables,
      outlining,
      places,
      slots,
      slotOf,
      nextSlot,
      loaded: null,
    };
    const params =
      at === 0
        ? block.params.flatMap(({ value, type }) => {
            if (!isWide(type)) return [{ value, type }];
            if (isWhole) {
              const whole = freshValue(state, type);
              store(state, slotFor(state, value), whole, state.insts);
              return [{ value: whole, type }];
            }
            const parts = partsOf(type).map((part) => ({ value: freshValue(state, part), type: part }));
            storeParts(
              state,
              value,
              parts.map((part) => part.value),
              state.insts,
            );
            return parts;
          })
        : block.params.filter(({ type }) => !isWide(type));
    for (const inst of block.insts) rewriteInst(state, inst);
    return { ...block, params, insts: state.insts };
  });
  return {
    ...fn,
    signature: split(fn.signature),
    stackSlots: slots,
    ...tables,
    blocks: [...blocks, ...edges],
    valueTypes: types,
  };
}

function splitInput(input: readonly bigint[], params: readonly AbiParam[]): readonly bigint[] {
  return params.flatMap(({ type }, i) => {
    const bits = input[i] ?? 0n;
    if (!isWide(type)) return [bits];
    return partsOf(type).map((_, part) => (bits >> BigInt(part * SAFE_BITS)) & bitMask(SAFE_BITS));
  });
}

/**
 * The same program with every vector of more than 128 bits in memory but for the one instruction that makes or uses it,
 * and in parts of 128 bits between functions, so that none is ever spilled. With `keepsPlaces` few arguments are passed whole, and few results both
 * whole, for their first 128 bits, and in parts, so that what is wrong with their places stays wrong. For `single_pass` each instruction that needs a
 * mask has a function of its own, too short for that allocator to have put anything else in v0, and as it may put anything between a load and a call,
 * no value is whole. A failure that this ends is one of spilled wide vectors (docs/findings.md, F12).
 */
export function keepWideVectorsInMemory(kase: Case, keepsPlaces: boolean): Case {
  if (!kase.module.functions.some((fn) => fn.valueTypes.some(isWide))) return kase;
  const entry = findFunction(kase.module, kase.entry);
  // `single_pass` also spills between the machine instructions that one CLIF instruction became: see `isMasked`.
  const outlining = kase.configurations.some(spillsFreely) ? startOutlining(kase.module.functions) : null;
  const places = keepsPlaces && outlining === null ? keptPlaces(kase.module.functions) : IN_PARTS;
  const functions = kase.module.functions.map((fn) => rewriteFunction(fn, outlining, places));
  const isWhole = entry === undefined || places.takesWhole(entry.signature);
  const params = entry?.signature.params ?? [];
  return {
    ...kase,
    module: { functions: [...(outlining?.byKey.values() ?? []), ...functions] },
    inputs: isWhole ? kase.inputs : kase.inputs.map((input) => splitInput(input, params)),
  };
}
