import { fork, type ChildProcess } from 'node:child_process';
import { HarnessError } from '../clif/harness-error.ts';
import type { FromWorker, RunReport, ShrinkReport, ToWorker } from './messages.ts';

interface Waiting {
  /** For the fault of a worker that ends: `run cases 50 to 99`. */
  readonly doing: string;
  readonly resolve: (message: FromWorker) => void;
  readonly reject: (error: HarnessError) => void;
}

/** A harness fault that happened at work on one case. */
export class CaseHarnessError extends HarnessError {
  readonly caseSeed: string;
  constructor(message: string, caseSeed: string) {
    super('campaign', message);
    this.caseSeed = caseSeed;
  }
}

function isFromWorker(message: unknown): message is FromWorker {
  return typeof message === 'object' && message !== null && 'kind' in message;
}

function requestText(message: ToWorker): string {
  switch (message.kind) {
    case 'run':
      return `run cases ${message.indices[0]} to ${message.indices.at(-1)}`;
    case 'shrink':
      return `shrink case ${message.index}`;
    default:
      return message.kind;
  }
}

/**
 * A case is dead after its run: with room for more of them in the young generation fewer are moved, and what V8 compiled is kept where a
 * mark and sweep would drop it between two cases. A function that is made anew for each case (generator and oracle are full of
 * them) has optimised code only until the next full collection, which finds none of them alive; a hundred and more are compiled
 * again after each. So cases begin in the young generation, whatever became of those before them, and the old one may grow to 256 MiB, or
 * to 16 times what was alive, before it is collected. Measured: a third less processor time in this process. Helpers of the collector would
 * only take turns with drivers and guests, which keep the processors busy: without them, a few percent less again.
 */
const V8_FLAGS = [
  '--max-semi-space-size=32',
  '--no-flush-bytecode',
  '--initial-old-space-size=256',
  '--heap-growing-percent=1500',
  '--no-allocation-site-pretenuring',
  '--single-threaded-gc',
];

/** A worker process as its parent sees it. */
export class WorkerClient {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #ended = false;
  /** Requests sent and not answered. */
  load = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message) => {
      if (isFromWorker(message)) this.#take(message);
    });
    child.on('exit', (code, signal) => {
      this.#ended = true;
      const how = `a worker process ended (${signal ?? `exit code ${code}`})`;
      for (const { doing, reject } of this.#waiting.values()) {
        reject(new HarnessError('campaign', `${how} while it was to ${doing}`));
      }
      this.#waiting.clear();
    });
  }

  static async start(start: Omit<Extract<ToWorker, { kind: 'start' }>, 'kind'>): Promise<WorkerClient> {
    const child = fork(new URL('./worker.js', import.meta.url), [], {
      serialization: 'advanced',
      execArgv: ['--enable-source-maps', ...V8_FLAGS],
    });
    const client = new WorkerClient(child);
    await client.#ask(-1, { kind: 'start', ...start });
    return client;
  }

  /** Process id; its driver and guests are below it. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  async run(indices: readonly number[]): Promise<RunReport> {
    const id = this.#nextId++;
    const answer = await this.#ask(id, { kind: 'run', id, indices });
    if (answer.kind !== 'ran') throw new HarnessError('campaign', `a worker answered ${answer.kind} to run`);
    return answer.report;
  }

  /** Lets the worker generate and print cases for `compile`. */
  async prepare(indices: readonly number[]): Promise<void> {
    const id = this.#nextId++;
    await this.#ask(id, { kind: 'prepare', id, indices });
  }

  /** Compiles the prepared cases and drops the code; gives the number of modules. */
  async compile(): Promise<number> {
    const id = this.#nextId++;
    const answer = await this.#ask(id, { kind: 'compile', id });
    if (answer.kind !== 'done')
      throw new HarnessError('campaign', `a worker answered ${answer.kind} to compile`);
    return answer.modules;
  }

  async shrink(index: number, maxAttempts: number, timeLimitMs: number): Promise<ShrinkReport | null> {
    const id = this.#nextId++;
    const answer = await this.#ask(id, { kind: 'shrink', id, index, maxAttempts, timeLimitMs });
    if (answer.kind !== 'shrunk')
      throw new HarnessError('campaign', `a worker answered ${answer.kind} to shrink`);
    return answer.report;
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.send({ kind: 'stop' } satisfies ToWorker);
    await ended;
  }

  async #ask(id: number, message: ToWorker): Promise<FromWorker> {
    if (this.#ended) throw new HarnessError('campaign', 'the worker process has ended');
    this.load += 1;
    try {
      return await new Promise<FromWorker>((resolve, reject) => {
        this.#waiting.set(id, { doing: requestText(message), resolve, reject });
        this.#child.send(message);
      });
    } finally {
      this.load -= 1;
    }
  }

  #take(message: FromWorker): void {
    const id = 'id' in message ? message.id : -1;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (message.kind !== 'fault') waiting.resolve(message);
    else if (message.caseSeed === null) waiting.reject(new HarnessError('campaign', message.message));
    else waiting.reject(new CaseHarnessError(message.message, message.caseSeed));
  }
}
