/**
 * One moment of a run: a function is entered or comes back. Oracle and emulator both tell them, in the order in which they happened;
 * the outermost call is not among them. A tail call enters its callee at the depth of the function it leaves, which then never comes
 * back itself; what stands in the outermost one's place after its tail call has depth 0, and its return is the outermost one's.
 */
export type CallEvent =
  | {
      readonly kind: 'enter';
      /** As CLIF prints its name. */
      readonly callee: string;
      /** 1 for what the entry calls. */
      readonly depth: number;
      readonly isTail: boolean;
      /** Bit patterns, one per parameter. */
      readonly values: readonly bigint[];
    }
  | {
      readonly kind: 'leave';
      readonly callee: string;
      readonly depth: number;
      /** Bit patterns, one per result. */
      readonly values: readonly bigint[];
    };

/** What a run did call by call; `isCut` where there was more than room for. */
export interface CallTrace {
  readonly events: readonly CallEvent[];
  readonly isCut: boolean;
}
