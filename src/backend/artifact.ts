import type { FunctionName } from '../clif/module.ts';
import type { Callee } from './stub.ts';

/** Where a linked function lies; offsets are from the start of the image. */
export interface PlacedFunction {
  readonly name: FunctionName;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A stub that stands in for a callee wherever its name is used; its index is what the guest calls the callee. */
export interface PlacedStub {
  readonly callee: Callee;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A module compiled under one configuration and linked at a fixed guest address. */
export interface Artifact {
  /** Guest address of `image[0]`. */
  readonly base: bigint;
  readonly image: Uint8Array;
  readonly functions: readonly PlacedFunction[];
  /** Empty where calls go straight to their callees. */
  readonly stubs: readonly PlacedStub[];
  /** Instructions that trap, by image offset, ascending; `code` as CLIF prints it. */
  readonly traps: readonly { readonly offset: number; readonly code: string }[];
  /** Offset of the table that says how functions are unwound; absent where nobody looks at that. */
  readonly unwindTable?: number;
}
