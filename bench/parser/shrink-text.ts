/** More would not make an example clearer. */
const MOST_TRIES = 2500;

const PIECES: readonly RegExp[] = [
  /[^\n]*\n|[^\n]+/g,
  /\([^()]*\)|\[[^[\]]*\]|\w+|\s+|[^\w\s]/gu,
  /\w+|\s+|[^\w\s]/gu,
];

/** Takes lines, then brackets with what is in them, then tokens out of `text` for as long as `stillFails`. */
export async function shrinkText(
  text: string,
  stillFails: (candidate: string) => Promise<boolean>,
): Promise<string> {
  let tries = 0;
  let best = text;
  for (let before = Infinity; best.length < before && tries < MOST_TRIES;) {
    before = best.length;
    for (const pattern of PIECES) {
      let pieces: readonly string[] = best.match(pattern) ?? [];
      for (let size = Math.max(1, pieces.length >> 1); size >= 1; size = size === 1 ? 0 : size >> 1) {
        for (let at = 0; at < pieces.length && tries < MOST_TRIES;) {
          const candidate = pieces.toSpliced(at, size);
          tries += 1;
          if (await stillFails(candidate.join(''))) pieces = candidate;
          else at += size;
        }
      }
      best = pieces.join('');
    }
  }
  return best;
}
