const LONGEST_PROLOGUE = 96;
const SP = 2;
const RA = 1;
const FP = 8;

/** How many registers a function saves, by class; the pair of ra and fp does not count. */
export interface Saves {
  readonly x: number;
  readonly f: number;
}

type Step =
  { readonly kind: 'save'; readonly file: 'x' | 'f'; readonly register: number } | { readonly kind: 'other' };

const OTHER: Step = { kind: 'other' };

/** sd and fsd to an offset from sp (RISC-V Unprivileged ISA, "RV64I" and "D" load and store instructions). */
function fullStep(inst: number): Step {
  const opcode = inst & 0x7f;
  const isStore = (opcode === 0x23 || opcode === 0x27) && ((inst >>> 12) & 7) === 3;
  if (!isStore || ((inst >>> 15) & 31) !== SP) return OTHER;
  return { kind: 'save', file: opcode === 0x23 ? 'x' : 'f', register: (inst >>> 20) & 31 };
}

/** c.sdsp and c.fsdsp (same, "C", stack-pointer-based stores). */
function shortStep(inst: number): Step {
  if ((inst & 3) !== 2) return OTHER;
  const kind = (inst >>> 13) & 7;
  if (kind !== 7 && kind !== 5) return OTHER;
  return { kind: 'save', file: kind === 7 ? 'x' : 'f', register: (inst >>> 2) & 31 };
}

/**
 * Counts the registers a prologue saves: the first unbroken run of stores to sp after that of ra and fp, as Cranelift lays
 * prologues out (`isa/riscv64/abi.rs`, `gen_clobber_save`). Spills come later, after other instructions.
 */
export function savesOf(code: Uint8Array): Saves {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const saved = { x: new Set<number>(), f: new Set<number>() };
  let at = 0;
  for (let count = 0; count < LONGEST_PROLOGUE && at + 2 <= view.byteLength; count += 1) {
    const low = view.getUint16(at, true);
    const isFull = (low & 3) === 3 && at + 4 <= view.byteLength;
    const step = isFull ? fullStep(view.getUint32(at, true)) : shortStep(low);
    at += isFull ? 4 : 2;
    if (step.kind === 'save') {
      if (step.file === 'f' || (step.register !== RA && step.register !== FP))
        saved[step.file].add(step.register);
    } else if (saved.x.size + saved.f.size > 0) break;
  }
  return { x: saved.x.size, f: saved.f.size };
}
