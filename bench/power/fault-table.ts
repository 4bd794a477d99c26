import { readFileSync } from 'node:fs';
import * as v from 'valibot';

/** What part of a call a fault is in. */
export const FAULT_CLASSES = [
  'slots',
  'areas',
  'order',
  'halves',
  'clobbers',
  'saves',
  'extension',
  'tails',
  'frames',
  'probes',
  'widths',
  'vector state',
  'exceptions',
] as const;

/** Lines and columns count from 1; a column and a length count UTF-16 units. */
const EDIT = v.strictObject({
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

const FAULT = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/)),
  class: v.picklist(FAULT_CLASSES),
  /** What is wrong with the changed crate, one sentence. */
  what: v.string(),
  /** The region of the space of cases to look in, where it is not the default one. */
  profile: v.optional(v.string()),
  edits: v.pipe(v.array(EDIT), v.minLength(1)),
});

const TABLE = v.strictObject({
  crate: v.string(),
  version: v.string(),
  faults: v.pipe(v.array(FAULT), v.minLength(1)),
});

/** One replacement. No text of the crate is kept: position, length and hash name what is replaced. */
export type Edit = v.InferOutput<typeof EDIT>;

/** Edits of a crate that together make one thing wrong. */
export type Fault = v.InferOutput<typeof FAULT>;

export type FaultTable = v.InferOutput<typeof TABLE>;

/** Reads the table of faults. Throws ValiError where it is not one. */
export function readFaultTable(file: string): FaultTable {
  return v.parse(TABLE, JSON.parse(readFileSync(file, 'utf8')));
}
