import { closeSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import * as v from 'valibot';
import { UsageError } from '../clif/harness-error.ts';

const FINDING = v.object({
  index: v.number(),
  caseSeed: v.string(),
  verdict: v.picklist(['finding', 'flaky']),
  coarse: v.string(),
  kind: v.string(),
  place: v.string(),
  detail: v.string(),
  configuration: v.number(),
  known: v.nullable(v.string()),
  /** Seconds of campaign time when it was found. */
  seconds: v.number(),
});

const NUMBERS = v.record(v.string(), v.number());

const HEADER = v.object({
  schema: v.literal('callfuzz.journal/2'),
  seed: v.string(),
  profile: v.string(),
  cranelift: v.string(),
  emulator: v.string(),
  isa: v.array(v.string()),
  shard: v.string(),
  cases: v.nullable(v.number()),
  minutes: v.nullable(v.number()),
  /** Cells that were filled before, which cases do not aim at; null where they aim at all. */
  knownCoverage: v.nullable(v.string()),
  veneers: v.optional(v.boolean(), true),
});

/** One finished chunk of cases, with everything worth keeping of it: written whole or not at all. */
const CHUNK = v.object({
  from: v.number(),
  to: v.number(),
  /** Cases of this shard among `from` to `to`. */
  cases: v.number(),
  modules: v.number(),
  seconds: v.number(),
  verdicts: NUMBERS,
  declined: NUMBERS,
  phases: NUMBERS,
  findings: v.array(FINDING),
  /** Cells that were filled (`encodeCoverage`). */
  coverage: v.string(),
});

export type JournalHeader = v.InferOutput<typeof HEADER>;
export type JournalChunk = v.InferOutput<typeof CHUNK>;
export type JournalFinding = v.InferOutput<typeof FINDING>;

export interface JournalContent {
  readonly header: JournalHeader;
  readonly chunks: readonly JournalChunk[];
}

function parseLine<S extends v.GenericSchema>(
  schema: S,
  line: string,
  file: string,
  number: number,
): v.InferOutput<S> {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    throw new UsageError(
      `${file}:${number}: the journal is damaged here (not JSON); move it away or run without --resume`,
    );
  }
  const parsed = v.safeParse(schema, data);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new UsageError(
      `${file}:${number}: the journal is damaged here (${issue.message}); move it away or run without --resume`,
    );
  }
  return parsed.output;
}

/**
 * Reads a journal back. A last line without its end is what `kill -9` leaves: it is cut off, and its chunk runs again.
 * Any other damage is a UsageError with file and line.
 */
export function readJournal(file: string): JournalContent {
  const text = readFileSync(file, 'utf8');
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) truncateSync(file, Buffer.byteLength(text.slice(0, end)));
  const lines = text.slice(0, end).split('\n').slice(0, -1);
  const [first, ...rest] = lines;
  if (first === undefined) throw new UsageError(`${file}:1: the journal is empty; run without --resume`);
  return {
    header: parseLine(HEADER, first, file, 1),
    chunks: rest.map((line, i) => parseLine(CHUNK, line, file, i + 2)),
  };
}

/** Appends whole lines; what was appended survives the death of this process. */
export class Journal {
  readonly #descriptor: number;
  constructor(file: string, header: JournalHeader | null) {
    this.#descriptor = openSync(file, 'a');
    if (header !== null) this.#line(header);
  }
  append(chunk: JournalChunk): void {
    this.#line(chunk);
  }
  close(): void {
    closeSync(this.#descriptor);
  }
  #line(data: unknown): void {
    writeSync(this.#descriptor, `${JSON.stringify(data)}\n`);
  }
}
