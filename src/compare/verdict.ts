import type { Violation } from '../abi/violation.ts';
import type { Outcome } from '../clif/outcome.ts';

export const FINDING_KINDS = [
  'miscompile',
  'abi-violation',
  'guest-fault',
  'compiler-panic',
  'compiler-error',
  'hang',
  'nondeterminism',
  'psabi-divergence',
] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

/** A disagreement, as data. Texts are for people; `place` and `kind` make the bucket. */
export interface Finding {
  readonly kind: FindingKind;
  /** What went wrong where, without names or numbers of the one case: `result i8x16 in the return area`. */
  readonly place: string;
  /** One sentence with the case's own names and values. */
  readonly detail: string;
  /** Index into the case's configurations. */
  readonly configuration: number;
  /** Index into the case's inputs; null where the compiler failed. */
  readonly input: number | null;
  readonly expected: Outcome | null;
  readonly observed: Outcome | null;
}

export type Verdict =
  | { readonly kind: 'agree' }
  /** Refused by design; `reason` from the list of refusals. */
  | { readonly kind: 'declined'; readonly reason: string }
  | { readonly kind: 'invalid'; readonly explanation: string }
  | { readonly kind: 'finding'; readonly finding: Finding }
  /** Seen once, gone in a fresh emulator. */
  | { readonly kind: 'flaky'; readonly finding: Finding };

export type VerdictKind = Verdict['kind'];

export const VERDICT_KINDS: readonly VerdictKind[] = ['agree', 'declined', 'invalid', 'finding', 'flaky'];

/** What the emulator saw on one input under one poison. The shape is emulator's `Observation`. */
export interface Observed {
  readonly outcome: Outcome;
  readonly violations: readonly Violation[];
}
