const LONGEST_PROLOGUE = 160;
const SP = 2;
const RA = 1;
const FP = 8;
/** The spill temporary, in which Cranelift makes addresses that an offset from sp does not reach. */
const T6 = 31;

/** How many registers a function saves, by class; the pair of ra and fp does not count. */
export interface Saves {
  readonly x: number;
  readonly f: number;
}

type Step =
  | { readonly kind: 'save'; readonly file: 'x' | 'f'; readonly register: number }
  /** Makes the address of a save to come. */
  | { readonly kind: 'address' }
  /** Moves sp. */
  | { readonly kind: 'move' }
  | { readonly kind: 'other' };

const ADDRESS: Step = { kind: 'address' };
const MOVE: Step = { kind: 'move' };
const OTHER: Step = { kind: 'other' };

/** s1 and s2 to s11, fs0, fs1 and fs2 to fs11 (RISC-V psABI, "Integer Register Convention" and "Floating-point Register Convention"). */
function isCalleeSaved(file: 'x' | 'f', register: number): boolean {
  return register === 9 || (register >= 18 && register <= 27) || (file === 'f' && register === 8);
}

function writes(register: number): Step {
  return register === SP ? MOVE : register === T6 ? ADDRESS : OTHER;
}

/** lui, addi and add (RISC-V Unprivileged ISA, "RV64I"). */
const MAKES_ADDRESSES = new Set([0x37, 0x13, 0x33]);

/** sd and fsd to an offset from sp or to t6 (RISC-V Unprivileged ISA, "RV64I" and "D" load and store instructions). */
function fullStep(inst: number): Step {
  const opcode = inst & 0x7f;
  if (MAKES_ADDRESSES.has(opcode)) return writes((inst >>> 7) & 31);
  const isStore = (opcode === 0x23 || opcode === 0x27) && ((inst >>> 12) & 7) === 3;
  const base = (inst >>> 15) & 31;
  if (!isStore || (base !== SP && base !== T6)) return OTHER;
  return { kind: 'save', file: opcode === 0x23 ? 'x' : 'f', register: (inst >>> 20) & 31 };
}

/** c.sdsp and c.fsdsp, c.li, c.lui, c.addi and c.add (same, "C"). */
function shortStep(inst: number): Step {
  const quadrant = inst & 3;
  const kind = (inst >>> 13) & 7;
  if (quadrant === 2 && (kind === 7 || kind === 5))
    return { kind: 'save', file: kind === 7 ? 'x' : 'f', register: (inst >>> 2) & 31 };
  const isAddress =
    (quadrant === 1 && (kind === 0 || kind === 2 || kind === 3)) || (quadrant === 2 && kind === 4);
  return isAddress ? writes((inst >>> 7) & 31) : OTHER;
}

/**
 * Counts the registers a prologue saves: the first unbroken run of stores to sp after that of ra and fp, as Cranelift lays
 * prologues out (`isa/riscv64/abi.rs`, `gen_clobber_save`), with what makes the addresses of those too far from sp
 * (`inst/emit.rs`, `Inst::LoadAddr`). What comes after, or after a move of sp without one, are spills and arguments. With
 * `savesAny`, as preserve_all does, any register may be among them.
 */
export function savesOf(code: Uint8Array, savesAny: boolean): Saves {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const saved = { x: new Set<number>(), f: new Set<number>() };
  let hasMoved = false;
  let at = 0;
  for (let count = 0; count < LONGEST_PROLOGUE && at + 2 <= view.byteLength; count += 1) {
    const low = view.getUint16(at, true);
    const isFull = (low & 3) === 3 && at + 4 <= view.byteLength;
    const step = isFull ? fullStep(view.getUint32(at, true)) : shortStep(low);
    at += isFull ? 4 : 2;
    if (step.kind === 'save') {
      const { file, register } = step;
      hasMoved = false;
      if (file === 'x' && (register === RA || register === FP)) continue;
      if (!savesAny && !isCalleeSaved(file, register)) break;
      saved[file].add(register);
    } else if (step.kind === 'move') hasMoved = true;
    else if (step.kind === 'other' && (hasMoved || saved.x.size + saved.f.size > 0)) break;
  }
  return { x: saved.x.size, f: saved.f.size };
}
