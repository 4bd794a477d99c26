import { typeInfo, type Type } from '../clif/type.ts';

/** A value that was at hand where another went wrong. */
export interface Candidate {
  /** Such as `argument 5`. */
  readonly name: string;
  readonly type: Type;
  readonly bits: bigint;
}

/** Fewer equal bytes in a row prove nothing. */
const LEAST_BYTES = 2;

interface Match {
  readonly candidate: Candidate;
  /** Byte offsets, lowest byte first. */
  readonly from: number;
  readonly at: number;
  readonly length: number;
}

function bytesOf(type: Type, bits: bigint): Uint8Array {
  const { bytes } = typeInfo(type);
  return Uint8Array.from({ length: bytes }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
}

/** Runs of one byte, such as zeros, come from anywhere. */
function tellsSomething(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte !== bytes[0]);
}

function longestMatch(found: Uint8Array, candidate: Candidate): Match | null {
  const source = bytesOf(candidate.type, candidate.bits);
  let best: Match | null = null;
  for (let at = 0; at < found.length; at += 1) {
    for (let from = 0; from < source.length; from += 1) {
      let length = 0;
      while (at + length < found.length && source[from + length] === found[at + length]) length += 1;
      if (length <= (best?.length ?? LEAST_BYTES - 1) || !tellsSomething(found.subarray(at, at + length)))
        continue;
      best = { candidate, from, at, length };
    }
  }
  return best;
}

function range(from: number, length: number): string {
  return length === 1 ? `byte ${from}` : `bytes ${from}-${from + length - 1}`;
}

/**
 * Says which value the bytes of a wrong one come from: `holds bytes 0-7 of argument 5`, `bytes 8-15 are bytes 0-7 of argument 5`.
 * The longest run that `candidates` have in common with `observed` wins, the first of equals. Null where there is none of two bytes
 * or more. Values whose every byte differs (`taggedBits`) make the answer unique.
 */
export function locateBytes(type: Type, observed: bigint, candidates: readonly Candidate[]): string | null {
  const found = bytesOf(type, observed);
  let best: Match | null = null;
  for (const candidate of candidates) {
    const match = longestMatch(found, candidate);
    if (match !== null && match.length > (best?.length ?? 0)) best = match;
  }
  if (best === null) return null;
  const { candidate, from, at, length } = best;
  const isWhole = from === 0 && length === typeInfo(candidate.type).bytes;
  const source = isWhole ? candidate.name : `${range(from, length)} of ${candidate.name}`;
  return length === found.length ? `holds ${source}` : `${range(at, length)} are ${source}`;
}
