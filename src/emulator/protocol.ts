import { HarnessError } from '../clif/harness-error.ts';

/*
 * The client's half of guest/protocol.h: change both together.
 */

export const PROTOCOL_VERSION = 5;
export const HELLO_MAGIC = 0x31667a63;
export const HELLO_BYTES = 24;
export const REQUEST_HEADER_BYTES = 80;
export const REPLY_HEADER_BYTES = 16;
export const RECORD_HEADER_BYTES = 24;
export const VIOLATION_BYTES = 40;

/** Where images may be put. */
export const CODE_BASE = 0x2000000000n;
export const CODE_BYTES = 64n << 20n;
/** Where stubs jump to. */
export const RUNTIME_BASE = CODE_BASE - 0x10000n;
export const STACK_BASE = 0x2800000000n;
export const STACK_BYTES = 8n << 20n;
export const PAGE_BYTES = 4096;
/** Of the PROT_NONE area at either end of the stack. */
export const GUARD_BYTES = 1n << 20n;

/** Longest call log of a run, bytes. */
const LOG_LIMIT = 1 << 20;
/** What the guest's output buffer leaves for the logs of all runs of a request. */
const LOGS_LIMIT = 3 << 20;

/** What the guest's input buffer holds. */
const LONGEST_REQUEST = 16 << 20;

/** Words of a row ahead of the argument area: a0-a7, fa0-fa7. */
export const ROW_REGISTERS = 16;

export const HAS_RETURN_AREA = 1;
export const WITH_VECTORS = 2;
export const WANT_STATE = 4;

/** One run; the guest says more of it (`struct run`). */
export interface RequestedRun {
  readonly seed: bigint;
  readonly input: number;
  /** Where its guard lies, between 0, at sp, and 65536, at what the run before it wrote last. */
  readonly guard?: number;
  /** The word of the row to which sp at entry is added. */
  readonly fromSp?: number;
}

export interface RequestShape {
  readonly base: bigint;
  readonly image: Uint8Array;
  readonly entryOffset: number;
  readonly argumentAreaBytes: number;
  readonly returnAreaBytes: number;
  readonly poppedBytes: number;
  /** Stack below sp that starts as poison; a multiple of 64. */
  readonly poisonBytes: number;
  readonly inputCount: number;
  readonly runs: readonly RequestedRun[];
  readonly hasReturnArea: boolean;
  readonly withVectors: boolean;
  readonly wantState: boolean;
  /** Processor time of one run; an eighth for those after a run that hung. */
  readonly limitMs: number;
  /** Bit n: register n must come back unchanged. */
  readonly savedX: number;
  readonly savedF: number;
  /** Room for each run's call log; 0 keeps none. */
  readonly logBytes: number;
  /** See `encodeAnswers`. */
  readonly answers: Uint8Array;
  /** Of the guard of those runs that have one, bytes; a multiple of `PAGE_BYTES`. */
  readonly guardBytes?: number;
  /** Where in the image the table of unwinding information begins; absent where there is none. */
  readonly unwindTable?: number | undefined;
}

/** A request with its rows still to be filled in. The id, at byte 4, is set when it is sent. */
export interface RequestFrame {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly masksAt: number;
  readonly inputsAt: number;
  readonly rowBytes: number;
}

export function makeRequest(shape: RequestShape): RequestFrame {
  const rowBytes = ROW_REGISTERS * 8 + shape.argumentAreaBytes;
  const masksAt = REQUEST_HEADER_BYTES;
  const inputsAt = masksAt + rowBytes;
  const runsAt = inputsAt + rowBytes * shape.inputCount;
  const answersAt = runsAt + 16 * shape.runs.length;
  const imageAt = answersAt + shape.answers.length;
  const length = imageAt + Math.ceil(shape.image.length / 8) * 8;
  checkPlacement(shape);
  if (shape.logBytes > LOG_LIMIT || shape.logBytes * shape.runs.length > LOGS_LIMIT)
    throw new HarnessError(
      'emulator',
      `${shape.runs.length} call logs of ${shape.logBytes} bytes are too long`,
    );
  if (length > LONGEST_REQUEST)
    throw new HarnessError('emulator', `a request of ${length} bytes is too long`);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  view.setBigUint64(8, shape.base, true);
  const flags =
    (shape.hasReturnArea ? HAS_RETURN_AREA : 0) |
    (shape.withVectors ? WITH_VECTORS : 0) |
    (shape.wantState ? WANT_STATE : 0);
  const words = [
    shape.image.length,
    shape.entryOffset,
    shape.argumentAreaBytes,
    shape.returnAreaBytes,
    shape.poppedBytes,
    shape.poisonBytes,
    shape.inputCount,
    shape.runs.length,
    flags,
    shape.limitMs,
    shape.savedX,
    shape.savedF,
    shape.logBytes,
    shape.answers.length,
    shape.guardBytes ?? 0,
    shape.unwindTable ?? 0,
  ];
  words.forEach((word, index) => view.setUint32(16 + 4 * index, word, true));
  shape.runs.forEach((run, index) => {
    view.setBigUint64(runsAt + 16 * index, run.seed, true);
    view.setUint32(runsAt + 16 * index + 8, run.input, true);
    view.setUint16(runsAt + 16 * index + 12, run.guard ?? 0, true);
    view.setUint16(runsAt + 16 * index + 14, run.fromSp === undefined ? 0 : run.fromSp + 1, true);
  });
  bytes.set(shape.answers, answersAt);
  bytes.set(shape.image, imageAt);
  return { bytes, view, masksAt, inputsAt, rowBytes };
}

function checkPlacement(shape: RequestShape): void {
  const end = shape.base + BigInt(shape.image.length);
  if (shape.base < CODE_BASE || end > CODE_BASE + CODE_BYTES || shape.base % 8n !== 0n) {
    throw new HarnessError(
      'emulator',
      `no room in the guest for ${shape.image.length} bytes at 0x${shape.base.toString(16)}`,
    );
  }
}

/** What the guest says of itself on start. */
export interface Hello {
  /** Bytes of a vector register; 0 when the guest was not told to use V. */
  readonly vectorBytes: number;
  /** ra as the code under test sees it. */
  readonly returnAddress: bigint;
}

export function decodeHello(bytes: Uint8Array): Hello {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== HELLO_MAGIC || view.getUint32(4, true) !== PROTOCOL_VERSION) {
    throw new HarnessError('emulator', 'the guest program is of another version than its client');
  }
  return { vectorBytes: view.getUint32(8, true), returnAddress: view.getBigUint64(16, true) };
}
