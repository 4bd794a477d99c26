import type { Driver } from '../../src/backend/driver.ts';
import type { Configuration } from '../../src/clif/case.ts';
import { HarnessError } from '../../src/clif/harness-error.ts';
import { parseClif } from '../../src/clif/parse.ts';

/** What one reader says of a text. */
export type Answer =
  | { readonly kind: 'accepts' }
  | { readonly kind: 'refuses'; readonly line: number; readonly message: string }
  /** Threw, panicked, or ended with its process. */
  | { readonly kind: 'breaks'; readonly where: string; readonly message: string };

/** A setting that no Cranelift has: the driver reads the text, then refuses the setting, and compiles nothing. */
const READ_ONLY: Configuration = { shared: { callfuzz_reads_only: 'true' }, isa: [] };

/** A slower answer is asked for again, as the machine may have been busy with something else. */
const ASK_AGAIN_MS = 20;

/** What this project's parser says, and the least it took in up to three times. */
export function askParser(text: string): { readonly answer: Answer; readonly ms: number } {
  let ms = Infinity;
  let answer: Answer = { kind: 'accepts' };
  for (let times = 0; times < 3 && ms > ASK_AGAIN_MS; times++) {
    const start = performance.now();
    answer = parse(text);
    ms = Math.min(ms, performance.now() - start);
  }
  return { answer, ms };
}

function parse(text: string): Answer {
  try {
    const result = parseClif(text);
    return result.kind === 'ok'
      ? { kind: 'accepts' }
      : { kind: 'refuses', line: result.line, message: result.message };
  } catch (error) {
    const where = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 3).join(' ').trim() : '';
    return { kind: 'breaks', where, message: String(error) };
  }
}

/** What Cranelift's reader says (`parse_functions`), which reads no `; run:` line. The verifier is not asked. */
export async function askReader(driver: Driver, text: string): Promise<Answer> {
  const [result] = await driver.compile(text, [READ_ONLY]);
  switch (result?.kind) {
    case 'bad-flag':
      return { kind: 'accepts' };
    case 'parse-error':
      return { kind: 'refuses', line: result.line, message: result.message };
    case 'panic':
      return { kind: 'breaks', where: `${result.file}:${result.line}`, message: result.message };
    case 'crashed':
      return { kind: 'breaks', where: result.how, message: result.detail };
    default:
      throw new HarnessError('backend', `the driver went on after reading: ${result?.kind}`);
  }
}

/**
 * The text as both readers are asked about it: without `test`, `set`, `target` and `feature` lines, which the reader
 * checks against the ISAs it was built with, and without comments, of which only this project's parser reads some.
 */
export function functionsOnly(text: string): string {
  const bare = text.replaceAll(/;[^\n]*/g, '');
  const header = /^(?:[ \t\r\v\f]*(?:(?:test|set|target|feature)\b[^\n]*)?(?:\n|$))*/.exec(bare)?.[0] ?? '';
  return bare.slice(header.length);
}
