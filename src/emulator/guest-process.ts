import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { HarnessError } from '../clif/harness-error.ts';
import { decodeHello, HELLO_BYTES, REPLY_HEADER_BYTES } from './protocol.ts';
import type { Hello } from './protocol.ts';
import type { EmulatedCpu } from './qemu.ts';

/** What a process tells its owner. `died` comes once and last. */
export interface GuestListener {
  hello(hello: Hello): void;
  /** A whole reply frame; the bytes are the listener's to keep. */
  reply(id: number, bytes: Uint8Array): void;
  died(detail: string): void;
}

const STDERR_KEPT = 2000;
const LONGEST_REPLY = 64 << 20;

/** One QEMU with the guest program in it, from start to death. Knows frames, not what they mean. */
export class GuestProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #listener: GuestListener;
  #rest: Buffer = Buffer.alloc(0);
  #greeted = false;
  #complaint = '';
  #corked = false;
  #over = false;

  constructor(cpu: EmulatedCpu, program: string, listener: GuestListener) {
    this.#listener = listener;
    const extra = cpu.extraArguments ?? [];
    const args = [...cpu.qemu.options, '-cpu', cpu.cpu, ...extra, program, ...(cpu.hasVectors ? ['v'] : [])];
    // No environment: QEMU_* variables would change what is emulated.
    this.#child = spawn(cpu.qemu.path, args, { env: pathOnly(), stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString('latin1')).slice(-STDERR_KEPT);
    });
    // A write to a dead process fails here; its end is reported by `close`.
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => this.#end(`cannot be started: ${error.message}`));
    this.#child.on('close', (code, signal) => {
      const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`;
      this.#end(this.#complaint === '' ? how : `${how}: ${this.#complaint.trim()}`);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Writes of one turn of the event loop go out together. */
  send(bytes: Uint8Array): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#child.stdin.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#child.stdin.uncork();
      });
    }
    this.#child.stdin.write(bytes);
  }

  /** Ends the process for a reason that `died` then gives. */
  kill(reason: string): void {
    this.#complaint = reason;
    this.#child.kill('SIGKILL');
  }

  #end(detail: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.died(detail);
  }

  #receive(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#rest = this.#split(this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]));
    } catch (error) {
      if (!(error instanceof HarnessError)) throw error;
      // Code under test may have written over the guest's own state: the same as its death.
      this.kill(error.message);
      this.#end(error.message);
    }
  }

  /** Hands out every whole frame and returns what is left. */
  #split(data: Buffer): Buffer {
    let at = 0;
    if (!this.#greeted) {
      if (data.length < HELLO_BYTES) return data;
      this.#greeted = true;
      at = HELLO_BYTES;
      this.#listener.hello(decodeHello(data.subarray(0, HELLO_BYTES)));
    }
    while (data.length - at >= REPLY_HEADER_BYTES) {
      const length = data.readUInt32LE(at);
      if (length < REPLY_HEADER_BYTES || length > LONGEST_REPLY) {
        throw new HarnessError('emulator', `the guest sent a reply of ${length} bytes`);
      }
      if (data.length - at < length) break;
      this.#listener.reply(data.readUInt32LE(at + 4), data.subarray(at, at + length));
      at += length;
    }
    return at === data.length ? Buffer.alloc(0) : data.subarray(at);
  }
}

function pathOnly(): Record<string, string> {
  const path = process.env['PATH'];
  return path === undefined ? {} : { PATH: path };
}
