import * as v from 'valibot';

import { HarnessError } from '../clif/harness-error.ts';

/** What the x86_64 backend made of one function. */
export type NativeFunction =
  | {
      readonly kind: 'code';
      /** As CLIF prints it. */
      readonly name: string;
      readonly vcode: string;
      readonly code: Uint8Array;
      /** Return addresses of calls, offsets in bytes. */
      readonly sites: readonly number[];
      /** Code made of the n-th instruction in layout order, from 0; offsets in bytes. */
      readonly instructions: readonly {
        readonly index: number;
        readonly start: number;
        readonly end: number;
      }[];
    }
  | { readonly kind: 'refused'; readonly name: string; readonly reason: string };

const WHOLE = v.pipe(v.number(), v.integer(), v.minValue(0));

const FUNCTION = v.union([
  v.pipe(
    v.strictObject({ name: v.string(), refused: v.string() }),
    v.transform(({ name, refused }): NativeFunction => ({ kind: 'refused', name, reason: refused })),
  ),
  v.pipe(
    v.strictObject({
      name: v.string(),
      vcode: v.string(),
      code: v.pipe(v.string(), v.regex(/^([0-9a-f]{2})*$/)),
      sites: v.array(WHOLE),
      instructions: v.array(v.tuple([WHOLE, WHOLE, WHOLE])),
    }),
    v.transform(({ name, vcode, code, sites, instructions }): NativeFunction => ({
      kind: 'code',
      name,
      vcode,
      code: Buffer.from(code, 'hex'),
      sites,
      instructions: instructions.map(([n, start, end]) => ({ index: n - 1, start, end })),
    })),
  ),
]);

const REPLY = v.union([
  v.strictObject({ functions: v.array(FUNCTION) }),
  v.strictObject({ refused: v.string() }),
]);

/** A reply of `callfuzz-opinions code`: functions in the order of the text, or why none of it is taken. Throws HarnessError. */
export function parseNativeCode(line: string): readonly NativeFunction[] | string {
  let reply: v.InferOutput<typeof REPLY>;
  try {
    reply = v.parse(REPLY, JSON.parse(line));
  } catch (cause) {
    throw new HarnessError('backend', `not a reply of callfuzz-opinions code: ${line.slice(0, 200)}`, {
      cause,
    });
  }
  return 'refused' in reply ? reply.refused : reply.functions;
}
