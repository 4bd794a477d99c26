import { HarnessError } from '../clif/harness-error.ts';
import { RECORD_HEADER_BYTES, REPLY_HEADER_BYTES, VIOLATION_BYTES } from './protocol.ts';

/** A broken rule as the guest reports it; `index` is a register number, or for a canary the byte offset from
 * sp at entry or from the start of the return area, whichever area was overrun. */
export interface RawViolation {
  readonly kind: 'x' | 'f' | 'frm' | 'argument-canary' | 'return-canary';
  readonly index: number;
  readonly expected: bigint;
  readonly found: bigint;
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
}

export interface StoppedRecord {
  readonly kind: 'signalled' | 'hung';
  readonly signal: number;
  readonly pc: bigint;
  /** `si_addr`; 0 for a hang. */
  readonly address: bigint;
  readonly state: MachineState;
}

export type RunRecord = ReturnedRecord | StoppedRecord;

const VIOLATION_KINDS: readonly RawViolation['kind'][] = [
  'x',
  'f',
  'frm',
  'argument-canary',
  'return-canary',
];
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
      ? new Uint8Array(record.buffer, record.byteOffset + vectorsAt, record.byteLength - vectorsAt)
      : new Uint8Array(0),
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
    };
  });
}

function decodeStopped(record: DataView, kind: number): StoppedRecord {
  return {
    kind: kind === 1 ? 'signalled' : 'hung',
    signal: record.getUint32(12, true),
    pc: record.getBigUint64(RECORD_HEADER_BYTES, true),
    address: record.getBigUint64(RECORD_HEADER_BYTES + 8, true),
    state: decodeState(record, RECORD_HEADER_BYTES + 16),
  };
}

function decodeState(record: DataView, at: number): MachineState {
  const read = (from: number): BigUint64Array =>
    BigUint64Array.from({ length: 32 }, (_, i) => record.getBigUint64(from + 8 * i, true));
  return { x: read(at), f: read(at + 256) };
}
