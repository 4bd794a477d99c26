import { readFileSync } from 'node:fs';
import * as v from 'valibot';

/** Lines and columns count from 1; a column and a length count UTF-16 units. */
const FAULT = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/)),
  /** What is wrong with the changed crate, one sentence. */
  what: v.string(),
  /** Inside the crate. */
  file: v.string(),
  line: v.pipe(v.number(), v.integer(), v.minValue(1)),
  column: v.pipe(v.number(), v.integer(), v.minValue(1)),
  length: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Of the UTF-8 text that is replaced, in hexadecimal. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** What stands there instead. */
  text: v.string(),
});

const TABLE = v.strictObject({
  crate: v.string(),
  version: v.string(),
  faults: v.pipe(v.array(FAULT), v.minLength(1)),
});

/** One edit of a crate that makes it wrong. No text of the crate is kept: position, length and hash name what is replaced. */
export type Fault = v.InferOutput<typeof FAULT>;

export type FaultTable = v.InferOutput<typeof TABLE>;

/** Reads the table of faults. Throws ValiError where it is not one. */
export function readFaultTable(file: string): FaultTable {
  return v.parse(TABLE, JSON.parse(readFileSync(file, 'utf8')));
}
