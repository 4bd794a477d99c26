import type { Part, SignatureLayout } from '../abi/layout.ts';

export interface PlaceText {
  /** Without numbers, for buckets: `in the return area`. */
  readonly kind: string;
  /** With them, for people: `return area +32`. */
  readonly text: string;
}

function partText(part: Part): string {
  switch (part.place.kind) {
    case 'x':
      return `x${part.place.register}`;
    case 'f':
      return `f${part.place.register}`;
    case 'memory':
      return `return area +${part.place.offset}`;
  }
}

/** Where result `index` of a signature comes back. */
export function describePlace(layout: SignatureLayout, index: number): PlaceText {
  const parts = layout.returns[index]?.parts ?? [];
  const places = new Set(parts.map((p) => p.place.kind));
  const kind = places.has('memory')
    ? places.size > 1
      ? 'split over a register and the return area'
      : 'in the return area'
    : places.has('f')
      ? 'in a float register'
      : 'in integer registers';
  return { kind, text: parts.map(partText).join(', ') };
}
