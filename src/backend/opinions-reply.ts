import * as v from 'valibot';

import { HarnessError } from '../clif/harness-error.ts';

/** What another execution of a module says to one input. Results are bit patterns, one per declared result. */
export type Opinion =
  | { readonly kind: 'returned'; readonly results: readonly bigint[] }
  /** The trap code as CLIF prints it. */
  | { readonly kind: 'trapped'; readonly code: string }
  /** The code it made ended its process: `SIGSEGV`. */
  | { readonly kind: 'crashed'; readonly how: string }
  /** It cannot run this, panicked, or did not come to an end. */
  | { readonly kind: 'silent'; readonly reason: string };

const HEX = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-f]+$/),
  v.transform((text) => BigInt(text)),
);

const ANSWER = v.union([
  v.pipe(
    v.strictObject({ returned: v.array(HEX) }),
    v.transform(({ returned }): Opinion => ({ kind: 'returned', results: returned })),
  ),
  v.pipe(
    v.strictObject({ trap: v.string() }),
    v.transform(({ trap }): Opinion => ({ kind: 'trapped', code: trap })),
  ),
  v.pipe(
    v.strictObject({ crashed: v.string() }),
    v.transform(({ crashed }): Opinion => ({ kind: 'crashed', how: crashed })),
  ),
  v.pipe(
    v.strictObject({ unsupported: v.string() }),
    v.transform(({ unsupported }): Opinion => ({ kind: 'silent', reason: unsupported })),
  ),
  v.pipe(
    v.strictObject({ panic: v.string() }),
    v.transform(({ panic }): Opinion => ({ kind: 'silent', reason: `panic: ${panic}` })),
  ),
  v.pipe(
    v.strictObject({ endless: v.string() }),
    v.transform(({ endless }): Opinion => ({ kind: 'silent', reason: `no end within ${endless}` })),
  ),
]);

const REPLY = v.strictObject({ answers: v.array(ANSWER), followed: v.optional(v.array(v.string()), []) });

/** What was said to each input, and which of the settings asked for the code was made with, by name. */
export interface OpinionsReply {
  readonly opinions: readonly Opinion[];
  readonly followed: readonly string[];
}

/** A reply of `callfuzz-opinions` (`opinions/src/answer.rs`), one opinion per input. Throws HarnessError for any other text. */
export function parseOpinions(line: string, inputs: number): OpinionsReply {
  let reply: v.InferOutput<typeof REPLY>;
  try {
    reply = v.parse(REPLY, JSON.parse(line));
  } catch (cause) {
    throw new HarnessError('backend', `no reply of callfuzz-opinions: ${line.slice(0, 200)}`, { cause });
  }
  const { answers: opinions, followed } = reply;
  if (opinions.length !== inputs)
    throw new HarnessError('backend', `${opinions.length} opinions on ${inputs} inputs`);
  return { opinions, followed };
}
