import type { Opinion } from '../../src/backend/opinions-reply.ts';
import type { Outcome } from '../../src/clif/outcome.ts';

/** A way in which Cranelift's interpreter departs from CLIF; `docs/interpreter-differences.md` says more of each. */
export interface KnownDifference {
  readonly name: string;
  readonly explains: (ours: Outcome, theirs: Opinion, text: string) => boolean;
}

/** A result's type does not tell its operand's, so whether that is a scalar is looked up where it is made. */
function bitcastsScalarToVector(text: string): boolean {
  return text.split(/^(?=function )/m).some((fn) =>
    [...fn.matchAll(/= bitcast\.[if]\d+x\d+ (?:little |big )*(v\d+)$/gm)].some(([, operand]) => {
      const made = new RegExp(`\\b${operand}(?:: ([if]\\d+\\w*)| = \\w+\\.([if]\\d+\\w*))`).exec(fn);
      const type = made?.[1] ?? made?.[2];
      return type !== undefined && !type.includes('x');
    }),
  );
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'bitcast of a scalar to a vector',
    explains: (ours, theirs, text) =>
      ours.kind === 'returned' && theirs.kind === 'returned' && bitcastsScalarToVector(text),
  },
];

/** The class of a difference: the known one that explains it, or what each side said. */
export function differenceOf(
  ours: Outcome,
  theirs: Opinion,
  text: string,
): { readonly name: string; readonly isKnown: boolean } {
  const known = KNOWN_DIFFERENCES.find(({ explains }) => explains(ours, theirs, text));
  if (known !== undefined) return { name: known.name, isKnown: true };
  const say = (side: Outcome | Opinion): string =>
    side.kind === 'trapped' ? `trapped with ${side.code}` : side.kind;
  return { name: `ours ${say(ours)}, theirs ${say(theirs)}`, isKnown: false };
}
