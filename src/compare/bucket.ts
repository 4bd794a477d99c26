import type { Case } from '../clif/case.ts';
import { PLACE_SEPARATOR } from './outcomes.ts';
import type { Finding } from './verdict.ts';

/** Equal for findings that look like one bug before anything is known about it; shrinking keeps it. */
export function coarseBucket(finding: Finding): string {
  return `${finding.kind}: ${coarsePlace(finding)}`;
}

/** Which result of a large signature got hit depends on chance, so results differ only by how they went wrong. */
function coarsePlace(finding: Finding): string {
  switch (finding.kind) {
    case 'miscompile':
      return finding.place.startsWith('result ') ? 'a result' : finding.place;
    default:
      return finding.place;
  }
}

/**
 * Whether a smaller case's finding is still the one of the case it was made from: the same coarse bucket, or, where several
 * rules of the ABI were broken at once, or clauses of the psABI, some of them and no other.
 */
export function staysInBucket(first: Finding, smaller: Finding): boolean {
  const namesRules = first.kind === 'abi-violation' || first.kind === 'psabi-divergence';
  if (!namesRules || smaller.kind !== first.kind) return coarseBucket(first) === coarseBucket(smaller);
  const broken = new Set(first.place.split(PLACE_SEPARATOR));
  return smaller.place.split(PLACE_SEPARATOR).every((part) => broken.has(part));
}

/** What a shrunk case still needs to fail, for its bucket: ways of calling, conventions, settings. */
function remainingTraits(kase: Case, configuration: number): readonly string[] {
  const traits = new Set<string>();
  for (const fn of kase.module.functions) {
    for (const block of fn.blocks) {
      for (const inst of block.insts) {
        if (inst.kind === 'call' || inst.kind === 'call_indirect') {
          const sig = inst.kind === 'call' ? fn.funcRefs.get(inst.func)?.sig : inst.sig;
          const signature = sig === undefined ? undefined : fn.sigRefs.get(sig);
          traits.add(`${inst.op} ${signature?.callConv ?? ''}`.trim());
        } else if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') {
          traits.add(inst.op);
        }
      }
    }
  }
  const chosen = kase.configurations[configuration];
  const settings = Object.entries(chosen?.shared ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    ...[...traits].sort(),
    ...settings,
    ...(chosen?.isa ?? []),
    ...(chosen?.chaos === undefined ? [] : ['chaos']),
  ];
}

/**
 * The bucket of a minimised finding: kind, place, and what its smallest case still needs. Two shrunk cases of one bug
 * meet here; a case not yet shrunk has only its coarse bucket.
 */
export function fineBucket(finding: Finding, shrunk: Case): string {
  return [finding.kind, finding.place, ...remainingTraits(shrunk, finding.configuration)].join(', ');
}
