const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

function hash(text: string, start: bigint): bigint {
  let state = start;
  for (let i = 0; i < text.length; i += 1) {
    state = BigInt.asUintN(64, (state ^ BigInt(text.charCodeAt(i))) * FNV_PRIME);
  }
  return state;
}

/** The two poisons of a case, 64 bits each, from its seed alone (FNV-1a, twice). */
export function poisonSeeds(caseSeed: string): readonly [bigint, bigint] {
  const first = hash(caseSeed, FNV_OFFSET);
  return [first, hash(caseSeed, first)];
}
