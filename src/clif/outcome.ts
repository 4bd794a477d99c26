/**
 * What running a module's entry on one input gave. Results are bit patterns, one per declared result, never negative.
 * Oracle and emulator both make this; the last three kinds only the emulator can make.
 */
export type Outcome =
  | { readonly kind: 'returned'; readonly results: readonly bigint[] }
  /** A CLIF trap with its code as printed in CLIF: `user1`, `int_divz`, `stk_ovf`. */
  | { readonly kind: 'trapped'; readonly code: string }
  /** The oracle's fuel or call depth ran out: the case proves nothing. */
  | { readonly kind: 'exhausted'; readonly reason: string }
  /** A signal that is no known trap. `place` is `function+0xoffset` where the pc lies in the image. */
  | {
      readonly kind: 'faulted';
      readonly signal: string;
      readonly pc: bigint;
      readonly address: bigint;
      readonly place: string;
    }
  | { readonly kind: 'hung'; readonly place: string }
  /** The emulator process itself ended. */
  | { readonly kind: 'died'; readonly detail: string };
