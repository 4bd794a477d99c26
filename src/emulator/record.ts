import { HarnessError } from '../clif/harness-error.ts';
import { RECORD_HEADER_BYTES, REPLY_HEADER_BYTES, VIOLATION_BYTES } from './protocol.ts';

/**
 * A broken rule as the guest reports it; `index` is a register number, or for a canary the byte offset from
 * sp at entry or from the start of the return area, whichever area was overrun; for a frame record 0 is fp and 8 ra; for an argument or
 * result it is a field (`decodeField`); for a guard what was written below it, bytes from sp at entry, and `expected` and `found` are addresses of both;
 * for a register that is unwound it is DWARF's number.
 */
export interface RawViolation {
  readonly kind: (typeof VIOLATION_KINDS)[number];
  readonly index: number;
  readonly expected: bigint;
  readonly found: bigint;
  /** Null at the outermost call. */
  readonly call: RawCall | null;
}

/** A call inside a module: indices into the artifact's stubs, or `entry`. */
export interface RawCall {
  readonly callee: number | 'entry';
  /** The function that made a tail call; null at any other. */
  readonly tailCaller: number | 'entry' | null;
  /** Of a tail call: that which the callee returns to in the end. */
  readonly returnAddress: bigint;
}

/** All registers by number. */
export interface MachineState {
  readonly x: BigUint64Array;
  readonly f: BigUint64Array;
}

export interface ReturnedRecord {
  readonly kind: 'returned';
  /** a0, a1, fa0 and fa1 at 0, 8, 16 and 24, the return area from 32 on. */
  readonly results: DataView;
  readonly violations: readonly RawViolation[];
  /** Only where asked for. */
  readonly state: MachineState | null;
  /** v0 to v31, one after another; empty where not asked for. */
  readonly vectors: Uint8Array;
  readonly log: RawLog;
}

/** The bytes of a call log (`decodeCalls`); empty where none was asked for. */
export interface RawLog {
  readonly bytes: DataView;
  readonly isCut: boolean;
}

export interface StoppedRecord {
  readonly kind: (typeof STOPPED_KINDS)[number];
  readonly signal: number;
  readonly pc: bigint;
  /** `si_addr`; 0 for what is no signal. */
  readonly address: bigint;
  readonly state: MachineState;
  /** At calls before it stopped. */
  readonly violations: readonly RawViolation[];
  readonly log: RawLog;
}

export type RunRecord = ReturnedRecord | StoppedRecord;

/** From 1 on. `uncaught`: an exception was thrown that no handler takes. */
const STOPPED_KINDS = ['signalled', 'hung', 'uncaught'] as const;
const VIOLATION_KINDS = [
  'x',
  'f',
  'frm',
  'argument-canary',
  'return-canary',
  'v',
  'alignment',
  'tail-sp',
  'frame-record',
  'argument',
  'result',
  'handler-sp',
  'return-address',
  'guard',
  'late-guard',
  'unwind-cfa',
  'unwind-saved',
  'unwind-kept',
  'unwind-frame',
] as const;
const NO_CALLEE = 0xffffffff;
const ENTRY_CALLEE = 0xfffffffe;
const NO_VIOLATIONS: readonly RawViolation[] = [];
const STATE_BYTES = 512;

/** Splits a reply to a request with this return area into its records. Throws HarnessError when its lengths do not add up. */
export function decodeReply(
  reply: Uint8Array,
  returnAreaBytes: number,
  wantState: boolean,
): readonly RunRecord[] {
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength);
  const records: RunRecord[] = [];
  let at = REPLY_HEADER_BYTES;
  for (let count = view.getUint32(8, true); count > 0; count--) {
    const length = view.getUint32(at + 4, true);
    if (length < RECORD_HEADER_BYTES || at + length > reply.byteLength) {
      throw new HarnessError('emulator', 'a record of the guest does not fit in its reply');
    }
    const record = new DataView(reply.buffer, reply.byteOffset + at, length);
    const kind = record.getUint32(0, true);
    records.push(
      kind === 0 ? decodeReturned(record, returnAreaBytes, wantState) : decodeStopped(record, kind),
    );
    at += length;
  }
  return records;
}

function decodeReturned(record: DataView, returnAreaBytes: number, wantState: boolean): ReturnedRecord {
  const resultBytes = 32 + returnAreaBytes;
  const count = record.getUint32(8, true);
  const stateAt = RECORD_HEADER_BYTES + resultBytes + count * VIOLATION_BYTES;
  const vectorsAt = stateAt + STATE_BYTES;
  return {
    kind: 'returned',
    results: new DataView(record.buffer, record.byteOffset + RECORD_HEADER_BYTES, resultBytes),
    violations:
      count === 0 ? NO_VIOLATIONS : decodeViolations(record, RECORD_HEADER_BYTES + resultBytes, count),
    state: wantState ? decodeState(record, stateAt) : null,
    vectors: wantState
      ? new Uint8Array(
          record.buffer,
          record.byteOffset + vectorsAt,
          record.byteLength - vectorsAt - logBytesOf(record),
        )
      : new Uint8Array(0),
    log: decodeLog(record),
  };
}

function logBytesOf(record: DataView): number {
  return record.getUint32(16, true);
}

/** A log is the last thing in its record. */
function decodeLog(record: DataView): RawLog {
  const length = logBytesOf(record);
  return {
    bytes: new DataView(record.buffer, record.byteOffset + record.byteLength - length, length),
    isCut: record.getUint32(20, true) !== 0,
  };
}

/** A callee as the guest numbers it. */
export function decodeCallee(index: number): number | 'entry' {
  return index === ENTRY_CALLEE ? 'entry' : index;
}

function decodeCall(record: DataView, at: number): RawCall | null {
  const callee = record.getUint32(at, true);
  if (callee === NO_CALLEE) return null;
  const tailCaller = record.getUint32(at + 4, true);
  return {
    callee: decodeCallee(callee),
    tailCaller: tailCaller === NO_CALLEE ? null : decodeCallee(tailCaller),
    returnAddress: record.getBigUint64(at + 8, true),
  };
}

function decodeViolations(record: DataView, from: number, count: number): readonly RawViolation[] {
  return Array.from({ length: count }, (_, i) => {
    const at = from + i * VIOLATION_BYTES;
    const kind = VIOLATION_KINDS[record.getUint32(at, true)];
    if (kind === undefined)
      throw new HarnessError('emulator', 'the guest reports a violation of an unknown kind');
    return {
      kind,
      index: record.getInt32(at + 4, true),
      expected: record.getBigUint64(at + 8, true),
      found: record.getBigUint64(at + 16, true),
      call: decodeCall(record, at + 24),
    };
  });
}

function decodeStopped(record: DataView, kind: number): StoppedRecord {
  const count = record.getUint32(8, true);
  const violationsAt = RECORD_HEADER_BYTES + 16 + STATE_BYTES;
  const name = STOPPED_KINDS[kind - 1];
  if (name === undefined) throw new HarnessError('emulator', `the guest reports a run of kind ${kind}`);
  return {
    kind: name,
    signal: record.getUint32(12, true),
    pc: record.getBigUint64(RECORD_HEADER_BYTES, true),
    address: record.getBigUint64(RECORD_HEADER_BYTES + 8, true),
    state: decodeState(record, RECORD_HEADER_BYTES + 16),
    violations: count === 0 ? NO_VIOLATIONS : decodeViolations(record, violationsAt, count),
    log: decodeLog(record),
  };
}

export function decodeState(record: DataView, at: number): MachineState {
  const read = (from: number): BigUint64Array =>
    BigUint64Array.from({ length: 32 }, (_, i) => record.getBigUint64(from + 8 * i, true));
  return { x: read(at), f: read(at + 256) };
}
