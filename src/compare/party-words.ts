import type { Part, ValueLayout } from '../abi/layout.ts';
import { A0, FA0 } from '../abi/registers.ts';
import { bitMask } from '../clif/type.ts';

const WORD = bitMask(64);

/** The 64-bit word at a part's place: a register, or a slot of the argument area. */
export type WordAt = (part: Part) => bigint;

/** A part that does not hold what it should. */
export interface Deviation {
  /** Of the argument or result. */
  readonly index: number;
  readonly part: Part;
  /** `rest`: the value is there, and what lies above it is wrong. */
  readonly aspect: 'value' | 'rest';
  readonly expected: bigint;
  readonly found: bigint;
}

/** What the place of a part holds of `value`, and which of the word's bits are defined. */
export function partWord(part: Part, value: bigint): { readonly word: bigint; readonly mask: bigint } {
  const bits = BigInt.asUintN(part.bits, value >> BigInt(part.valueBit));
  const low = bitMask(part.bits);
  if (part.isNanBoxed) return { word: bits | (WORD ^ low), mask: WORD };
  switch (part.extension) {
    case 'none':
      return { word: bits, mask: low };
    case 'uext':
      return { word: bits, mask: WORD };
    case 'sext':
      return { word: BigInt.asUintN(64, BigInt.asIntN(part.bits, bits)), mask: WORD };
  }
}

/** Where `values` are not as their layout says. */
export function deviationsOf(
  layouts: readonly ValueLayout[],
  values: readonly bigint[],
  wordAt: WordAt,
): readonly Deviation[] {
  const deviations: Deviation[] = [];
  layouts.forEach(({ parts }, index) => {
    for (const part of parts) {
      const { word, mask } = partWord(part, values[index] ?? 0n);
      const found = wordAt(part) & mask;
      if (found === word) continue;
      const low = bitMask(part.bits);
      const aspect = (found & low) === (word & low) ? 'rest' : 'value';
      deviations.push({ index, part, aspect, expected: word, found });
    }
  });
  return deviations;
}

/** Results from the words of a0, a1, fa0 and fa1. */
export function resultWords(words: readonly bigint[]): WordAt {
  return ({ place }) => {
    if (place.kind === 'memory') return 0n;
    return words[place.kind === 'x' ? place.register - A0 : 2 + place.register - FA0] ?? 0n;
  };
}
