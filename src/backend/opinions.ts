import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

import { HarnessError } from '../clif/harness-error.ts';
import { classifyEnd } from './driver-end.ts';
import { parseNativeCode, type NativeFunction } from './native-code.ts';
import { parseOpinions, type Opinion, type OpinionsReply } from './opinions-reply.ts';
import { ReplyFrames } from './reply-frames.ts';

/** Cranelift's interpreter, cranelift-jit on an x86_64 host, or the x86_64 backend's code, which is not run. */
export type OpinionMode = 'interpret' | 'jit' | 'code';

/** What one request may take beside 10 s for each input, which the process itself limits. */
const TIMEOUT_MS = 10_000;
const STDERR_LIMIT = 4096;

/** How a process ended: by itself, by a signal, or because it took too long. */
interface Ended {
  readonly detail: string;
}

/**
 * A `callfuzz-opinions` process, started when it is first asked. Requests are answered one after the other. A process that
 * dies or hangs is replaced, and all inputs of the request it died of have a silent opinion that says how.
 */
export class Opinions {
  readonly #path: string;
  readonly #mode: OpinionMode;
  #child: ChildProcessWithoutNullStreams | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(binaryPath: string, mode: OpinionMode) {
    this.#path = binaryPath;
    this.#mode = mode;
  }

  /**
   * Runs `entry` of the module in `text` on each input; one opinion each. Throws HarnessError where the process cannot be
   * started or does not keep to the protocol.
   */
  async ask(
    text: string,
    entry: string,
    inputs: readonly (readonly bigint[])[],
  ): Promise<readonly Opinion[]> {
    return (await this.askWith(text, entry, inputs, {})).opinions;
  }

  /** As `ask`, by a process of mode `jit`, with code made under those of `settings` that x86_64 knows and can be given. */
  async askWith(
    text: string,
    entry: string,
    inputs: readonly (readonly bigint[])[],
    settings: Readonly<Record<string, string>>,
  ): Promise<OpinionsReply> {
    const hexadecimal = inputs.map((input) => input.map((bits) => `0x${bits.toString(16)}`));
    const header = JSON.stringify({ text: Buffer.byteLength(text), entry, inputs: hexadecimal, settings });
    const reply = await this.#inTurn(`${header}\n${text}`, TIMEOUT_MS * (inputs.length + 1));
    if (typeof reply === 'string') return parseOpinions(reply, inputs.length);
    const silent = { kind: 'silent', reason: `its process ended: ${reply.detail}` } as const;
    return { opinions: inputs.map(() => silent), followed: [] };
  }

  /** What the x86_64 backend makes of a module, by a process of mode `code`; a text says why it takes none of it. */
  async askCode(text: string, optLevel: string): Promise<readonly NativeFunction[] | string> {
    const header = JSON.stringify({ text: Buffer.byteLength(text), optLevel });
    const reply = await this.#inTurn(`${header}\n${text}`, TIMEOUT_MS);
    return typeof reply === 'string' ? parseNativeCode(reply) : `its process ended: ${reply.detail}`;
  }

  async #inTurn(request: string, timeoutMs: number): Promise<string | Ended> {
    const turn = this.#last.then(() => this.#exchange(request, timeoutMs));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const child = this.#child;
    if (child === null) return;
    await new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.kill('SIGKILL');
    });
  }

  /** The line that answers `request`, or how the process ended instead. */
  async #exchange(request: string, timeoutMs: number): Promise<string | Ended> {
    if (this.#isClosed) throw new HarnessError('backend', 'asked for an opinion after close');
    const child = this.#child ?? this.#start();
    return new Promise((resolve, reject) => {
      const frames = new ReplyFrames();
      let stderr = '';
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        child.kill('SIGKILL');
      }, timeoutMs);
      const settle = (): void => {
        clearTimeout(timer);
        for (const stream of [child.stdout, child.stderr]) stream.removeAllListeners('data');
        child.removeAllListeners();
      };
      child.stdout.on('data', (chunk: Buffer) => {
        frames.push(chunk);
        const frame = frames.next();
        if (frame === null) return;
        settle();
        child.once('close', () => this.#forget(child));
        resolve(frame.line);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        stderr = (stderr + chunk.toString('utf8')).slice(0, STDERR_LIMIT);
      });
      child.on('error', (cause) => {
        settle();
        this.#forget(child);
        reject(new HarnessError('backend', `cannot run ${this.#path}`, { cause }));
      });
      child.on('close', (code, signal) => {
        settle();
        this.#forget(child);
        const end = classifyEnd(code, signal, stderr, isLate ? timeoutMs : undefined);
        if (end !== null) resolve({ detail: `${end.how}: ${end.detail}` });
        else
          reject(
            new HarnessError('backend', `callfuzz-opinions gave up: ${stderr.trim() || `code ${code}`}`),
          );
      });
      child.stdin.write(request);
    });
  }

  #start(): ChildProcessWithoutNullStreams {
    const env = { ...process.env, RUST_BACKTRACE: '0' };
    const child = spawn(this.#path, [this.#mode], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    // A child that died takes no more requests; 'close' deals with it.
    child.stdin.on('error', () => undefined);
    this.#child = child;
    return child;
  }

  #forget(child: ChildProcessWithoutNullStreams): void {
    if (this.#child === child) this.#child = null;
  }
}
