import type { Case } from '../clif/case.ts';
import { countInstructions } from '../clif/rewrite.ts';
import { fineBucket } from '../compare/bucket.ts';
import { withMainEntry } from '../corpus/entry-clif.ts';
import { writeEntry } from '../corpus/entry-files.ts';
import type { Entry } from '../corpus/entry.ts';
import { caseSize } from '../shrink/size.ts';
import type { ShrinkReport } from './messages.ts';

/** Where a case came from; null where it was not generated. */
export type Provenance = Pick<Entry, 'seed' | 'caseSeed' | 'caseIndex' | 'profile' | 'upstream'>;

/** A shrunk finding as a corpus entry of Cranelift `version`. */
export function entryFromShrink(report: ShrinkReport, provenance: Provenance, version: string): Entry {
  const { finding } = report;
  return {
    bucket: fineBucket(finding, report.case),
    kind: finding.kind,
    ...provenance,
    cranelift: { fails: [version], passes: [] },
    module: withMainEntry(report.case.module, report.case.entry),
    configurations: report.case.configurations,
    parties: report.case.parties,
    inputs: report.case.inputs,
    expected: report.expected,
    observed: report.case.inputs.map((_, i) => (i === finding.input ? finding.observed : null)),
    note: finding.detail,
    status: 'open',
  };
}

/** `3 functions, 41 instructions, 2 inputs, 1 configuration (size 1234)`. */
export function sizeText(kase: Case): string {
  const { functions } = kase.module;
  const counts = [
    [functions.length, 'function'],
    [countInstructions(kase.module), 'instruction'],
    [kase.inputs.length, 'input'],
    [kase.configurations.length, 'configuration'],
  ] as const;
  const words = counts.map(([count, word]) => `${count} ${word}${count === 1 ? '' : 's'}`).join(', ');
  return `${words} (size ${caseSize(kase).toFixed(0)})`;
}

/**
 * Writes an entry as `<directory>/<bucket>/<name>.clif` and `.json`, never over another, and gives the `.clif`'s path. What a
 * file's name may not hold becomes `-`. Throws UsageError where the directory cannot be written.
 */
export function saveEntry(directory: string, entry: Entry, name: string): string {
  const safe = name.replaceAll(/[^\w.-]+/g, '-').replace(/^\.+/, '');
  return writeEntry(directory, entry, safe === '' ? 'case' : safe);
}
