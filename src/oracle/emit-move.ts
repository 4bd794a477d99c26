import { bitMask } from '../clif/type.ts';
import {
  aliasResult,
  argCell,
  argInfo,
  broken,
  resultCell,
  resultInfo,
  unsupported,
  type Emit,
} from './program.ts';

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

/** Little-endian on both sides: the bits stay where they are. */
const emitBitcast: Emit = (scope, inst) => {
  if (inst.kind === 'memory' && inst.flags.includes('big'))
    return unsupported(scope, inst, 'big-endian bitcast');
  if (argInfo(scope, inst, 0).bits !== resultInfo(scope, inst).bits)
    return broken(scope, inst, 'sizes differ');
  return aliasResult(scope, inst);
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
