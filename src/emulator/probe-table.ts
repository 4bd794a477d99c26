/**
 * For each riscv64 flag of Cranelift (cranelift-codegen-meta `src/isa/riscv64.rs`) an instruction only that extension has, as
 * bytes in hexadecimal, and before it what it needs to be legal. Registers used are caller-saved; memory is at sp.
 */
export interface ExtensionProbe {
  readonly flag: string;
  readonly assembly: string;
  /** 32-bit or 16-bit encodings, most significant digit first, in order. */
  readonly code: readonly string[];
}

export const EXTENSION_PROBES: readonly ExtensionProbe[] = [
  { flag: 'has_m', assembly: 'mul a0, a1, a2', code: ['02c58533'] },
  {
    flag: 'has_a',
    assembly: 'addi sp, sp, -16; amoor.w a0, zero, (sp); addi sp, sp, 16',
    code: ['ff010113', '4001252f', '01010113'],
  },
  { flag: 'has_f', assembly: 'fadd.s fa0, fa1, fa2', code: ['00c58553'] },
  { flag: 'has_d', assembly: 'fadd.d fa0, fa1, fa2', code: ['02c58553'] },
  { flag: 'has_zicsr', assembly: 'csrr a0, fcsr', code: ['00302573'] },
  { flag: 'has_zifencei', assembly: 'fence.i', code: ['0000100f'] },
  { flag: 'has_zba', assembly: 'sh1add a0, a1, a2', code: ['20c5a533'] },
  { flag: 'has_zbb', assembly: 'cpop a0, a1', code: ['60259513'] },
  { flag: 'has_zbc', assembly: 'clmulr a0, a1, a2', code: ['0ac5a533'] },
  { flag: 'has_zbs', assembly: 'bset a0, a1, a2', code: ['28c59533'] },
  { flag: 'has_zbkb', assembly: 'brev8 a0, a1', code: ['6875d513'] },
  { flag: 'has_zicond', assembly: 'czero.eqz a0, a1, a2', code: ['0ec5d533'] },
  { flag: 'has_zca', assembly: 'c.li a0, 1', code: ['4505'] },
  { flag: 'has_zcd', assembly: 'c.fldsp fa0, 0(sp)', code: ['2502'] },
  { flag: 'has_zcb', assembly: 'c.not a0', code: ['9d75'] },
  { flag: 'has_zfa', assembly: 'fli.d fa0, 1.0', code: ['f2180553'] },
  { flag: 'has_zfhmin', assembly: 'fcvt.s.h fa0, fa1', code: ['40258553'] },
  { flag: 'has_zfh', assembly: 'fadd.h fa0, fa1, fa2', code: ['04c58553'] },
  {
    flag: 'has_v',
    assembly: 'vsetivli a0, 1, e64, m1, ta, ma; vadd.vv v8, v9, v10',
    code: ['cd80f557', '02950457'],
  },
  {
    flag: 'has_zvfh',
    assembly: 'vsetivli a0, 1, e16, m1, ta, ma; vfadd.vv v8, v9, v10',
    code: ['cc80f557', '02951457'],
  },
  {
    flag: 'has_zvbb',
    assembly: 'vsetivli a0, 1, e8, m1, ta, ma; vbrev.v v8, v9',
    code: ['cc00f557', '4a952457'],
  },
];

/** A known fault of some QEMUs: code that needs `flag` and leaves something other than `right` in a0 where the fault is. */
export interface DefectProbe {
  readonly id: EmulatorDefect;
  readonly flag: string;
  readonly assembly: string;
  readonly code: readonly string[];
  readonly right: bigint;
}

export type EmulatorDefect = 'ctzw-counts-64-bits';

export const DEFECT_PROBES: readonly DefectProbe[] = [
  {
    // Before QEMU 8.0: the upper half of the register counts too (target/riscv, `gen_ctzw`).
    id: 'ctzw-counts-64-bits',
    flag: 'has_zbb',
    assembly: 'addi a0, zero, 1; slli a0, a0, 33; ctzw a0, a0',
    code: ['00100513', '02151513', '6015151b'],
    right: 32n,
  },
];

/** Gives VLEN / 8 in a0: `vsetvli a0, zero, e8, m1, ta, ma`. */
export const VLEN_PROBE: readonly string[] = ['0c007557'];

/** `has_zvlNb`, N in bits. */
export const ZVL_BITS: readonly number[] = [
  32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536,
];
