import { A0, fName, SP, xName } from '../abi/registers.ts';
import type { Artifact } from '../backend/artifact.ts';
import type { Outcome } from '../clif/outcome.ts';
import { findBadExtensions, readResults } from './marshal.ts';
import type { CallPlan } from './marshal.ts';
import { guardAt, placeText, signalName, trapCodeAt } from './place.ts';
import type { RawViolation, ReturnedRecord, RunRecord, StoppedRecord } from './record.ts';

/**
 * A rule of the ABI broken at the outermost call. `name`: a register (`s3`, `fs0`, `ra`, `frm`), `sp`, or a place of memory
 * (`sp+0x40`, from sp at entry; `return area-0x8`). `register` also stands for a declared sret that did not come back in a0, and
 * for a result whose high bits are not extended or NaN-boxed as they must be (`high bits of sext result in the return area`).
 */
export interface Violation {
  readonly kind: 'register' | 'sp' | 'canary';
  readonly name: string;
  readonly expected: bigint;
  readonly found: bigint;
}

export interface Observation {
  readonly outcome: Outcome;
  /** Empty unless the outcome is `returned`. */
  readonly violations: readonly Violation[];
}

const NONE: readonly Violation[] = [];

/** What one run of the guest showed. `input` is what it was given, for a declared sret. */
export function observe(
  artifact: Artifact,
  plan: CallPlan,
  input: readonly bigint[],
  record: RunRecord,
): Observation {
  switch (record.kind) {
    case 'returned':
      return {
        outcome: { kind: 'returned', results: readResults(plan, record.results) },
        violations: violationsOf(plan, input, record),
      };
    case 'hung':
      return { outcome: { kind: 'hung', place: placeText(artifact, record.pc) }, violations: NONE };
    case 'signalled':
      return { outcome: stoppedBy(artifact, record), violations: NONE };
  }
}

/** A trap Cranelift knows of, unless the stack itself ran out. */
function stoppedBy(artifact: Artifact, record: StoppedRecord): Outcome {
  const guard = record.signal === SIGSEGV ? guardAt(record.address) : null;
  const code = guard === null ? trapCodeAt(artifact, record.pc) : null;
  if (code !== null) return { kind: 'trapped', code };
  const name = signalName(record.signal);
  return {
    kind: 'faulted',
    signal: guard === null ? name : `${name} in the guard page ${guard} the stack`,
    pc: record.pc,
    address: record.address,
    place: placeText(artifact, record.pc),
  };
}

const SIGSEGV = 11;

function violationsOf(
  plan: CallPlan,
  input: readonly bigint[],
  record: ReturnedRecord,
): readonly Violation[] {
  const sret = plan.layout.sretParam;
  if (record.violations.length === 0 && !plan.hasCheckedHighBits && sret === null) return NONE;
  const violations = record.violations.map(describe);
  for (const bad of findBadExtensions(plan, record.results)) {
    violations.push({ kind: 'register', ...bad });
  }
  if (sret !== null) {
    const expected = input[sret] ?? 0n;
    const found = record.results.getBigUint64(0, true);
    if (found !== expected) violations.push({ kind: 'register', name: xName(A0), expected, found });
  }
  return violations;
}

function describe({ kind, index, expected, found }: RawViolation): Violation {
  switch (kind) {
    case 'x':
      return { kind: index === SP ? 'sp' : 'register', name: xName(index), expected, found };
    case 'f':
      return { kind: 'register', name: fName(index), expected, found };
    case 'frm':
      return { kind: 'register', name: 'frm', expected, found };
    case 'argument-canary':
      return { kind: 'canary', name: `sp${signedHex(index)}`, expected, found };
    case 'return-canary':
      return { kind: 'canary', name: `return area${signedHex(index)}`, expected, found };
  }
}

function signedHex(offset: number): string {
  return `${offset < 0 ? '-' : '+'}0x${Math.abs(offset).toString(16)}`;
}
