import { isReturnCall, type Inst } from '../clif/module.ts';

// Plain opcodes that do more than compute their results (cranelift-codegen-meta `shared/instructions.rs`: `other_side_effects`,
// `can_trap`, `returns`).
const EFFECTFUL: ReadonlySet<string> = new Set([
  'return',
  'debugtrap',
  'fence',
  'udiv',
  'sdiv',
  'urem',
  'srem',
  'fcvt_to_uint',
  'fcvt_to_sint',
  'set_pinned_reg',
  'stack_switch',
  'sequence_point',
  'nop',
]);

const TERMINATORS: ReadonlySet<string> = new Set(['return', 'trap']);

/** True where the instruction may go as soon as nothing reads its results. */
export function isPure(inst: Inst): boolean {
  switch (inst.kind) {
    case 'plain':
      return !EFFECTFUL.has(inst.op);
    case 'const':
    case 'lane':
    case 'shuffle':
    case 'compare':
    case 'global':
    case 'func_addr':
    case 'handler_address':
      return true;
    case 'stack':
      return inst.results.length > 0;
    case 'memory':
      return inst.op === 'bitcast';
    default:
      return false;
  }
}

/** True for the last instruction of a block. */
export function isTerminator(inst: Inst): boolean {
  switch (inst.kind) {
    case 'jump':
    case 'brif':
    case 'br_table':
    case 'try_call':
    case 'try_call_indirect':
      return true;
    case 'call':
    case 'call_indirect':
      return isReturnCall(inst);
    default:
      return TERMINATORS.has(inst.op);
  }
}
