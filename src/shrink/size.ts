import type { Case, Configuration } from '../clif/case.ts';
import type { Function, Inst } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';
import { typeInfo } from '../clif/type.ts';

const SCALAR_COST: Readonly<Record<string, number>> = {
  i8: 4,
  i16: 5,
  i32: 6,
  i64: 7,
  f32: 8,
  f64: 9,
  f16: 10,
  i128: 12,
  f128: 16,
};

// Conversions and constants are cheap, so that a plainer signature may be paid for with one at each call.
const OP_COST: Readonly<Record<string, number>> = {
  uextend: 4,
  sextend: 4,
  ireduce: 4,
  bitcast: 4,
  iconcat: 4,
  splat: 4,
  scalar_to_vector: 4,
  extractlane: 4,
  return: 5,
  jump: 8,
  func_addr: 8,
  load: 12,
  store: 12,
  call: 30,
  brif: 30,
  br_table: 40,
  call_indirect: 45,
  return_call: 50,
  return_call_indirect: 65,
  try_call: 70,
  try_call_indirect: 85,
};

const CONVENTION_COST: Readonly<Record<string, number>> = { system_v: 0, fast: 1, tail: 3 };
const SETTING_VALUE_COST: Readonly<Record<string, number>> = { none: 0, false: 0, speed: 1 };

function bitLength(bits: bigint): number {
  return bits === 0n ? 0 : bits.toString(2).length;
}

function log2(count: number): number {
  return Math.ceil(Math.log2(Math.max(count, 1)));
}

/** Cost of one bit pattern: 0 and 1 are the plainest, then by length. */
export function bitsCost(bits: bigint): number {
  return bits <= 1n ? Number(bits) : 2 + Math.ceil(bitLength(bits) / 8);
}

/** Cost of a type: narrower below wider, integers below floats below vectors. */
export function typeCost(type: Type): number {
  const info = typeInfo(type);
  const lane = SCALAR_COST[info.lane] ?? 20;
  return info.isVector ? 14 + log2(info.bits) + lane / 4 : lane;
}

function signatureCost(signature: Signature): number {
  let cost = CONVENTION_COST[signature.callConv] ?? 4;
  for (const p of [...signature.params, ...signature.returns]) {
    cost += 1 + typeCost(p.type);
    if (p.extension !== 'none') cost += 2;
    if (p.purpose.kind !== 'normal') cost += 2;
  }
  return cost;
}

function instCost(inst: Inst): number {
  if (inst.kind === 'const') return 3 + bitsCost(inst.bits) / 4;
  const base = OP_COST[inst.op] ?? 10;
  if (inst.op === 'return') return base;
  let cost = base + inst.args.length / 2;
  if (inst.kind === 'memory') cost += bitsCost(BigInt(Math.abs(inst.offset))) / 4 + inst.flags.length / 8;
  if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') cost += 2 * inst.table.handlers.length;
  if (inst.kind === 'stack') cost += bitsCost(BigInt(Math.abs(inst.offset))) / 4;
  return cost;
}

const FUNCTION_COSTS = new WeakMap<Function, number>();

function functionCost(fn: Function): number {
  const known = FUNCTION_COSTS.get(fn);
  if (known !== undefined) return known;
  let cost = 100 + signatureCost(fn.signature) + (fn.stackLimit === null ? 0 : 5);
  for (const slot of fn.stackSlots.values()) cost += 8 + log2(slot.sizeBytes) + log2(slot.alignBytes);
  for (const sig of fn.sigRefs.values()) cost += 2 + signatureCost(sig);
  for (const ref of fn.funcRefs.values()) cost += 3 + (ref.colocated ? 0 : 1) + (ref.patchable ? 1 : 0);
  cost += 3 * (fn.globalValues.size + fn.constants.size);
  fn.blocks.forEach((block, index) => {
    cost += 8 + (block.cold ? 1 : 0);
    if (index > 0) for (const p of block.params) cost += 1 + typeCost(p.type);
    for (const inst of block.insts) cost += instCost(inst);
  });
  FUNCTION_COSTS.set(fn, cost);
  return cost;
}

function configurationCost(configuration: Configuration): number {
  let cost = 30 + 4 * configuration.isa.length;
  if (configuration.chaos !== undefined) cost += 6;
  for (const value of Object.values(configuration.shared)) cost += 4 + (SETTING_VALUE_COST[value] ?? 2);
  return cost;
}

/**
 * How big a case is, without unit: functions, instructions by kind, signatures by type, preamble, configurations and inputs
 * weigh in. Every step of the shrinker lowers it, which is why shrinking ends.
 */
export function caseSize(kase: Case): number {
  let size = 0;
  for (const fn of kase.module.functions) size += functionCost(fn);
  for (const configuration of kase.configurations) size += configurationCost(configuration);
  for (const input of kase.inputs) {
    size += 20;
    for (const bits of input) size += bitsCost(bits) / 8;
  }
  return size;
}
