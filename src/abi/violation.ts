/**
 * A rule of the ABI broken at a call. `name`: a register (`s3`, `fs0`, `fs0 of preserve_all`, `ra`, `frm`), `sp`, or a place of memory
 * (`sp+0x40`, from sp at entry; `return area-0x8`). `register` also stands for a declared sret that did not come back in a0, and
 * for a result whose high bits are not extended or NaN-boxed as they must be (`high bits of sext result in the return area`).
 * `alignment` and `tail-sp` are of sp at a call and at a tail call; `frame` is memory of the caller's frame;
 * `return-address` is where a function that throws says that it returns to; `guard` is memory below an area that
 * faults: written (at `found`) though that area (at `expected`) was not, or with `late-guard` before it was;
 * `unwinding` is what unwinding information says of the caller at a call: its `CFA`, a register (`s3`) that is not where that says, or one
 * that it does not say to be saved and that has not kept its value (`s3 left out`), or `s0` that is not its caller's (`s0 of the frame itself`).
 */
export interface Violation {
  readonly kind:
    | 'register'
    | 'sp'
    | 'canary'
    | 'alignment'
    | 'tail-sp'
    | 'frame'
    | 'return-address'
    | 'guard'
    | 'late-guard'
    | 'unwinding';
  readonly name: string;
  readonly expected: bigint;
  readonly found: bigint;
  /** `u0:3, returns to %main+0x4c`: a call inside the module; null at the outermost call. */
  readonly call: string | null;
}
