import type { Case } from '../clif/case.ts';
import { releaseNumber } from '../clif/release.ts';
import type { Signature } from '../clif/signature.ts';
import { reboxNarrowFloatResults } from './narrow-float-results.ts';
import { mayStoreFarHalf } from './far-halves.ts';
import { contextsAsIntegers, narrowContexts } from './integer-contexts.ts';
import { withoutCompressedJumps } from './islands.ts';
import { PLACE_SEPARATOR } from './outcomes.ts';
import { withoutOutlineProbes } from './outline-probes.ts';
import { unrollProbes } from './probe-loops.ts';
import { passResultsOnce } from './repeated-results.ts';
import { keepSplatsFromSwizzles, keepSwizzlesWithinLanes, roundByHand } from './vector-rewrites.ts';
import { checkLimitsByHand, checkPassedLimitsByHand } from './stack-limits.ts';
import type { Finding } from './verdict.ts';
import { maySpillWideVectors } from './wide-spills.ts';
import { keepWideVectorsInMemory } from './wide-vectors.ts';

/** Rewrites by name: see `rewriteCase`. */
export type Rewrite =
  | 'check-limits-by-hand'
  | 'check-passed-limits-by-hand'
  | 'contexts-as-integers'
  | 'keep-splats-from-swizzles'
  | 'keep-swizzles-within-lanes'
  | 'keep-wide-vectors-in-memory'
  | 'keep-wide-vectors-in-parts'
  | 'narrow-contexts'
  | 'pass-results-once'
  | 'rebox-narrow-float-results'
  | 'round-by-hand'
  | 'system-v-for-preserve-all'
  | 'system-v-for-probed-preserve-all'
  | 'unroll-probes'
  | 'with-zfhmin'
  | 'without-chaos'
  | 'without-compressed-jumps'
  | 'without-outline-probes';

export const REWRITES: readonly Rewrite[] = [
  'check-limits-by-hand',
  'check-passed-limits-by-hand',
  'contexts-as-integers',
  'keep-splats-from-swizzles',
  'keep-swizzles-within-lanes',
  'keep-wide-vectors-in-memory',
  'keep-wide-vectors-in-parts',
  'narrow-contexts',
  'pass-results-once',
  'rebox-narrow-float-results',
  'round-by-hand',
  'system-v-for-preserve-all',
  'system-v-for-probed-preserve-all',
  'unroll-probes',
  'with-zfhmin',
  'without-chaos',
  'without-compressed-jumps',
  'without-outline-probes',
];

function withIsaFlag(kase: Case, flag: string): Case {
  const configurations = kase.configurations.map((configuration) => {
    const { isa } = configuration;
    return isa.includes(flag) ? configuration : { ...configuration, isa: [...isa, flag].sort() };
  });
  return { ...kase, configurations };
}

/** With the control plane as it is when nobody seeds it. */
function withoutChaos(kase: Case): Case {
  return { ...kase, configurations: kase.configurations.map(({ shared, isa }) => ({ shared, isa })) };
}

function plainer(signature: Signature): Signature {
  return signature.callConv === 'preserve_all' ? { ...signature, callConv: 'system_v' } : signature;
}

function withoutPreserveAll(kase: Case): Case {
  const functions = kase.module.functions.map((fn) => ({
    ...fn,
    signature: plainer(fn.signature),
    sigRefs: new Map([...fn.sigRefs].map(([key, signature]) => [key, plainer(signature)])),
  }));
  return { ...kase, module: { functions } };
}

/** Where a preserve_all function may be probed in place. What else probes do stays as it is, so that this explains nothing of it. */
function systemVForProbed(kase: Case): Case {
  const isProbed = kase.configurations.some(
    ({ shared }) => shared['enable_probestack'] === 'true' && shared['probestack_strategy'] === 'inline',
  );
  const isMeant = kase.module.functions.some(({ signature }) => signature.callConv === 'preserve_all');
  return isProbed && isMeant ? withoutPreserveAll(kase) : kase;
}

/** Where no configuration has V, which is where such functions save vector registers that are not there; else the case as it is. */
function systemVForPreserveAll(kase: Case): Case {
  return kase.configurations.some(({ isa }) => isa.includes('has_v')) ? kase : withoutPreserveAll(kase);
}

/** `detail` is that of the finding that is to be explained. */
export function rewriteCase(rewrite: Rewrite, kase: Case, detail = ''): Case {
  switch (rewrite) {
    case 'rebox-narrow-float-results':
      return reboxNarrowFloatResults(kase);
    case 'check-limits-by-hand':
      return checkLimitsByHand(kase);
    case 'check-passed-limits-by-hand':
      return checkPassedLimitsByHand(kase);
    case 'pass-results-once':
      return passResultsOnce(kase);
    case 'narrow-contexts':
      return narrowContexts(kase);
    case 'contexts-as-integers':
      return contextsAsIntegers(kase);
    case 'keep-splats-from-swizzles':
      return keepSplatsFromSwizzles(kase);
    case 'keep-swizzles-within-lanes':
      return keepSwizzlesWithinLanes(kase);
    case 'round-by-hand':
      return roundByHand(kase);
    case 'keep-wide-vectors-in-memory':
    case 'keep-wide-vectors-in-parts':
      if (!maySpillWideVectors(kase)) return kase;
      return keepWideVectorsInMemory(kase, rewrite === 'keep-wide-vectors-in-memory');
    case 'system-v-for-preserve-all':
      return systemVForPreserveAll(kase);
    case 'system-v-for-probed-preserve-all':
      return systemVForProbed(kase);
    case 'unroll-probes':
      return unrollProbes(kase, detail);
    case 'with-zfhmin':
      return mayStoreFarHalf(kase) ? withIsaFlag(kase, 'has_zfhmin') : kase;
    case 'without-chaos':
      return withoutChaos(kase);
    case 'without-compressed-jumps':
      return withoutCompressedJumps(kase);
    case 'without-outline-probes':
      return withoutOutlineProbes(kase);
  }
}

/** A bug that is understood and filed: findings it matches are counted and reported and do not turn a run red. */
export interface KnownIssue {
  readonly id: string;
  readonly title: string;
  /** Where it is reported upstream, or the section of docs/findings.md. */
  readonly reference: string;
  readonly kind: Finding['kind'];
  /** Regular expression over one part of the finding's place. */
  readonly place: string;
  /** Regular expression over the finding's detail; absent matches every detail. */
  readonly detail?: string | undefined;
  /** Opcodes of which the module must hold at least one; absent asks for none. */
  readonly opcodes?: readonly string[] | undefined;
  /** A rewrite that keeps what the module means and keeps clear of the bug: the issue explains only what it ends. */
  readonly avoidedBy?: Rewrite | undefined;
  /** Cranelift versions that have it: see `versionMatches`. */
  readonly versions: readonly string[];
}

/** `versions` are prefixes such as `0.121` and `0.121.2`, or releases from one to another such as `0.120-0.137`. */
export function versionMatches(version: string, versions: readonly string[]): boolean {
  return versions.some((item) => {
    const [from, to] = item.split('-').map(releaseNumber);
    if (typeof from !== 'number' || typeof to !== 'number')
      return version === item || version.startsWith(`${item}.`);
    const release = releaseNumber(version);
    return release !== null && from <= release && release <= to;
  });
}

const patterns = new Map<string, RegExp>();

/** Compiled once: known issues are asked for one finding after the other. */
function pattern(source: string): RegExp {
  const known = patterns.get(source) ?? new RegExp(source);
  patterns.set(source, known);
  return known;
}

function isCandidate(
  issue: KnownIssue,
  finding: Pick<Finding, 'kind' | 'detail'>,
  part: string,
  version: string,
  opcodes: () => ReadonlySet<string>,
): boolean {
  return (
    issue.kind === finding.kind &&
    pattern(issue.place).test(part) &&
    (issue.detail === undefined || pattern(issue.detail).test(finding.detail)) &&
    versionMatches(version, issue.versions) &&
    (issue.opcodes === undefined || issue.opcodes.some((op) => opcodes().has(op)))
  );
}

/** Opcodes that a module holds: looked for when they are first asked for. */
export function opcodesOf(kase: Case): () => ReadonlySet<string> {
  let opcodes: Set<string> | null = null;
  return () => {
    if (opcodes !== null) return opcodes;
    opcodes = new Set();
    for (const fn of kase.module.functions) {
      for (const block of fn.blocks) for (const inst of block.insts) opcodes.add(inst.op);
    }
    return opcodes;
  };
}

/** What may explain a finding. */
export interface Explanation {
  /** Issues that explain a part of it by their mere match. */
  readonly certain: readonly KnownIssue[];
  /** Issues that have to prove themselves by their rewrite; empty where `certain` explains everything. */
  readonly candidates: readonly KnownIssue[];
}

/** The known issues that may explain all of `finding` under Cranelift `version`; null where a part of it has none. */
export function matchKnownIssues(
  issues: readonly KnownIssue[],
  finding: Pick<Finding, 'kind' | 'place' | 'detail'>,
  version: string,
  opcodes: () => ReadonlySet<string>,
): Explanation | null {
  const certain = new Set<KnownIssue>();
  const candidates = new Set<KnownIssue>();
  for (const part of finding.place.split(PLACE_SEPARATOR)) {
    const matching = issues.filter((issue) => isCandidate(issue, finding, part, version, opcodes));
    const plain = matching.find((issue) => issue.avoidedBy === undefined);
    if (plain !== undefined) certain.add(plain);
    else if (matching.length > 0) for (const issue of matching) candidates.add(issue);
    else return null;
  }
  return { certain: [...certain], candidates: [...candidates] };
}
