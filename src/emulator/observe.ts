import { dwarfName, dwarfRegister } from '../abi/dwarf-registers.ts';
import { A0, fName, SP, xName } from '../abi/registers.ts';
import { decodeField } from '../abi/field.ts';
import type { Violation } from '../abi/violation.ts';
import type { Artifact } from '../backend/artifact.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { functionNameText } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { UNCAUGHT } from '../clif/throw-routine.ts';
import { decodeCalls } from './call-log.ts';
import type { CallLog } from './call-log.ts';
import { findBadExtensions, highBitsName, readResults } from './marshal.ts';
import type { CallPlan } from './marshal.ts';
import { guardAt, placeText, signalName, trapCodeAt } from './place.ts';
import type { RawCall, RawViolation, ReturnedRecord, RunRecord, StoppedRecord } from './record.ts';

export interface Observation {
  readonly outcome: Outcome;
  /** At calls inside the module; and, if the outcome is `returned`, at the outermost. */
  readonly violations: readonly Violation[];
  /** Null where none was asked for. */
  readonly calls: CallLog | null;
}

const NONE: readonly Violation[] = [];

/** What one run of the guest showed. `input` is what it was given, for a declared sret. */
export function observe(
  artifact: Artifact,
  plan: CallPlan,
  input: readonly bigint[],
  record: RunRecord,
  isLogged: boolean,
): Observation {
  const calls = isLogged ? decodeCalls(artifact, record.log) : null;
  switch (record.kind) {
    case 'returned': {
      const outcome: Outcome = { kind: 'returned', results: readResults(plan, record.results) };
      return { outcome, violations: violationsOf(artifact, plan, input, record), calls };
    }
    case 'hung':
    case 'uncaught':
    case 'signalled': {
      const outcome = stoppedBy(artifact, record);
      const violations =
        record.violations.length === 0 ? NONE : record.violations.map((v) => describe(artifact, plan, v));
      return { outcome, violations, calls };
    }
  }
}

/** A trap Cranelift knows of, unless the stack itself ran out. */
function stoppedBy(artifact: Artifact, record: StoppedRecord): Outcome {
  if (record.kind === 'hung') return { kind: 'hung', place: placeText(artifact, record.pc) };
  if (record.kind === 'uncaught') return UNCAUGHT;
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
  artifact: Artifact,
  plan: CallPlan,
  input: readonly bigint[],
  record: ReturnedRecord,
): readonly Violation[] {
  const sret = plan.layout.sretParam;
  if (record.violations.length === 0 && !plan.hasCheckedHighBits && sret === null) return NONE;
  const violations = record.violations.map((v) => describe(artifact, plan, v));
  for (const bad of findBadExtensions(plan, record.results)) {
    violations.push({ kind: 'register', ...bad, call: null });
  }
  if (sret !== null) {
    const expected = input[sret] ?? 0n;
    const found = record.results.getBigUint64(0, true);
    if (found !== expected)
      violations.push({ kind: 'register', name: xName(A0), expected, found, call: null });
  }
  return violations;
}

function describe(artifact: Artifact, plan: CallPlan, violation: RawViolation): Violation {
  const { expected, found } = violation;
  const call = violation.call === null ? null : callText(artifact, violation.call, violation.kind);
  const { kind, name } = placeOf(violation);
  const isKept = isOfFloat(violation) && keepsAll(artifact, plan, violation.call);
  return { kind, name: isKept ? `${name}${KEPT}` : name, expected, found, call };
}

/** Of a float register that `preserve_all` keeps as it keeps every other; what conventions of the psABI do with it is another matter. */
const KEPT = ' of preserve_all';

function isOfFloat({ kind, index }: RawViolation): boolean {
  return kind === 'f' || (isUnwinding(kind) && dwarfRegister(index)?.kind === 'f');
}

function keepsAll(artifact: Artifact, plan: CallPlan, call: RawCall | null): boolean {
  const callee = call === null || call.callee === 'entry' ? null : artifact.stubs[call.callee];
  return (callee === null ? plan.callConv : callee?.callee.callConv) === 'preserve_all';
}

function placeOf({ kind, index }: RawViolation): Pick<Violation, 'kind' | 'name'> {
  switch (kind) {
    case 'x':
      return { kind: index === SP ? 'sp' : 'register', name: xName(index) };
    case 'f':
      return { kind: 'register', name: fName(index) };
    case 'v':
      return { kind: 'register', name: `v${index & 0xff}${index < 0x100 ? '' : ' above 128 bits'}` };
    case 'frm':
      return { kind: 'register', name: 'frm' };
    case 'guard':
    case 'late-guard':
      return { kind, name: `sp${signedHex(index)}` };
    case 'argument-canary':
      return { kind: 'canary', name: `sp${signedHex(index)}` };
    case 'return-canary':
      return { kind: 'canary', name: `return area${signedHex(index)}` };
    case 'alignment':
    case 'tail-sp':
      return { kind, name: 'sp' };
    case 'frame-record':
      return { kind: 'frame', name: index === 0 ? 'saved fp' : 'saved ra' };
    case 'handler-sp':
      return { kind: 'sp', name: 'sp at a handler' };
    case 'return-address':
      return { kind, name: 'return address' };
    case 'unwind-cfa':
      return { kind: 'unwinding', name: 'CFA' };
    case 'unwind-saved':
      return { kind: 'unwinding', name: dwarfName(index) };
    case 'unwind-kept':
      return { kind: 'unwinding', name: `${dwarfName(index)} left out` };
    case 'unwind-frame':
      return { kind: 'unwinding', name: `${dwarfName(index)} of the frame itself` };
    case 'argument':
    case 'result': {
      const field = decodeField(index);
      if (field === null) throw new HarnessError('emulator', `the guest names field ${index}`);
      return { kind: 'register', name: highBitsName(field.rest, kind, field.place, field.at) };
    }
  }
}

function callText(artifact: Artifact, call: RawCall, kind: RawViolation['kind']): string {
  const callee = calleeText(artifact, call.callee);
  if (isUnwinding(kind)) return `${callee}, at the call before ${placeText(artifact, call.returnAddress)}`;
  // The entry's own tail call leaves the trampoline's address, which is nobody's business.
  const isInside = call.returnAddress >= artifact.base;
  const back = `returns to ${isInside ? placeText(artifact, call.returnAddress) : 'the outermost caller'}`;
  if (call.tailCaller === null) return `${callee}, ${back}`;
  const caller = calleeText(artifact, call.tailCaller);
  return kind === 'argument'
    ? `${callee}, tail-called by ${caller}, ${back}`
    : `${caller}, tail-calling ${callee}, ${back}`;
}

function isUnwinding(kind: RawViolation['kind']): boolean {
  return kind.startsWith('unwind-');
}

function calleeText(artifact: Artifact, callee: RawCall['callee']): string {
  if (callee === 'entry') return 'the entry';
  const stub = artifact.stubs[callee];
  // The stubs lie behind the code under test, which may have gone wild.
  return stub === undefined ? 'a stub that was written over' : functionNameText(stub.callee.name);
}

function signedHex(offset: number): string {
  return `${offset < 0 ? '-' : '+'}0x${Math.abs(offset).toString(16)}`;
}
