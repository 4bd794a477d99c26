import type { CompiledFunction } from '../backend/compile-result.ts';
import type { CallInst } from './explain-calls.ts';

/** The jump of a call in a function's code; offsets in bytes. */
export interface CallJump {
  readonly start: number;
  /** Where the callee comes back to; for a tail call the end of the jump. */
  readonly end: number;
  /** Among the function's linking jumps by offset, or its tail jumps. */
  readonly order: number;
}

const RA = 1;

interface Jump {
  readonly start: number;
  readonly end: number;
  readonly isLinking: boolean;
}

/** The jump at `at`, if it is one that enters another function: jal or jalr that links to ra, or jalr that links nowhere. */
function jumpAt(view: DataView, at: number): Jump | null {
  const half = at + 2 <= view.byteLength ? view.getUint16(at, true) : 0;
  if ((half & 3) !== 3) {
    // c.jalr and c.jr (RISC-V ISA manual, "C" Extension, "Control Transfer Instructions").
    const isRegister = (half & 0x7f) === 2 && ((half >> 7) & 31) !== 0;
    const kind = half >> 12;
    if (!isRegister || (kind !== 8 && kind !== 9)) return null;
    return { start: at, end: at + 2, isLinking: kind === 9 };
  }
  if (at + 4 > view.byteLength) return null;
  const word = view.getUint32(at, true);
  const opcode = word & 0x7f;
  const rd = (word >>> 7) & 31;
  const rs1 = (word >>> 15) & 31;
  if (opcode === 0x6f && rd === RA) return { start: at, end: at + 4, isLinking: true };
  if (opcode !== 0x67) return null;
  if (rd === RA) return { start: at, end: at + 4, isLinking: true };
  // Not a return.
  return rd === 0 && rs1 !== RA ? { start: at, end: at + 4, isLinking: false } : null;
}

function viewOf(code: Uint8Array): DataView {
  return new DataView(code.buffer, code.byteOffset, code.byteLength);
}

/** Instructions a call takes from where older versions put its site, the address included. */
const STEPS = 8;

/** The jump that a call site of the driver stands for: up to 0.119 it is told by its start and not by its return address. */
function jumpOfSite(view: DataView, offset: number): Jump | null {
  for (const back of [4, 2]) {
    const jump = offset >= back ? jumpAt(view, offset - back) : null;
    if (jump !== null && jump.end === offset) return jump.isLinking ? jump : null;
  }
  let at = offset;
  for (let step = 0; step < STEPS && at + 2 <= view.byteLength; step += 1) {
    const jump = jumpAt(view, at);
    if (jump?.isLinking === true) return jump;
    at += (view.getUint16(at, true) & 3) === 3 ? 4 : 2;
  }
  return null;
}

/** Every linking jump of a function, by offset; from its call sites, so that constants in the code are not read as jumps. */
export function linkingJumps(compiled: CompiledFunction): readonly CallJump[] {
  const view = viewOf(compiled.code);
  const jumps = new Map<number, Jump>();
  for (const { offset } of compiled.callSites) {
    const jump = jumpOfSite(view, offset);
    if (jump !== null) jumps.set(jump.start, jump);
  }
  const sorted = [...jumps.values()].sort((a, b) => a.start - b.start);
  return sorted.map(({ start, end }, order) => ({ start, end, order }));
}

/** The code of the n-th instruction as one stretch, or null where it has none. */
export function stretchOf(
  instructions: readonly { readonly index: number; readonly start: number; readonly end: number }[],
  index: number,
): { readonly start: number; readonly end: number } | null {
  const own = instructions.filter((inst) => inst.index === index);
  if (own.length === 0) return null;
  return { start: Math.min(...own.map((i) => i.start)), end: Math.max(...own.map((i) => i.end)) };
}

/** Where a call jumps, or null where Cranelift made no code of it or its labels changed the code. */
export function jumpOf(compiled: CompiledFunction, call: CallInst): CallJump | null {
  const { values } = compiled;
  if (values?.isSameCode !== true) return null;
  const own = values.instructions.filter((inst) => inst.index === call.index);
  const isInside = (at: number): boolean => own.some(({ start, end }) => start <= at && at < end);
  if (!call.isTail) return linkingJumps(compiled).findLast((jump) => isInside(jump.start)) ?? null;
  const view = viewOf(compiled.code);
  const stretch = stretchOf(values.instructions, call.index);
  if (stretch === null) return null;
  let found: CallJump | null = null;
  for (let at = stretch.start; at + 2 <= stretch.end; at += (view.getUint16(at, true) & 3) === 3 ? 4 : 2) {
    const jump = jumpAt(view, at);
    if (jump !== null && !jump.isLinking) found = { start: jump.start, end: jump.end, order: 0 };
  }
  return found;
}
