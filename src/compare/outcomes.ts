import type { Outcome } from '../clif/outcome.ts';
import type { Signature } from '../clif/signature.ts';
import { bitMask, typeInfo, type Type } from '../clif/type.ts';
import type { SignatureLayout } from '../abi/layout.ts';
import type { Violation } from '../abi/violation.ts';
import { describePlace } from './place.ts';
import { GUARD_LATE, GUARD_PASSED } from './stack-end.ts';
import type { Finding, Observed } from './verdict.ts';

const EXPONENT_BITS: Readonly<Record<number, number>> = { 16: 5, 32: 8, 64: 11, 128: 15 };

function isNan(bits: bigint, width: number): boolean {
  const exponent = EXPONENT_BITS[width];
  if (exponent === undefined) return false;
  const magnitude = bits & bitMask(width - 1);
  return magnitude > bitMask(exponent) << BigInt(width - 1 - exponent);
}

/** Equal bits, or, where NaNs may be any NaN, a NaN in the same lanes. */
export function sameValue(type: Type, a: bigint, b: bigint, anyNan: boolean): boolean {
  if (a === b) return true;
  const info = typeInfo(type);
  if (!anyNan || !info.isFloat) return false;
  const mask = bitMask(info.laneBits);
  for (let lane = 0; lane < info.lanes; lane += 1) {
    const shift = BigInt(lane * info.laneBits);
    const left = (a >> shift) & mask;
    const right = (b >> shift) & mask;
    if (left !== right && !(isNan(left, info.laneBits) && isNan(right, info.laneBits))) return false;
  }
  return true;
}

export function hex(bits: bigint): string {
  return `0x${bits.toString(16)}`;
}

/** One line for people: `returned (0x1, 0x2)`, `trapped with user1`, `SIGSEGV at u0:1+0x24, address 0x10`. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'returned':
      return `returned (${outcome.results.map(hex).join(', ')})`;
    case 'trapped':
      return `trapped with ${outcome.code}`;
    case 'exhausted':
      return `gave up: ${outcome.reason}`;
    case 'faulted':
      return `${outcome.signal} at ${outcome.place}, address ${hex(outcome.address)}`;
    case 'hung':
      return `did not end; stopped at ${outcome.place}`;
    case 'died':
      return `ended the emulator: ${outcome.detail}`;
  }
}

/** What comparing needs to know of the entry and the configuration. */
export interface Comparison {
  readonly signature: Signature;
  readonly layout: SignatureLayout;
  readonly configuration: number;
  readonly input: number;
  /** Whether the module lets bits of NaNs made by arithmetic be seen; asked only where bits differ. */
  readonly anyNan: () => boolean;
}

function differingResult(
  comparison: Comparison,
  expected: readonly bigint[],
  observed: readonly bigint[],
): number {
  return comparison.signature.returns.findIndex((r, i) => {
    const a = expected[i];
    const b = observed[i];
    if (a === undefined || b === undefined) return true;
    // Only NaNs may differ, and whether they may takes a walk through the module.
    return a !== b && !(sameValue(r.type, a, b, true) && comparison.anyNan());
  });
}

function sameOutcome(comparison: Comparison, a: Outcome, b: Outcome): boolean {
  if (a.kind === 'returned' && b.kind === 'returned')
    return differingResult(comparison, a.results, b.results) < 0;
  return a.kind === 'trapped' && b.kind === 'trapped' && a.code === b.code;
}

type Draft = Pick<Finding, 'kind' | 'place' | 'detail'>;

function judge(comparison: Comparison, expected: Outcome, observed: Outcome): Draft {
  const detail = `expected: ${outcomeText(expected)}; observed: ${outcomeText(observed)}`;
  if (observed.kind === 'hung') return { kind: 'hang', place: 'never returns', detail };
  if (observed.kind === 'died') return { kind: 'guest-fault', place: 'the emulator ended', detail };
  if (observed.kind === 'faulted') return { kind: 'guest-fault', place: observed.signal, detail };
  if (expected.kind === 'returned' && observed.kind === 'returned') {
    const index = differingResult(comparison, expected.results, observed.results);
    const type = comparison.signature.returns[index]?.type ?? 'i64';
    const where = describePlace(comparison.layout, index);
    return {
      kind: 'miscompile',
      place: `result ${type} ${where.kind}`,
      detail: `result ${index} (${type}, ${where.text}) of the entry: expected ${hex(expected.results[index] ?? 0n)}, observed ${hex(observed.results[index] ?? 0n)}`,
    };
  }
  if (observed.kind === 'trapped') {
    const place = expected.kind === 'trapped' ? 'another trap' : 'a trap instead of a return';
    return { kind: 'guest-fault', place, detail };
  }
  return { kind: 'miscompile', place: 'a return instead of a trap', detail };
}

/** The place of outcomes that differ between poisons. */
export const UNDEFINED_READ = 'depends on undefined registers or stack';
/** Place of an abi-violation: bytes above sp at entry that are not the callee's. */
export const OVERWRITTEN = 'memory of the caller overwritten';

/** Between the parts of a place that names several things; each part is explained, or not, on its own. */
export const PLACE_SEPARATOR = '; ';

/** Vector registers go together: what is wrong with one is wrong with all. */
function registerPlace(name: string): string {
  if (name.startsWith('high bits')) return name;
  return `${name.replace(/^v\d+/, 'vector registers')} not restored`;
}

function violationPlace(violation: Violation): string {
  switch (violation.kind) {
    case 'register':
      return registerPlace(violation.name);
    case 'sp':
      return 'sp wrong on return';
    case 'canary':
      return OVERWRITTEN;
    case 'alignment':
      return 'sp not aligned at a call';
    case 'tail-sp':
      return 'sp wrong at a tail call';
    case 'frame':
      return 'frame record of the caller overwritten';
    case 'return-address':
      return 'wrong return address told';
    case 'guard':
      return GUARD_PASSED;
    case 'late-guard':
      return GUARD_LATE;
    case 'unwinding':
      return `unwinding information: ${violation.name.replace(/^v\d+/, 'vector registers')}`;
  }
}

/** `s3: expected 0x1, found 0x2 (u0:3, returns to %main+0x4c)`; without the call it is the outermost. */
function violationText({ name, expected, found, call }: Violation): string {
  const where = call === null ? '' : ` (${call})`;
  return `${name}: expected ${hex(expected)}, found ${hex(found)}${where}`;
}

/** `s5 not restored; sp wrong on return`: every rule that was broken, each once. */
export function violationDraft(violations: readonly Violation[]): Draft | null {
  if (violations.length === 0) return null;
  const places = [...new Set(violations.map(violationPlace))].sort();
  const all = violations.map(violationText);
  return { kind: 'abi-violation', place: places.join(PLACE_SEPARATOR), detail: all.join('; ') };
}

/**
 * Holds what the machine did on one input, once per poison, against the oracle: a wrong outcome, or every set of broken rules that
 * a poison showed. An oracle that gave up proves nothing, so nothing is held against it.
 */
export function compareInput(
  comparison: Comparison,
  expected: Outcome,
  observations: readonly Observed[],
): readonly Finding[] {
  if (expected.kind === 'exhausted') return [];
  const { configuration, input } = comparison;
  const finding = (draft: Draft, observed: Outcome): Finding => ({
    ...draft,
    configuration,
    input,
    expected,
    observed,
  });
  const agreeing = observations.filter((o) => sameOutcome(comparison, expected, o.outcome));
  const wrong = observations.find((o) => !sameOutcome(comparison, expected, o.outcome));
  if (wrong !== undefined) {
    const draft = judge(comparison, expected, wrong.outcome);
    if (agreeing.length === 0 || draft.kind !== 'miscompile') return [finding(draft, wrong.outcome)];
    // Right under one poison and wrong under another: something undefined was read.
    return [finding({ kind: 'abi-violation', place: UNDEFINED_READ, detail: draft.detail }, wrong.outcome)];
  }
  const findings = new Map<string, Finding>();
  for (const observed of observations) {
    const draft = violationDraft(observed.violations);
    if (draft === null || findings.has(draft.place)) continue;
    findings.set(draft.place, finding(draft, observed.outcome));
  }
  return [...findings.values()];
}
