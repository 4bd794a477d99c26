import type { Function, Inst, Module, Value } from '../../src/clif/module.ts';
import { type Type, typeInfo } from '../../src/clif/type.ts';

/** Instructions in the place of one, and the types of all values of the function, new ones at the end. */
interface Place {
  readonly insts: Inst[];
  readonly valueTypes: (Type | undefined)[];
}

function fresh({ valueTypes }: Place, type: Type): Value {
  return valueTypes.push(type) - 1;
}

function plain(place: Place, op: string, type: Type, args: readonly Value[]): Value {
  const result = fresh(place, type);
  place.insts.push({ kind: 'plain', op, type, results: [result], args });
  return result;
}

function extractLane(place: Place, vector: Value, type: Type, lane: number): Value {
  const result = fresh(place, typeInfo(type).lane);
  place.insts.push({ kind: 'lane', op: 'extractlane', type, results: [result], args: [vector], lane });
  return result;
}

/** Makes the vector that `result` names of what `laneAt` gives. */
function assemble(place: Place, type: Type, result: Value, laneAt: (lane: number) => Value): void {
  const { lanes } = typeInfo(type);
  let vector = plain(place, 'scalar_to_vector', type, [laneAt(0)]);
  for (let lane = 1; lane < lanes; lane += 1) {
    const args = [vector, laneAt(lane)];
    vector = lane === lanes - 1 ? result : fresh(place, type);
    place.insts.push({ kind: 'lane', op: 'insertlane', type, results: [vector], args, lane });
  }
}

/** `bitcast` of an integer to a vector of integers: each lane shifted out and put in its place. False for anything else. */
function laneByLaneBitcast(place: Place, inst: Inst): boolean {
  const [arg] = inst.args;
  const [result] = inst.results;
  const from = arg === undefined ? undefined : place.valueTypes[arg];
  if (inst.op !== 'bitcast' || inst.type === null || arg === undefined) return false;
  if (result === undefined || from === undefined) return false;
  const { isVector, isFloat, lane: laneType, laneBits } = typeInfo(inst.type);
  if (!isVector || isFloat || typeInfo(from).isVector || typeInfo(from).isFloat) return false;
  assemble(place, inst.type, result, (lane) => {
    const amount = fresh(place, 'i32');
    const bits = BigInt(lane * laneBits);
    place.insts.push({ kind: 'const', op: 'iconst', type: 'i32', results: [amount], args: [], bits });
    return plain(place, 'ireduce', laneType, [plain(place, 'ushr', from, [arg, amount])]);
  });
  return true;
}

/** What the interpreter does to scalars and to vectors of 64 bits and more only (`value.rs`, `bitop` and `int`). */
const NOT_ON_SHORT_VECTORS: ReadonlySet<string> = new Set([
  'smin',
  'umin',
  'smax',
  'umax',
  'bitselect',
  'ineg',
]);

/** One of `NOT_ON_SHORT_VECTORS` on a vector below 64 bits, done to its lanes. False for anything else. */
function laneByLaneArithmetic(place: Place, { op, type, args, results }: Inst): boolean {
  const [result] = results;
  if (!NOT_ON_SHORT_VECTORS.has(op) || type === null || result === undefined) return false;
  const { isVector, bits, lane: laneType } = typeInfo(type);
  if (!isVector || bits >= 64) return false;
  assemble(place, type, result, (lane) => {
    const lanes = args.map((arg) => extractLane(place, arg, type, lane));
    return plain(place, op, laneType, lanes);
  });
  return true;
}

function rewritten(fn: Function, rewrites: readonly ((place: Place, inst: Inst) => boolean)[]): Function {
  const valueTypes = [...fn.valueTypes];
  const inPlace = (inst: Inst): readonly Inst[] => {
    const place: Place = { insts: [], valueTypes };
    return rewrites.some((rewrite) => rewrite(place, inst)) ? place.insts : [inst];
  };
  const blocks = fn.blocks.map((block) => ({ ...block, insts: block.insts.flatMap(inPlace) }));
  return { ...fn, blocks, valueTypes };
}

function hasScalarBitcast(fn: Function): boolean {
  return fn.blocks.some(({ insts }) =>
    insts.some((inst) => laneByLaneBitcast({ insts: [], valueTypes: [...fn.valueTypes] }, inst)),
  );
}

/**
 * The module with every `bitcast` of an integer to a vector of integers made lane by lane, and so what the interpreter cannot do
 * to the vectors that it then has; itself where it has no such bitcast.
 */
export function bitcastsLaneByLane(module: Module): Module {
  if (!module.functions.some(hasScalarBitcast)) return module;
  const rewrites = [laneByLaneBitcast, laneByLaneArithmetic];
  return { ...module, functions: module.functions.map((fn) => rewritten(fn, rewrites)) };
}
