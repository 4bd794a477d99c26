/** Where the time of a campaign goes, in milliseconds; compile and execute are the other processes' busy time. */
export interface Phases {
  generate: number;
  oracle: number;
  compile: number;
  link: number;
  execute: number;
  compare: number;
  shrink: number;
}

export const PHASE_NAMES: readonly (keyof Phases)[] = [
  'generate',
  'oracle',
  'compile',
  'link',
  'execute',
  'compare',
  'shrink',
];

export function noTime(): Phases {
  return { generate: 0, oracle: 0, compile: 0, link: 0, execute: 0, compare: 0, shrink: 0 };
}

export function addPhases(into: Phases, more: Readonly<Phases>): void {
  for (const name of PHASE_NAMES) into[name] += more[name];
}

/**
 * Tells how long a first-in-first-out server was busy with each answer: from when it was asked, or had given the
 * answer before, whichever is later.
 */
export class BusyClock {
  #lastAnswer = 0;
  readonly #now: () => number;
  constructor(now: () => number) {
    this.#now = now;
  }
  /** Call with the time of asking when the answer has come; gives milliseconds. */
  answered(askedAt: number): number {
    const now = this.#now();
    const busy = now - Math.max(askedAt, this.#lastAnswer);
    this.#lastAnswer = now;
    return Math.max(0, busy);
  }
}
