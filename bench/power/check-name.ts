import { isAtStackEnd } from '../../src/compare/stack-end.ts';
import { FINDING_KINDS, type FindingKind } from '../../src/compare/verdict.ts';

/** What noticed a finding. */
export const CHECKS = [
  /** A result, a trap or the program's end is not the oracle's. */
  'final values',
  /** Values alone, and only because the entry was called from outside: called from CLIF it agrees. */
  'foreign caller',
  /** Registers, stack and canaries around the call of the entry. */
  'outer check',
  /** A call inside the module. */
  'veneer',
  /** A guard that prologues must touch, or a limit that must stop the entry. */
  'stack end',
  /** A caller or callee that is not Cranelift's and follows the psABI. */
  'foreign party',
  /** Cranelift itself: a panic, a refusal, code that changes. */
  'compile',
] as const;

export type Check = (typeof CHECKS)[number];

const BY_KIND: Readonly<Record<FindingKind, Check>> = {
  miscompile: 'final values',
  'guest-fault': 'final values',
  hang: 'final values',
  'abi-violation': 'outer check',
  'psabi-divergence': 'foreign party',
  'compiler-panic': 'compile',
  'compiler-error': 'compile',
  nondeterminism: 'compile',
};

/** The check behind a finding, as far as kind and place tell. Throws RangeError for a kind there is not. */
export function checkOf(finding: { readonly kind: string; readonly place: string }): Check {
  const kind = FINDING_KINDS.find((known) => known === finding.kind);
  if (kind === undefined) throw new RangeError(`no kind of finding ${finding.kind}`);
  return isAtStackEnd(finding.place) ? 'stack end' : BY_KIND[kind];
}
