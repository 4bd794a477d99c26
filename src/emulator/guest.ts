import { HarnessError } from '../clif/harness-error.ts';
import { GuestProcess } from './guest-process.ts';
import { CODE_BASE, makeRequest, RUNTIME_BASE } from './protocol.ts';
import type { Hello, RequestFrame, RequestShape } from './protocol.ts';
import type { EmulatedCpu } from './qemu.ts';
import { decodeReply } from './record.ts';
import type { RunRecord } from './record.ts';

export interface GuestOptions {
  readonly emulated: EmulatedCpu;
  /** Path of the guest program (`ensureGuest`). */
  readonly program: string;
  /** Wall-clock time after which a guest that does not answer is killed. Default: from the request's own limits. */
  readonly watchdogMs?: number;
}

/** One record per run, or the guest's death by this very request. */
export type RunReply =
  | { readonly kind: 'records'; readonly records: readonly RunRecord[] }
  | { readonly kind: 'died'; readonly detail: string };

interface Pending {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly returnAreaBytes: number;
  readonly wantState: boolean;
  readonly watchdogMs: number;
  /** How often the guest died with this request alone in it. */
  deathsAlone: number;
  readonly resolve: (reply: RunReply) => void;
  readonly reject: (error: Error) => void;
}

/** A death alone might be somebody else's doing (a kill from outside), two are the request's. */
const DEATHS_TO_BLAME = 2;
const STARTS_TO_GIVE_UP = 3;
const WATCHDOG_SLACK_MS = 5000;
const START_LIMIT_MS = 30_000;

/**
 * A guest that stays alive: requests are answered in the order they were made, any number may be under way, and a dead guest is
 * started again. As replies come in batches, a death with several requests under way blames none: they are sent again one by one,
 * and the one that kills the guest alone, twice, gets `died`.
 */
export class Guest {
  readonly #options: GuestOptions;
  #process: GuestProcess | null = null;
  #hello: Hello | null = null;
  #pending: Pending[] = [];
  /** How many of `#pending`, from the front, are in the process. */
  #sent = 0;
  /** While positive: requests left to send one by one. */
  #suspects = 0;
  #failedStarts = 0;
  #nextId = 1;
  #watchdog: NodeJS.Timeout | null = null;
  #startWaiters: { resolve: (hello: Hello) => void; reject: (error: Error) => void }[] = [];
  #closed = false;
  #onDeath: (() => void) | null = null;
  #restarts = 0;

  constructor(options: GuestOptions) {
    this.#options = options;
  }

  /** Where to link an image. The same for every image: QEMU is no faster when the place changes. */
  get base(): bigint {
    return CODE_BASE;
  }

  /** Where stubs jump to: `Veneers.runtime`. */
  get runtime(): bigint {
    return RUNTIME_BASE;
  }

  get emulated(): EmulatedCpu {
    return this.#options.emulated;
  }

  /** Process id of the QEMU that runs now. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** How many times a dead guest was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Starts QEMU if it does not run. Rejects with HarnessError when the guest never says hello. */
  start(): Promise<Hello> {
    if (this.#hello !== null) return Promise.resolve(this.#hello);
    return new Promise((resolve, reject) => {
      this.#startWaiters.push({ resolve, reject });
      this.#spawn();
    });
  }

  /** Makes a request frame, lets `fill` write masks and inputs, sends it. Starts the guest if it is not running. */
  run(shape: RequestShape, fill: (frame: RequestFrame) => void): Promise<RunReply> {
    if (this.#closed) return Promise.reject(new HarnessError('emulator', 'the guest is closed'));
    const frame = makeRequest(shape);
    fill(frame);
    const id = this.#nextId;
    this.#nextId = (id % 0xffffffff) + 1;
    frame.view.setUint32(4, id, true);
    return new Promise((resolve, reject) => {
      this.#pending.push({
        id,
        bytes: frame.bytes,
        returnAreaBytes: shape.returnAreaBytes,
        wantState: shape.wantState,
        watchdogMs: this.#options.watchdogMs ?? 3 * shape.limitMs * shape.runs.length + WATCHDOG_SLACK_MS,
        deathsAlone: 0,
        resolve,
        reject,
      });
      this.#pump();
    });
  }

  /** Ends QEMU; requests under way are rejected. */
  close(): Promise<void> {
    this.#closed = true;
    this.#rejectAll(new HarnessError('emulator', 'the guest was closed'));
    const running = this.#process;
    if (running === null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDeath = resolve;
      running.kill('closed');
    });
  }

  #spawn(): void {
    if (this.#process !== null) return;
    this.#hello = null;
    this.#process = new GuestProcess(this.#options.emulated, this.#options.program, {
      hello: (hello) => this.#greet(hello),
      reply: (id, bytes) => this.#accept(id, bytes),
      died: (detail) => this.#bury(detail),
    });
    this.#watch();
  }

  #greet(hello: Hello): void {
    this.#hello = hello;
    this.#failedStarts = 0;
    this.#watch();
    for (const waiter of this.#startWaiters.splice(0)) waiter.resolve(hello);
    this.#pump();
  }

  #pump(): void {
    if (this.#pending.length === 0) return;
    if (this.#process === null) this.#spawn();
    if (this.#process === null || this.#hello === null) return;
    const limit = this.#suspects > 0 ? 1 : this.#pending.length;
    const wasIdle = this.#sent === 0;
    for (; this.#sent < limit; this.#sent++) {
      const next = this.#pending[this.#sent];
      if (next === undefined) break;
      this.#process.send(next.bytes);
    }
    if (wasIdle) this.#watch();
  }

  /** The clock runs while the guest starts, and from one reply to the next while anything is under way. */
  #watch(): void {
    if (this.#watchdog !== null) clearTimeout(this.#watchdog);
    const limitMs = this.#patienceMs();
    this.#watchdog =
      limitMs === null
        ? null
        : setTimeout(() => this.#process?.kill(`no answer within ${limitMs} ms`), limitMs);
  }

  #patienceMs(): number | null {
    if (this.#process === null) return null;
    if (this.#hello === null) return START_LIMIT_MS;
    return this.#sent === 0 ? null : (this.#pending[0]?.watchdogMs ?? null);
  }

  #accept(id: number, bytes: Uint8Array): void {
    const first = this.#pending[0];
    if (first === undefined || this.#sent === 0 || first.id !== id) {
      throw new HarnessError('emulator', `the guest answers request ${id} out of turn`);
    }
    const records = decodeReply(bytes, first.returnAreaBytes, first.wantState);
    this.#pending.shift();
    this.#sent--;
    if (this.#suspects > 0) this.#suspects--;
    this.#watch();
    first.resolve({ kind: 'records', records });
    if (this.#suspects > 0 || this.#sent < this.#pending.length) this.#pump();
  }

  #bury(detail: string): void {
    const hadStarted = this.#hello !== null;
    const sent = this.#sent;
    this.#process = null;
    this.#hello = null;
    this.#sent = 0;
    this.#watch();
    this.#onDeath?.();
    if (this.#closed) return;
    if (!hadStarted && ++this.#failedStarts >= STARTS_TO_GIVE_UP) {
      this.#failedStarts = 0;
      this.#rejectAll(new HarnessError('emulator', `the guest does not start: ${detail}`));
      return;
    }
    this.#restarts++;
    this.#suspects = Math.max(this.#suspects, sent);
    if (sent === 1) this.#blame(detail);
    if (this.#pending.length > 0 || this.#startWaiters.length > 0) this.#spawn();
  }

  #blame(detail: string): void {
    const first = this.#pending[0];
    if (first === undefined || ++first.deathsAlone < DEATHS_TO_BLAME) return;
    this.#pending.shift();
    this.#suspects--;
    first.resolve({ kind: 'died', detail });
  }

  #rejectAll(error: Error): void {
    this.#suspects = 0;
    for (const waiter of this.#startWaiters.splice(0)) waiter.reject(error);
    for (const pending of this.#pending.splice(0)) pending.reject(error);
  }
}
