import type { Case } from '../clif/case.ts';
import type { Outcome } from '../clif/outcome.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import type { Finding } from '../compare/verdict.ts';
import type { Environment } from './environment.ts';
import type { JournalFinding } from './journal.ts';
import type { Phases } from './phases.ts';

/** What the campaign tells a worker process. Sent with structured cloning, so cases travel as they are. */
export type ToWorker =
  | {
      readonly kind: 'start';
      readonly environment: Environment;
      readonly seed: string;
      readonly profile: string;
      readonly knownIssues: readonly KnownIssue[];
      /** Cells that cases aim at (`aimsOf`). */
      readonly aims: readonly number[];
    }
  | { readonly kind: 'run'; readonly id: number; readonly indices: readonly number[] }
  /** Generates and prints cases and keeps them, so that `compile` measures the compiler alone. */
  | { readonly kind: 'prepare'; readonly id: number; readonly indices: readonly number[] }
  | { readonly kind: 'compile'; readonly id: number }
  | {
      readonly kind: 'shrink';
      readonly id: number;
      readonly index: number;
      readonly maxAttempts: number;
      readonly timeLimitMs: number;
    }
  | { readonly kind: 'stop' };

/** Findings as a worker reports them: all but what only the campaign knows. */
export type RunFinding = Omit<JournalFinding, 'seconds'> & {
  /** Between the finding and the end of the chunk it is in. */
  readonly ageMs: number;
};

export interface RunReport {
  readonly cases: number;
  readonly modules: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly declined: Readonly<Record<string, number>>;
  readonly phases: Readonly<Phases>;
  readonly findings: readonly RunFinding[];
  /** Memory that the worker, its driver and its guest hold now. */
  readonly residentKilobytes: number;
  /** Cells that these cases filled (`encodeCoverage`). */
  readonly coverage: string;
}

export interface ShrinkReport {
  readonly case: Case;
  readonly finding: Finding;
  readonly attempts: number;
  /** True where the bound on attempts or time ended the shrinking. */
  readonly isBounded: boolean;
  readonly milliseconds: number;
  /** The oracle's outcome for each input. */
  readonly expected: readonly Outcome[];
  /** Where the machine's calls part from the oracle's (`locateFinding`). */
  readonly located: readonly string[];
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ran'; readonly id: number; readonly report: RunReport }
  | { readonly kind: 'done'; readonly id: number; readonly modules: number }
  | { readonly kind: 'shrunk'; readonly id: number; readonly report: ShrinkReport | null }
  /** A harness fault. `caseSeed` is null where no case was at work. */
  | {
      readonly kind: 'fault';
      readonly id: number;
      readonly message: string;
      readonly caseSeed: string | null;
    };
