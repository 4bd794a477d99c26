import type { Artifact } from '../src/backend/artifact.ts';
import type { FunctionName } from '../src/clif/module.ts';
import { CODE_BASE } from '../src/emulator/protocol.ts';

/* Just enough of an assembler to write code for the guest's tests (RISC-V ISA manual, volume 1, "Instruction Set Listings"). */

export const ENTRY: FunctionName = { kind: 'user', namespace: 0, index: 1 };

export const X = {
  zero: 0,
  ra: 1,
  sp: 2,
  gp: 3,
  tp: 4,
  t0: 5,
  t1: 6,
  t2: 7,
  a0: 10,
  a1: 11,
  a2: 12,
  a7: 17,
  t6: 31,
} as const;

const iType = (opcode: number, funct3: number, rd: number, rs1: number, imm: number): number =>
  ((imm << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;
const sType = (opcode: number, funct3: number, rs1: number, rs2: number, imm: number): number =>
  (((imm >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | ((imm & 31) << 7) | opcode) >>> 0;
const rType = (
  opcode: number,
  funct3: number,
  funct7: number,
  rd: number,
  rs1: number,
  rs2: number,
): number => ((funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode) >>> 0;

export const addi = (rd: number, rs1: number, imm: number): number => iType(0x13, 0, rd, rs1, imm);
export const xori = (rd: number, rs1: number, imm: number): number => iType(0x13, 4, rd, rs1, imm);
export const lui = (rd: number, imm20: number): number => ((imm20 << 12) | (rd << 7) | 0x37) >>> 0;
export const add = (rd: number, rs1: number, rs2: number): number => rType(0x33, 0, 0, rd, rs1, rs2);
export const sub = (rd: number, rs1: number, rs2: number): number => rType(0x33, 0, 0x20, rd, rs1, rs2);
const bType = (funct3: number, rs1: number, imm: number): number =>
  ((((imm >> 12) & 1) << 31) |
    (((imm >> 5) & 0x3f) << 25) |
    (rs1 << 15) |
    (funct3 << 12) |
    (((imm >> 1) & 0xf) << 8) |
    (((imm >> 11) & 1) << 7) |
    0x63) >>>
  0;
/** Distances in bytes, from this instruction. */
export const beqz = (rs1: number, bytes: number): number => bType(0, rs1, bytes);
export const bnez = (rs1: number, bytes: number): number => bType(1, rs1, bytes);
export const ld = (rd: number, rs1: number, imm: number): number => iType(0x03, 3, rd, rs1, imm);
export const sd = (rs2: number, rs1: number, imm: number): number => sType(0x23, 3, rs1, rs2, imm);
export const jalr = (rd: number, rs1: number, imm: number): number => iType(0x67, 0, rd, rs1, imm);
export const move = (rd: number, rs1: number): number => addi(rd, rs1, 0);
export const ret = jalr(X.zero, X.ra, 0);
/** Jumps to itself less `bytes`. */
export const jumpBack = (bytes: number): number => {
  const imm = -bytes;
  const bits =
    (((imm >> 20) & 1) << 31) |
    (((imm >> 1) & 0x3ff) << 21) |
    (((imm >> 11) & 1) << 20) |
    (((imm >> 12) & 0xff) << 12);
  return (bits | 0x6f) >>> 0;
};
export const fmvXD = (rd: number, fs1: number): number => rType(0x53, 0, 0x71, rd, fs1, 0);
export const fmvDX = (fd: number, rs1: number): number => rType(0x53, 0, 0x79, fd, rs1, 0);
export const fsgnj = (fd: number, fs1: number): number => rType(0x53, 0, 0x11, fd, fs1, fs1);
export const csrr = (rd: number, csr: number): number => iType(0x73, 2, rd, 0, csr);
export const csrwi = (csr: number, imm: number): number => iType(0x73, 5, 0, imm, csr);
export const ebreak = 0x00100073;
export const unimp = 0x00000000;
/** vsetivli zero, 16, e8, m1, ta, ma */
export const vsetE8x16 = 0xcc087057;
export const vse8 = (vs3: number, rs1: number): number => ((1 << 25) | (rs1 << 15) | (vs3 << 7) | 0x27) >>> 0;

/** Fills the elements of vd with a small constant, as far as vl goes. */
export const vmvVI = (vd: number, imm: number): number =>
  ((0x17 << 26) | (1 << 25) | (imm << 15) | (3 << 12) | (vd << 7) | 0x57) >>> 0;

/** rd := value, for 0 <= value < 2^31 whose bit 11 is clear. */
export const loadAddress = (rd: number, value: number): readonly number[] => [
  lui(rd, value >>> 12),
  addi(rd, rd, value & 0x7ff),
];

export function imageOf(words: readonly number[]): Uint8Array {
  const image = new Uint8Array(words.length * 4);
  const view = new DataView(image.buffer);
  words.forEach((word, index) => view.setUint32(index * 4, word, true));
  return image;
}

/** A module of one function, `ENTRY`. Traps by instruction number. */
export function artifactOf(words: readonly number[], traps: Readonly<Record<number, string>> = {}): Artifact {
  const image = imageOf(words);
  return {
    base: CODE_BASE,
    image,
    functions: [{ name: ENTRY, offset: 0, sizeBytes: image.length }],
    stubs: [],
    traps: Object.entries(traps).map(([index, code]) => ({ offset: Number(index) * 4, code })),
  };
}
