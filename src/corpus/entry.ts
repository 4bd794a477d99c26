import * as v from 'valibot';
import type { Configuration, Parties } from '../clif/case.ts';
import type { Module } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { FINDING_KINDS, type FindingKind } from '../compare/verdict.ts';

export const ENTRY_SCHEMA = 'callfuzz.entry/1';

/** A minimised finding as it is kept in the corpus. Inputs are bit patterns, one per parameter of the entry `%main`. */
export interface Entry {
  readonly bucket: string;
  readonly kind: FindingKind;
  /** Campaign seed, and the case it came from: its seed, and its index where it was generated. */
  readonly seed: string | null;
  readonly caseSeed: string;
  readonly caseIndex: number | null;
  readonly profile: string | null;
  readonly cranelift: { readonly fails: readonly string[]; readonly passes: readonly string[] };
  readonly module: Module;
  readonly configurations: readonly Configuration[];
  readonly inputs: readonly (readonly bigint[])[];
  readonly parties?: Parties | undefined;
  /** The oracle's outcome for each input. */
  readonly expected: readonly Outcome[];
  /** What was seen for each input; null where nothing ran, or all was well. */
  readonly observed: readonly (Outcome | null)[];
  readonly note: string;
  /** Upstream issue or pull request. */
  readonly upstream: string | null;
  /** `open`: some Cranelift under test fails it. `fixed`: kept so that it stays fixed. */
  readonly status: 'open' | 'fixed';
}

/** An entry and the place it has on disk. */
export interface StoredEntry {
  readonly entry: Entry;
  /** Path of the `.clif` file. */
  readonly path: string;
  readonly name: string;
}

/** A bit pattern as text. */
export function hexBits(bits: bigint): string {
  return `0x${bits.toString(16)}`;
}

const BITS = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-f]+$/, 'expected a bit pattern such as 0x1f'),
  v.transform((text) => BigInt(text)),
);

const OUTCOME = v.variant('kind', [
  v.strictObject({ kind: v.literal('returned'), results: v.array(BITS) }),
  v.strictObject({ kind: v.literal('trapped'), code: v.string() }),
  v.strictObject({ kind: v.literal('exhausted'), reason: v.string() }),
  v.strictObject({ kind: v.literal('faulted'), signal: v.string(), pc: BITS, address: BITS, place: v.string() }),
  v.strictObject({ kind: v.literal('hung'), place: v.string() }),
  v.strictObject({ kind: v.literal('died'), detail: v.string() }),
]);

/** The `.json` beside an entry's `.clif`; the module is only in the latter. */
export const ENTRY_JSON = v.strictObject({
  schema: v.literal(ENTRY_SCHEMA),
  bucket: v.string(),
  kind: v.picklist(FINDING_KINDS),
  seed: v.nullable(v.string()),
  caseSeed: v.string(),
  caseIndex: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
  profile: v.nullable(v.string()),
  cranelift: v.strictObject({ fails: v.array(v.string()), passes: v.array(v.string()) }),
  configurations: v.pipe(
    v.array(
      v.strictObject({
        shared: v.record(v.string(), v.string()),
        isa: v.array(v.string()),
        chaos: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
      }),
    ),
    v.minLength(1, 'expected at least one configuration'),
  ),
  parties: v.optional(v.literal('psabi')),
  inputs: v.array(v.array(BITS)),
  expected: v.array(OUTCOME),
  observed: v.array(v.nullable(OUTCOME)),
  note: v.string(),
  upstream: v.nullable(v.string()),
  status: v.picklist(['open', 'fixed']),
});

function outcomeJson(outcome: Outcome): v.InferInput<typeof OUTCOME> {
  switch (outcome.kind) {
    case 'returned':
      return { kind: 'returned', results: outcome.results.map(hexBits) };
    case 'faulted':
      return { ...outcome, pc: hexBits(outcome.pc), address: hexBits(outcome.address) };
    default:
      return outcome;
  }
}

/** The entry's `.json` text. Keys have a fixed order, so equal entries give equal bytes. */
export function entryJson(entry: Entry): string {
  const json: v.InferInput<typeof ENTRY_JSON> = {
    schema: ENTRY_SCHEMA,
    bucket: entry.bucket,
    kind: entry.kind,
    status: entry.status,
    upstream: entry.upstream,
    note: entry.note,
    seed: entry.seed,
    caseSeed: entry.caseSeed,
    caseIndex: entry.caseIndex,
    profile: entry.profile,
    cranelift: { fails: [...entry.cranelift.fails], passes: [...entry.cranelift.passes] },
    configurations: entry.configurations.map(({ shared, isa, chaos }) => ({
      shared: { ...shared },
      isa: [...isa],
      ...(chaos === undefined ? {} : { chaos }),
    })),
    ...(entry.parties === undefined ? {} : { parties: entry.parties }),
    inputs: entry.inputs.map((input) => input.map(hexBits)),
    expected: entry.expected.map(outcomeJson),
    observed: entry.observed.map((outcome) => (outcome === null ? null : outcomeJson(outcome))),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}
