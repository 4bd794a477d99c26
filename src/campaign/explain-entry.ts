import type { ExplainedCheck } from '../report/explain-model.ts';
import { hex } from './explain-facts.ts';
import type { CaseTrace } from './explain-trace.ts';

type Violations = CaseTrace['observations'][number]['violations'];

/** The parts of what the guest checks at the outermost call, each with the violations that belong to it. */
const GUEST_CHECKS: readonly (readonly [name: string, isOwn: (v: Violations[number]) => boolean])[] = [
  [
    'callee-saved registers, ra, gp, tp and frm come back',
    ({ kind, name }) => kind === 'register' && !name.startsWith('high bits'),
  ],
  ['sp after the return', ({ kind }) => kind === 'sp'],
  ['memory around the argument and return areas is untouched', ({ kind }) => kind === 'canary'],
  [
    'extension and NaN-boxing of results',
    ({ kind, name }) => kind === 'register' && name.startsWith('high bits'),
  ],
];

/** What the guest, which calls the entry, saw of the rules of the ABI. */
export function enteredChecks(trace: CaseTrace | null, notRun: string | null): readonly ExplainedCheck[] {
  const returned = trace?.observations.filter(({ outcome }) => outcome.kind === 'returned') ?? [];
  return GUEST_CHECKS.map(([name, isOwn]): ExplainedCheck => {
    if (notRun !== null) return { name, verdict: 'not applicable', detail: notRun };
    if (returned.length === 0) return { name, verdict: 'not applicable', detail: 'it does not return' };
    const broken = returned.flatMap(({ violations }) => violations.filter(isOwn));
    const [first] = broken;
    if (first !== undefined) {
      const detail = `${first.name} is ${hex(first.found)} instead of ${hex(first.expected)}`;
      return { name, verdict: 'broken', detail };
    }
    return { name, verdict: 'ok', detail: `in ${returned.length} runs` };
  });
}
