/** The routine that prologues call to probe a frame (cranelift-codegen `ir/libcall.rs`, `LibCall::Probestack`), as CLIF prints its name. */
export const PROBE_ROUTINE = '%Probestack';

/**
 * What an embedder would provide under `probestack_strategy=outline`. Cranelift says of it only what `gen_probestack` of
 * `isa/riscv64/abi.rs` does: it is called before anything but ra and fp is saved, with the bytes to come in a0, and `CallInfo::empty`
 * declares no register clobbered, arguments being still in theirs. So this one writes a zero to each page of 4096 bytes
 * down to sp - a0 and leaves every register as it was, a0 included; only ra is the call's own.
 */
const WORDS: readonly number[] = [
  0xff010113, // addi sp, sp, -16
  0x00513423, // sd t0, 8(sp)
  0x00613023, // sd t1, 0(sp)
  0x01010293, // addi t0, sp, 16
  0x40a28333, // sub t1, t0, a0
  0x80028293, // 1: addi t0, t0, -2048
  0x80028293, // addi t0, t0, -2048
  0x0062e663, // bltu t0, t1, 2f
  0x0002b023, // sd zero, 0(t0)
  0xff1ff06f, // j 1b
  0x00813283, // 2: ld t0, 8(sp)
  0x00013303, // ld t1, 0(sp)
  0x01010113, // addi sp, sp, 16
  0x00008067, // ret
];

export const PROBE_ROUTINE_BYTES = 4 * WORDS.length;

export function writeProbeRoutine(view: DataView, offset: number): void {
  WORDS.forEach((word, i) => view.setUint32(offset + 4 * i, word, true));
}
