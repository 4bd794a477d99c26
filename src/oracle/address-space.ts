/**
 * Where a run finds its stack and its functions. A module has no business to let addresses show in its results; one that
 * does gives other results in another space, which is how it is told.
 */
export interface AddressSpace {
  readonly stackBase: number;
  /** A slot that asks to be aligned to less than 16 bytes gets no more than that, and slots lie far from each other. */
  readonly hasLooseSlots: boolean;
  /** Functions lie 16 bytes apart from here, far from the stack. */
  readonly functionBase: bigint;
  /** Code that return addresses point into; reading it gives `textBits`. */
  readonly textBase: number;
  readonly textBits: bigint;
  /** Where an activation with this frame pointer returns to. Two may return to one place or not. */
  readonly returnAddress: (frame: bigint) => bigint;
  /** Where handler `index` of the try_call that ends a block begins, from `textBase`. Two may begin at one place or not. */
  readonly handlerAt: (block: number, index: number) => number;
  /** Frame pointers lie below. */
  readonly frameTop: bigint;
  /** Bytes an activation of the function with this number takes. */
  readonly frameBytes: (index: bigint) => bigint;
}

export const DEFAULT_SPACE: AddressSpace = {
  stackBase: 0x4000_0000,
  hasLooseSlots: false,
  functionBase: 0x1000_0000n,
  textBase: 0x2000_0000,
  textBits: 0n,
  returnAddress: () => 0x2000_0010n,
  handlerAt: (block, index) => 0x40 * block + 4 * index,
  frameTop: 0x3_0000_0000n,
  frameBytes: (index) => 0x100n + 0x10n * index,
};
export const OTHER_SPACE: AddressSpace = {
  stackBase: 0x12_3456_7890,
  hasLooseSlots: true,
  functionBase: 0x7_6543_2010n,
  textBase: 0x7_7000_0000,
  textBits: 0x5a5a_5a5a_5a5a_5a5an,
  returnAddress: (frame) => 0x7_7000_0000n + ((0x15_0000_0ff0n - frame) & 0xff_fff0n),
  handlerAt: () => 0x20,
  frameTop: 0x15_0000_0ff0n,
  frameBytes: (index) => 0x330n * (index * index + 1n),
};

/**
 * Has other bits than the first where the second has the same: what looks at one bit of a slot's address sees another in one of them, most often. Frames
 * lie below slots here, and above them elsewhere: which of the two is lower is nobody's business either.
 */
export const OPPOSITE_SPACE: AddressSpace = {
  stackBase: 0x2d_cba9_c760,
  hasLooseSlots: false,
  functionBase: 0x8_9abc_dfe0n,
  textBase: 0x8_8000_0000,
  textBits: 0xa5a5_a5a5_a5a5_a5a5n,
  returnAddress: (frame) => 0x8_8000_0000n + ((0xb_0000_0ff0n - frame) & 0xff_fff0n),
  handlerAt: (block, index) => 0x10_0000 - 0x100 * block - 8 * index,
  frameTop: 0xb_0000_0ff0n,
  frameBytes: (index) => 0x4d0n * (index + 2n),
};
