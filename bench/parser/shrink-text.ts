/** More would not make an example clearer. */
const MOST_TRIES = 1500;

const PIECES: readonly RegExp[] = [/[^\n]*\n?/g, /\w+|\s+|[^\w\s]/gu];

/** Takes lines, then tokens, out of `text` for as long as `stillFails`; halves first. */
export async function shrinkText(
  text: string,
  stillFails: (candidate: string) => Promise<boolean>,
): Promise<string> {
  let tries = 0;
  let pieces: readonly string[] = [];
  for (const pattern of PIECES) {
    pieces = (pieces.length === 0 ? text : pieces.join('')).match(pattern) ?? [];
    for (let size = Math.max(1, pieces.length >> 1); size >= 1; size = size === 1 ? 0 : size >> 1) {
      for (let at = 0; at < pieces.length && tries < MOST_TRIES;) {
        const candidate = pieces.toSpliced(at, size);
        tries += 1;
        if (await stillFails(candidate.join(''))) pieces = candidate;
        else at += size;
      }
    }
  }
  return pieces.join('');
}
