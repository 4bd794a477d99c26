import type { Case } from '../clif/case.ts';
import { functionNameText, isReturnCall, type Inst, type Value } from '../clif/module.ts';
import { abiParam, type AbiParam, type Signature } from '../clif/signature.ts';
import { bitMask, typeInfo, type Type } from '../clif/type.ts';
import { callGroup } from '../shrink/call-group.ts';
import { recastGroup, type Frame, type Recast } from './explain-recast.ts';

function addressInst(slot: number, result: Value): Inst {
  return { kind: 'stack', op: 'stack_addr', type: 'i64', results: [result], args: [], slot, offset: 0 };
}

function storeInst(value: Value, type: Type, address: Value, offset: number): Inst {
  return { kind: 'memory', op: 'store', type, results: [], args: [value, address], flags: [], offset };
}

function loadInst(result: Value, type: Type, address: Value, offset: number): Inst {
  return { kind: 'memory', op: 'load', type, results: [result], args: [address], flags: [], offset };
}

const hasAddress = (inst: Inst): boolean => inst.kind === 'call_indirect';

/** The call with other arguments and results under another signature; null for a try_call, whose results go to a block. */
function withParts(inst: Inst, sig: number, args: readonly Value[], results: readonly Value[]): Inst | null {
  if (inst.kind === 'call') return { ...inst, args, results };
  if (inst.kind === 'call_indirect')
    return { ...inst, sig, args: [...inst.args.slice(0, 1), ...args], results };
  return null;
}

const argsOf = (inst: Inst): readonly Value[] => (hasAddress(inst) ? inst.args.slice(1) : inst.args);

/** Offsets of results behind a pointer, each aligned to its own size; the total in bytes. */
function offsetsOf(returns: readonly AbiParam[]): {
  readonly offsets: readonly number[];
  readonly bytes: number;
} {
  let bytes = 0;
  const offsets = returns.map(({ type }) => {
    const size = typeInfo(type).bytes;
    const offset = Math.ceil(bytes / size) * size;
    bytes = offset + size;
    return offset;
  });
  return { offsets, bytes: Math.max(bytes, 1) };
}

/** Results stored through a pointer that the caller passes last. */
const OUT_POINTER: Recast = {
  signature: (signature) => ({ ...signature, params: [...signature.params, abiParam('i64')], returns: [] }),
  call: (inst, signature, sig, frame) => {
    const { editor } = frame;
    if (isReturnCall(inst)) {
      const call = frame.pointer === null ? null : withParts(inst, sig, [...argsOf(inst), frame.pointer], []);
      return call === null ? null : [call];
    }
    const { offsets, bytes } = offsetsOf(signature.returns);
    const address = editor.fresh('i64');
    const call = withParts(inst, sig, [...argsOf(inst), address], []);
    if (call === null) return null;
    const loads = inst.results.map((result, i) =>
      loadInst(result, editor.typeOf(result), address, offsets[i] ?? 0),
    );
    return [addressInst(frame.slot(bytes), address), call, ...loads];
  },
  leave: (inst, own, frame) => {
    const { offsets } = offsetsOf(own.returns);
    const { pointer } = frame;
    if (pointer === null) return [inst];
    const stores = inst.args.map((value, i) =>
      storeInst(value, frame.editor.typeOf(value), pointer, offsets[i] ?? 0),
    );
    return [...stores, { ...inst, args: [] }];
  },
  enter: (fn, frame) => {
    frame.pointer = frame.editor.fresh('i64');
    const params = [...(fn.blocks[0]?.params ?? []), { value: frame.pointer, type: 'i64' } as const];
    return { params, insts: [] };
  },
};

const PIECES: readonly (readonly [bytes: number, type: Type])[] = [
  [8, 'i64'],
  [4, 'i32'],
  [2, 'i16'],
  [1, 'i8'],
];

/** Integers that make up a vector, lowest first; null for what is no vector. */
function piecesOf(type: Type): readonly Type[] | null {
  const { isVector, bytes } = typeInfo(type);
  if (!isVector) return null;
  const [size, piece] = PIECES.find(([n]) => bytes % n === 0) ?? [1, 'i8'];
  return Array.from({ length: bytes / size }, () => piece);
}

const spreadList = (list: readonly AbiParam[]): readonly AbiParam[] =>
  list.flatMap((param) => piecesOf(param.type)?.map((type) => abiParam(type)) ?? [param]);

/** Values with each vector taken apart through memory. */
function takeApart(
  values: readonly Value[],
  frame: Frame,
): { readonly insts: Inst[]; readonly values: Value[] } {
  const { editor } = frame;
  const insts: Inst[] = [];
  const spread = values.flatMap((value) => {
    const type = editor.typeOf(value);
    const pieces = piecesOf(type);
    if (pieces === null) return [value];
    const address = editor.fresh('i64');
    insts.push(addressInst(frame.slot(typeInfo(type).bytes), address), storeInst(value, type, address, 0));
    return pieces.map((piece, i) => {
      const part = editor.fresh(piece);
      insts.push(loadInst(part, piece, address, i * typeInfo(piece).bytes));
      return part;
    });
  });
  return { insts, values: spread };
}

/** Pieces to receive, and what defines `values` from them. */
function putTogether(
  values: readonly Value[],
  frame: Frame,
): { readonly insts: Inst[]; readonly values: Value[] } {
  const { editor } = frame;
  const insts: Inst[] = [];
  const received = values.flatMap((value) => {
    const type = editor.typeOf(value);
    const pieces = piecesOf(type);
    if (pieces === null) return [value];
    const address = editor.fresh('i64');
    insts.push(addressInst(frame.slot(typeInfo(type).bytes), address));
    const parts = pieces.map((piece, i) => {
      const part = editor.fresh(piece);
      insts.push(storeInst(part, piece, address, i * typeInfo(piece).bytes));
      return part;
    });
    insts.push(loadInst(value, type, address, 0));
    return parts;
  });
  return { insts, values: received };
}

/** Vectors passed and returned as integers. */
const AS_PIECES: Recast = {
  signature: (signature) => ({
    ...signature,
    params: spreadList(signature.params),
    returns: spreadList(signature.returns),
  }),
  call: (inst, signature, sig, frame) => {
    const passed = takeApart(argsOf(inst), frame);
    const received = putTogether(inst.results, frame);
    const call = withParts(inst, sig, passed.values, received.values);
    return call === null ? null : [...passed.insts, call, ...received.insts];
  },
  leave: (inst, own, frame) => {
    const passed = takeApart(inst.args, frame);
    return [...passed.insts, { ...inst, args: passed.values }];
  },
  enter: (fn, frame) => {
    const received = putTogether(fn.blocks[0]?.params.map((p) => p.value) ?? [], frame);
    const params = received.values.map((value) => ({ value, type: frame.editor.typeOf(value) }));
    return { params, insts: received.insts };
  },
};

const isVector = (param: AbiParam): boolean => typeInfo(param.type).isVector;
const hasVectors = ({ params, returns }: Signature): boolean => [...params, ...returns].some(isVector);

/** Applies `recast` to the group of each function that `isChosen`, once each. Null where nothing was chosen or one cannot follow. */
function recastEach(kase: Case, recast: Recast, isChosen: (signature: Signature) => boolean): Case | null {
  const done = new Set<string>();
  let current = kase;
  for (const fn of kase.module.functions) {
    const name = functionNameText(fn.name);
    if (done.has(name) || !isChosen(fn.signature)) continue;
    const group = callGroup(current.module, name, true);
    if (recast === OUT_POINTER && group.functions.has(functionNameText(kase.entry))) continue;
    const changed = recastGroup(current, group, recast);
    if (changed === null) return null;
    current = changed;
    for (const member of group.functions) done.add(member);
  }
  return done.size === 0 ? null : current;
}

/** Results of every function but the entry through a pointer. Null where there are none, or a try_call takes them. */
export function withOutPointers(kase: Case): Case | null {
  return recastEach(
    kase,
    OUT_POINTER,
    (signature) => signature.returns.length > 0 && signature.callConv !== 'preserve_all',
  );
}

/** Every vector of a signature as integers; inputs of the entry follow. Null where there is none, or a try_call passes it. */
export function withVectorPieces(kase: Case): Case | null {
  const changed = recastEach(kase, AS_PIECES, hasVectors);
  const name = functionNameText(kase.entry);
  const entry = kase.module.functions.find((fn) => functionNameText(fn.name) === name);
  if (changed === null || entry === undefined) return changed;
  const inputs = kase.inputs.map((input) =>
    input.flatMap((bits, i) => {
      const type = entry.signature.params[i]?.type;
      const pieces = type === undefined ? null : piecesOf(type);
      if (pieces === null) return [bits];
      const size = typeInfo(pieces[0] ?? 'i64').bits;
      return pieces.map((_, k) => (bits >> BigInt(k * size)) & bitMask(size));
    }),
  );
  return { ...changed, inputs };
}
