import type { Part } from './layout.ts';

const WORD = 64;

const REST = { undefined: 0, zero: 1, sign: 2, ones: 3 } as const;
const PLACE = { x: 0, f: 1, memory: 2 } as const;

/** What lies above a value in its register or slot. */
export type Rest = keyof typeof REST;

/** A value narrower than its place, as the runtime names it in violations. */
export interface Field {
  readonly bits: number;
  readonly rest: Rest;
  readonly place: keyof typeof PLACE;
  /** Register number, or byte offset in the argument or return area. */
  readonly at: number;
}

export function restOf(part: Part): Rest {
  if (part.isNanBoxed) return 'ones';
  switch (part.extension) {
    case 'none':
      return 'undefined';
    case 'uext':
      return 'zero';
    case 'sext':
      return 'sign';
  }
}

/** As guest/protocol.h packs a field: bits, what lies above, kind of place, register number or 8-byte word. */
export function encodeField(part: Part): number {
  const { place } = part;
  const index = place.kind === 'memory' ? place.offset / 8 : place.register;
  const bits = part.bits < WORD ? part.bits : 0;
  return (bits | (REST[restOf(part)] << 8) | (PLACE[place.kind] << 10) | (index << 12)) >>> 0;
}

const RESTS: readonly Rest[] = ['undefined', 'zero', 'sign', 'ones'];
const PLACES: readonly Field['place'][] = ['x', 'f', 'memory'];

/** The field of a violation's index; null for what no field is. */
export function decodeField(index: number): Field | null {
  const rest = RESTS[(index >>> 8) & 3];
  const place = PLACES[(index >>> 10) & 3];
  if (rest === undefined || place === undefined) return null;
  const at = index >>> 12;
  return { bits: index & 0xff, rest, place, at: place === 'memory' ? at * 8 : at };
}
