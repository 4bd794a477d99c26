import type { Artifact } from '../backend/artifact.ts';
import type { Callee } from '../backend/stub.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { decodeCallee, decodeState } from './record.ts';
import type { MachineState, RawLog } from './record.ts';

interface LoggedBase {
  /** Null: the entry, whose calls to others alone are seen. */
  readonly callee: Callee | null;
  /** 1 for calls made by the entry; 0 for what stands in the entry's place after its tail call. */
  readonly depth: number;
  /** Of the call; of a tail call that which its callee returns to in the end. */
  readonly returnAddress: bigint;
  readonly sp: bigint;
}

/** A call as its callee found it. */
export interface LoggedCall extends LoggedBase {
  readonly kind: 'call';
  readonly isTail: boolean;
  /** a0-a7, fa0-fa7, then the callee's `stackWords` words from sp: what `readArguments` takes. */
  readonly row: DataView;
  /** Every register at entry; only of foreign callees. ra is the link register as it was: at a tail call into the guest. */
  readonly registers: MachineState | null;
}

/** A return as it was before anything was spoilt; after tail calls `callee` is who returned. */
export interface LoggedReturn extends LoggedBase {
  readonly kind: 'return';
  /** a0, a1, fa0, fa1, return area: what `readResults` takes. */
  readonly results: DataView;
}

export type LoggedEntry = LoggedCall | LoggedReturn;

/** What veneers saw, in order. The outermost call and return, and a return that follows the entry's own tail call, are not in it. */
export interface CallLog {
  readonly entries: readonly LoggedEntry[];
  /** True where the room that was asked for did not hold all. */
  readonly isCut: boolean;
}

const HEADER_BYTES = 32;
const REGISTERS_BYTES = 512;
const IS_TAIL = 1;
const IS_FOREIGN = 2;

/** Entries of a log, up to one that names no stub: those lie in reach of the code under test. Throws HarnessError when its lengths do not add up. */
export function decodeCalls(artifact: Artifact, log: RawLog): CallLog {
  const { bytes } = log;
  const entries: LoggedEntry[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const length = bytes.getUint32(at + 4, true);
    if (length < HEADER_BYTES || at + length > bytes.byteLength)
      throw new HarnessError('emulator', "an entry of the guest's call log does not fit in it");
    const entry = decodeEntry(artifact, new DataView(bytes.buffer, bytes.byteOffset + at, length));
    if (entry === null) return { entries, isCut: true };
    entries.push(entry);
    at += length;
  }
  return { entries, isCut: log.isCut };
}

function decodeEntry(artifact: Artifact, entry: DataView): LoggedEntry | null {
  const index = decodeCallee(entry.getUint32(8, true));
  const stub = index === 'entry' ? undefined : artifact.stubs[index];
  if (index !== 'entry' && stub === undefined) return null;
  const flags = entry.getUint16(2, true);
  const base = {
    callee: stub?.callee ?? null,
    depth: entry.getUint32(12, true),
    returnAddress: entry.getBigUint64(16, true),
    sp: entry.getBigUint64(24, true),
  };
  const rest = (from: number): DataView =>
    new DataView(entry.buffer, entry.byteOffset + from, entry.byteLength - from);
  if (entry.getUint16(0, true) === 1) return { ...base, kind: 'return', results: rest(HEADER_BYTES) };
  const isForeign = (flags & IS_FOREIGN) !== 0;
  return {
    ...base,
    kind: 'call',
    isTail: (flags & IS_TAIL) !== 0,
    row: rest(HEADER_BYTES + (isForeign ? REGISTERS_BYTES : 0)),
    registers: isForeign ? decodeState(entry, HEADER_BYTES) : null,
  };
}

/** What a foreign callee answers to its calls of a run, one after another and then from the start again. */
export interface ForeignAnswers {
  /** Index into the artifact's stubs. */
  readonly callee: number;
  /** a0, a1, fa0, fa1 and then the return area, as whole words; bits that the callee's layout leaves undefined are spoilt all the same. */
  readonly rows: readonly BigUint64Array[];
}

/** Words of a row ahead of the return area. */
export const ANSWER_REGISTERS = 4;

/** Answers as the guest takes them. */
export function encodeAnswers(answers: readonly ForeignAnswers[]): Uint8Array {
  const words = answers.flatMap(({ callee, rows }) => {
    const rowWords = rows[0]?.length ?? 0;
    if (rowWords < ANSWER_REGISTERS || rows.some((row) => row.length !== rowWords))
      throw new HarnessError(
        'emulator',
        `the answers of foreign callee ${callee} are not rows of one length`,
      );
    const sizes = [BigInt(callee) | (BigInt(rows.length) << 32n), BigInt(rowWords * 8)];
    return [...sizes, ...rows.flatMap((row) => [...row])];
  });
  const bytes = new Uint8Array(words.length * 8);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setBigUint64(8 * i, word, true));
  return bytes;
}
