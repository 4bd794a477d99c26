import { SP } from '../abi/registers.ts';
import type { CompiledFunction, ValueRange } from '../backend/compile-result.ts';
import type { Function } from '../clif/module.ts';
import type { CallInst } from './explain-calls.ts';
import { survives } from './explain-live.ts';
import { jumpOf, stretchOf, type CallJump } from './explain-sites.ts';

/** Fields of a load or store: what of an instruction names its base register. */
const LOADS_AND_STORES: ReadonlySet<number> = new Set([0x03, 0x07, 0x23, 0x27]);
/** `t5` and `t6`, in which addresses far from sp are made. */
const SCRATCH: ReadonlySet<number> = new Set([30, 31]);

/** Whether an instruction only moves a value between registers and the frame, as the register allocator puts them in. */
function isMove(view: DataView, at: number): boolean {
  const half = view.getUint16(at, true);
  if ((half & 3) !== 3) {
    // c.mv, and loads and stores at sp (RISC-V ISA manual, "C" Extension).
    const kind = half >> 12;
    if ((half & 3) !== 2) return false;
    return kind === 8 ? ((half >> 2) & 31) !== 0 : [1, 2, 3, 5, 6, 7].includes(half >> 13);
  }
  const word = view.getUint32(at, true);
  const opcode = word & 0x7f;
  const rd = (word >>> 7) & 31;
  const rs1 = (word >>> 15) & 31;
  const rs2 = (word >>> 20) & 31;
  if (LOADS_AND_STORES.has(opcode)) return rs1 === SP || SCRATCH.has(rs1);
  switch (opcode) {
    case 0x13:
      return word >>> 20 === 0 || rd === SP || SCRATCH.has(rd);
    case 0x53:
      // fsgnj of a register with itself.
      return word >>> 27 === 0x04 && ((word >>> 12) & 7) === 0 && rs1 === rs2;
    case 0x57:
      // The vector unit's own settings, and moves of whole registers.
      return ((word >>> 12) & 7) === 7 || word >>> 26 === 0x27;
    case 0x17:
    case 0x37:
    case 0x33:
    case 0x1b:
      return SCRATCH.has(rd);
    default:
      return false;
  }
}

/** Whether nothing but moves stands between the end of a call's own code and `end`. */
function endsWithCall(compiled: CompiledFunction, call: CallInst, jump: CallJump, end: number): boolean {
  const view = new DataView(compiled.code.buffer, compiled.code.byteOffset, compiled.code.byteLength);
  const stretch = stretchOf(compiled.values?.instructions ?? [], call.index);
  for (let at = Math.max(jump.end, stretch?.end ?? 0); at + 4 <= end;) {
    if (!isMove(view, at)) return false;
    at += (view.getUint16(at, true) & 3) === 3 ? 4 : 2;
  }
  return true;
}

/** Where the code of cold blocks begins, which is behind all other; null without any. */
function coldStart(fn: Function, compiled: CompiledFunction): number | null {
  const cold = new Set<number>();
  let index = 0;
  for (const block of fn.blocks) {
    for (let i = 0; i < block.insts.length; i += 1) if (block.cold) cold.add(index + i);
    index += block.insts.length;
  }
  const starts = (compiled.values?.instructions ?? []).flatMap((i) => (cold.has(i.index) ? [i.start] : []));
  return starts.length === 0 ? null : Math.min(...starts);
}

/**
 * The function with ranges of arguments cut where their call jumps. Cranelift ends a range where the next instruction begins
 * (`machinst/vcode.rs`, `compute_value_labels_ranges`), which is past the moves that the register allocator put after the call.
 * It also takes the code for one stretch in the order of lowering, so that a range which meets cold code there is told as going
 * on through whatever was put in between: such a range is cut where cold code begins.
 */
export function trimRanges(
  fn: Function,
  compiled: CompiledFunction,
  calls: readonly CallInst[],
): CompiledFunction {
  const { values } = compiled;
  if (values?.isSameCode !== true) return compiled;
  const jumps = calls.flatMap((call) => {
    const jump = jumpOf(compiled, call);
    return jump === null ? [] : [{ call, jump }];
  });
  const cold = coldStart(fn, compiled);
  const ranges = values.ranges.map((told): ValueRange => {
    const range = cold !== null && told.start < cold && told.end > cold ? { ...told, end: cold } : told;
    const cut = jumps.find(
      ({ call, jump }) =>
        range.start <= jump.start &&
        range.end > jump.end &&
        !survives(call, range.place) &&
        endsWithCall(compiled, call, jump, range.end),
    );
    return cut === undefined ? range : { ...range, end: cut.jump.end };
  });
  return { ...compiled, values: { ...values, ranges } };
}
