import { bitMask } from '../clif/type.ts';
import { INTEGER_UNARY } from './integer.ts';
import { mapLanes } from './lanes.ts';
import { aliasResult, argCell, argInfo, broken, resultCell, resultInfo, type Emit } from './program.ts';

/** Written once while preparing: an SSA constant has its own cell. */
const emitConst: Emit = (scope, inst) => {
  if (inst.kind !== 'const') return broken(scope, inst, 'no constant');
  resultCell(scope, inst).v = inst.bits & bitMask(resultInfo(scope, inst).bits);
  return null;
};

const emitSelect: Emit = (scope, inst) => {
  const c = argCell(scope, inst, 0);
  const x = argCell(scope, inst, 1);
  const y = argCell(scope, inst, 2);
  const d = resultCell(scope, inst);
  return () => {
    d.v = c.v === 0n ? y.v : x.v;
  };
};

const emitBitselect: Emit = (scope, inst) => {
  const c = argCell(scope, inst, 0);
  const x = argCell(scope, inst, 1);
  const y = argCell(scope, inst, 2);
  const d = resultCell(scope, inst);
  return () => {
    d.v = y.v ^ ((x.v ^ y.v) & c.v);
  };
};

/**
 * As if stored and loaded again (cranelift-codegen-meta instructions.rs, bitcast). Little-endian on both sides the bits stay where
 * they are; big-endian the bytes of each lane stand in reverse, which shows where lanes change their size.
 */
const emitBitcast: Emit = (scope, inst) => {
  const from = argInfo(scope, inst, 0);
  const to = resultInfo(scope, inst);
  if (from.bits !== to.bits) return broken(scope, inst, 'sizes differ');
  const isBig = inst.kind === 'memory' && inst.flags.includes('big');
  if (!isBig || from.laneBits === to.laneBits) return aliasResult(scope, inst);
  const swapFrom = INTEGER_UNARY.get('bswap')?.(from.laneBits);
  const swapTo = INTEGER_UNARY.get('bswap')?.(to.laneBits);
  if (swapFrom === undefined || swapTo === undefined) return broken(scope, inst, 'no bswap');
  const x = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    const stored = mapLanes(x.v, from.laneBits, from.laneBits, from.lanes, swapFrom);
    d.v = mapLanes(stored, to.laneBits, to.laneBits, to.lanes, swapTo);
  };
};

const emitNothing: Emit = () => null;

export const MOVE_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ...['iconst', 'f16const', 'f32const', 'f64const', 'f128const', 'vconst'].map((op): [string, Emit] => [
    op,
    emitConst,
  ]),
  ['select', emitSelect],
  ['select_spectre_guard', emitSelect],
  ['bitselect', emitBitselect],
  ['bitcast', emitBitcast],
  ['copy', aliasResult],
  ['scalar_to_vector', aliasResult],
  ...['nop', 'fence', 'sequence_point'].map((op): [string, Emit] => [op, emitNothing]),
]);
