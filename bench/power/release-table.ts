import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { FINDING_KINDS } from '../../src/compare/verdict.ts';

const RELEASE_BUG = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/)),
  /** Where it was reported or mended: `bytecodealliance/wasmtime#8866`. */
  reference: v.string(),
  what: v.string(),
  /** A release of cranelift-codegen that has the bug, and a later one, not always the first, that has it no more. */
  version: v.string(),
  fixedIn: v.string(),
  /** What the bug shows as; of a panic, a part of its message too. */
  kind: v.picklist(FINDING_KINDS),
  detail: v.optional(v.string()),
  profile: v.string(),
});

const TABLE = v.pipe(v.array(RELEASE_BUG), v.minLength(1));

/** A bug of a release, in calls on riscv64, that is mended by now. */
export type ReleaseBug = v.InferOutput<typeof RELEASE_BUG>;

/** Reads the table of releases. Throws ValiError where it is not one. */
export function readReleaseTable(file: string): readonly ReleaseBug[] {
  return v.parse(TABLE, JSON.parse(readFileSync(file, 'utf8')));
}
