import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

import { settingsText, type Configuration } from '../clif/case.ts';
import { HarnessError } from '../clif/harness-error.ts';
import type { CompileResult } from './compile-result.ts';
import { classifyEnd, type ChildEnd } from './driver-end.ts';
import { parseCompileReply, parseHello, type DriverHello } from './driver-reply.ts';
import { ReplyFrames, type ReplyFrame } from './reply-frames.ts';

export interface DriverOptions {
  /** How long one configuration of one request may take. Default 10,000. */
  readonly timeoutMs?: number;
}

export interface CompileOptions {
  /** Also each function's VCode text. */
  readonly wantVcode?: boolean;
  /** Also where each function's values lie and which code its instructions became. Compiles a second time. */
  readonly wantValues?: boolean;
  /** Also call sites without handlers. */
  readonly wantAllCallSites?: boolean;
  /** Also Cranelift's unwind information. */
  readonly wantUnwind?: boolean;
}

interface Pending {
  readonly request: Buffer;
  readonly timeoutMs: number;
  readonly settle: (frame: ReplyFrame) => void;
  /** The child ended while it worked on this request. */
  readonly crash: (end: ChildEnd) => void;
  readonly fail: (error: HarnessError) => void;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const STDERR_LIMIT = 4096;

/**
 * A driver process (`driver/`) and the requests it has in flight. Requests are written as they come and answered in
 * order, so several may be awaited at once. A child that ends is replaced; only the request it died of is `crashed`.
 */
export class Driver {
  readonly #path: string;
  readonly #timeoutMs: number;
  #child: ChildProcessWithoutNullStreams | null = null;
  readonly #pending: Pending[] = [];
  /** When the child could begin with `#pending[0]`. */
  #headSince = 0;
  #timer: NodeJS.Timeout | null = null;
  #killedByTimer = false;
  #closed = false;
  #hello: DriverHello | null = null;

  private constructor(path: string, timeoutMs: number) {
    this.#path = path;
    this.#timeoutMs = timeoutMs;
  }

  /** Starts the binary and asks it who it is. Throws HarnessError if it does not answer. */
  static async start(binaryPath: string, options: DriverOptions = {}): Promise<Driver> {
    const driver = new Driver(binaryPath, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const frame = await new Promise<ReplyFrame>((settle, fail) => {
      driver.#enqueue({
        request: Buffer.from('{"op":"hello"}\n'),
        timeoutMs: driver.#timeoutMs,
        settle,
        crash: (end) => fail(new HarnessError('backend', `the driver ended at its start: ${end.detail}`)),
        fail,
      });
    });
    driver.#hello = parseHello(frame.line);
    return driver;
  }

  /** What this driver's Cranelift knows. */
  hello(): DriverHello {
    if (this.#hello === null) throw new HarnessError('backend', 'hello before the driver was started');
    return this.#hello;
  }

  /** The child's process id; undefined while none runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Compiles the functions in `text` (bytes are UTF-8) under each configuration; one result each, in order. What Cranelift does wrong
   * is in the results; a HarnessError is thrown for what this program or the driver does wrong.
   */
  async compile(
    text: string | Uint8Array,
    configurations: readonly Configuration[],
    options: CompileOptions = {},
  ): Promise<readonly CompileResult[]> {
    if (configurations.length === 0) return [];
    const answer = await this.#ask(text, configurations, options);
    if (!('how' in answer)) return answer;
    if (configurations.length === 1) return [{ kind: 'crashed', how: answer.how, detail: answer.detail }];
    // Some configuration killed the child: each alone tells which.
    const alone = configurations.map((configuration) => this.compile(text, [configuration], options));
    return (await Promise.all(alone)).flat();
  }

  /** Ends the child. Requests in flight fail. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const child = this.#child;
    this.#failAll(new HarnessError('backend', 'the driver was closed'));
    if (child === null) return;
    await new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.kill('SIGKILL');
    });
  }

  #ask(
    text: string | Uint8Array,
    configurations: readonly Configuration[],
    options: CompileOptions,
  ): Promise<readonly CompileResult[] | ChildEnd> {
    const want = wanted(options);
    const body = typeof text === 'string' ? Buffer.from(text) : text;
    const header = JSON.stringify({
      op: 'compile',
      text: body.length,
      configurations: configurations.map(settingsText),
      ...(configurations.every(({ chaos }) => chaos === undefined)
        ? {}
        : { seeds: configurations.map(({ chaos }) => chaos ?? null) }),
      ...(want.length === 0 ? {} : { want }),
    });
    return new Promise((resolve, reject) => {
      this.#enqueue({
        request: Buffer.concat([Buffer.from(`${header}\n`), body]),
        timeoutMs: this.#timeoutMs * configurations.length,
        settle: (frame) => {
          const results = parseCompileReply(frame.line, frame.blob);
          if (results.length !== configurations.length) {
            throw new HarnessError(
              'backend',
              `${results.length} results for ${configurations.length} configurations`,
            );
          }
          resolve(results);
        },
        crash: resolve,
        fail: reject,
      });
    });
  }

  #enqueue(pending: Pending): void {
    if (this.#closed) {
      pending.fail(new HarnessError('backend', 'the driver is closed'));
      return;
    }
    this.#pending.push(pending);
    if (this.#pending.length === 1) this.#beginHead();
    const child = this.#child;
    if (child === null) this.#spawn();
    else child.stdin.write(pending.request);
  }

  /** Starts a child and gives it everything that waits. */
  #spawn(): void {
    // Without a backtrace: what Rust's runtime says of an end is one or two lines then.
    const env = { ...process.env, RUST_BACKTRACE: '0' };
    const child = spawn(this.#path, [], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#killedByTimer = false;
    const frames = new ReplyFrames();
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => this.#receive(frames, chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(0, STDERR_LIMIT);
    });
    // A child that died takes no more requests; 'close' below deals with it.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => {
      if (this.#child === child) this.#child = null;
      this.#failAll(new HarnessError('backend', `cannot run the driver ${this.#path}`, { cause: error }));
    });
    child.on('close', (code, signal) => {
      if (this.#child === child) this.#ended(code, signal, stderr);
    });
    for (const pending of this.#pending) child.stdin.write(pending.request);
    this.#beginHead();
  }

  #receive(frames: ReplyFrames, chunk: Buffer): void {
    frames.push(chunk);
    try {
      for (let frame = frames.next(); frame !== null; frame = frames.next()) {
        const head = this.#pending[0];
        if (head === undefined) throw new HarnessError('backend', 'the driver replied without being asked');
        head.settle(frame);
        this.#pending.shift();
        this.#beginHead();
      }
    } catch (cause) {
      const error =
        cause instanceof HarnessError ? cause : new HarnessError('backend', "the driver's reply", { cause });
      this.#failAll(error);
      // In disorder from here on.
      const child = this.#child;
      this.#child = null;
      child?.kill('SIGKILL');
    }
  }

  #ended(code: number | null, signal: NodeJS.Signals | null, stderr: string): void {
    this.#child = null;
    const end = classifyEnd(
      code,
      signal,
      stderr,
      this.#killedByTimer ? this.#pending[0]?.timeoutMs : undefined,
    );
    if (end === null) {
      this.#failAll(
        new HarnessError('backend', `the driver gave up: ${stderr.trim() || `exit code ${code}`}`),
      );
      return;
    }
    this.#pending.shift()?.crash(end);
    if (this.#pending.length > 0) this.#spawn();
  }

  #failAll(error: HarnessError): void {
    for (const pending of this.#pending.splice(0)) pending.fail(error);
  }

  #beginHead(): void {
    this.#headSince = performance.now();
    if (this.#timer === null && this.#pending.length > 0) this.#arm(this.#timeoutMs);
  }

  /** One timer for all requests: it looks at the head's age and sleeps again, so that no request sets one. */
  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const head = this.#pending[0];
      if (head === undefined) return;
      const leftMs = head.timeoutMs - (performance.now() - this.#headSince);
      if (leftMs > 0) {
        this.#arm(Math.ceil(leftMs));
        return;
      }
      this.#killedByTimer = true;
      this.#child?.kill('SIGKILL');
    }, delayMs);
    this.#timer.unref();
  }
}

function wanted(options: CompileOptions): readonly string[] {
  return [
    ...(options.wantVcode === true ? ['vcode'] : []),
    ...(options.wantValues === true ? ['values'] : []),
    ...(options.wantAllCallSites === true ? ['call-sites'] : []),
    ...(options.wantUnwind === true ? ['unwind'] : []),
  ];
}
