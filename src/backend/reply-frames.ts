import { HarnessError } from '../clif/harness-error.ts';
import { COMPILE_REPLY_START } from './driver-reply.ts';

const NEWLINE = 10;
const NO_BYTES = new Uint8Array(0);

export interface ReplyFrame {
  /** The JSON line without its newline. */
  readonly line: string;
  /** A view of the bytes pushed in. */
  readonly blob: Uint8Array;
}

/** Cuts the driver's output into replies, however the pipe cut it into chunks. */
export class ReplyFrames {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  /** Chunks behind `#bytes`, put together once a frame is whole: a long one comes in many, and each would be copied as often as others follow. */
  #later: Buffer[] = [];
  #laterBytes = 0;
  /** Bytes of the frame being waited for, where its line is known: spares reading the line again. */
  #needed = 0;

  push(chunk: Buffer): void {
    this.#later.push(chunk);
    this.#laterBytes += chunk.length;
  }

  /** The next whole frame, or null. Throws HarnessError if a line is none of the driver's. */
  next(): ReplyFrame | null {
    if (this.#bytes.length - this.#start + this.#laterBytes < this.#needed) return null;
    this.#join();
    const newline = this.#bytes.indexOf(NEWLINE, this.#start);
    if (newline < 0) return null;
    const line = this.#bytes.toString('utf8', this.#start, newline);
    const blobBytes = blobLength(line);
    const end = newline + 1 + blobBytes;
    if (end > this.#bytes.length) {
      this.#needed = end - this.#start;
      return null;
    }
    this.#needed = 0;
    this.#start = end;
    return { line, blob: blobBytes === 0 ? NO_BYTES : this.#bytes.subarray(newline + 1, end) };
  }

  #join(): void {
    const [first] = this.#later;
    if (first === undefined) return;
    const rest = this.#bytes.subarray(this.#start);
    this.#bytes =
      rest.length === 0 && this.#later.length === 1 ? first : Buffer.concat([rest, ...this.#later]);
    this.#start = 0;
    this.#later = [];
    this.#laterBytes = 0;
  }
}

function blobLength(line: string): number {
  if (!line.startsWith(COMPILE_REPLY_START)) return 0;
  const bytes = Number.parseInt(line.slice(COMPILE_REPLY_START.length, COMPILE_REPLY_START.length + 12), 10);
  if (!Number.isSafeInteger(bytes))
    throw new HarnessError('backend', `driver's reply without a blob length: ${line}`);
  return bytes;
}
