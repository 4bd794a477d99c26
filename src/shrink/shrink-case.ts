import type { Case } from '../clif/case.ts';
import { ALL_PASSES } from './all-passes.ts';
import { caseKey } from './case-key.ts';
import type { Pass } from './pass.ts';
import { renumberCase } from './renumber-case.ts';
import { caseSize } from './size.ts';
import type { Tidying } from './tidy.ts';
import { tidyCase } from './tidy.ts';
import { isValidCase, isValidStep } from './valid-case.ts';

export interface ShrinkOptions {
  /** Candidates tried at most, one more at the end for the numbering. Skipped ones (invalid, not smaller, tried before) are free. */
  readonly maxAttempts: number;
  /** True once time is up. An outer safety: a result it stopped depends on the machine, which `timedOut` says. */
  readonly deadline?: () => boolean;
  /** Candidates tried at once; changes the time, not the result. Default 1. */
  readonly parallel?: number;
  /** Default `ALL_PASSES`. */
  readonly passes?: readonly Pass[];
}

export interface PassStats {
  readonly name: string;
  readonly attempts: number;
  readonly accepted: number;
}

export interface ShrinkResult {
  readonly case: Case;
  readonly attempts: number;
  /** A bound ended the work before no pass had anything left. */
  readonly exhausted: boolean;
  /** That bound was the deadline. */
  readonly timedOut: boolean;
  readonly passes: readonly PassStats[];
}

interface Prepared {
  readonly index: number;
  readonly kase: Case;
  readonly key: string;
}

interface State {
  current: Case;
  size: number;
  attempts: number;
  stoppedBy: 'attempts' | 'deadline' | null;
  /** How candidates are tidied before they are tried; null while the case fails only untidied. */
  tidying: Tidying | null;
  /** Keys of candidates that were tried: none of them is tried twice. */
  readonly tried: Set<string>;
  /** Answers to candidates that were tried beside an earlier one that won. */
  readonly answers: Map<string, boolean>;
}

const TIDYINGS: readonly Tidying[] = ['all', 'keep dead code'];

type Predicate = (kase: Case) => Promise<boolean>;

function prepare(state: State, made: Case | null, index: number): Prepared | null {
  if (made === null) return null;
  const kase = state.tidying === null ? made : tidyCase(made, state.tidying);
  if (caseSize(kase) >= state.size) return null;
  const key = caseKey(kase);
  if (state.tried.has(key) || !isValidStep(state.current, kase)) return null;
  return { index, kase, key };
}

async function answer(state: State, stillFails: Predicate, candidate: Prepared): Promise<boolean> {
  const known = state.answers.get(candidate.key);
  if (known !== undefined) return known;
  const fails = await stillFails(candidate.kase);
  state.answers.set(candidate.key, fails);
  return fails;
}

/** Tries a batch at once and counts as if one after the other, so that the batch's size never shows in the result. */
async function tryBatch(
  state: State,
  stillFails: Predicate,
  batch: readonly Prepared[],
  maxAttempts: number,
): Promise<Prepared | null> {
  const allowed = batch.slice(0, maxAttempts - state.attempts);
  const answers = await Promise.all(allowed.map((candidate) => answer(state, stillFails, candidate)));
  const won = answers.indexOf(true);
  const counted = won < 0 ? allowed : allowed.slice(0, won + 1);
  state.attempts += counted.length;
  for (const candidate of counted) {
    state.tried.add(candidate.key);
    state.answers.delete(candidate.key);
  }
  return allowed[won] ?? null;
}

/** The next candidates of a pass at or after `position`, at most `limit`. */
function* batches(state: State, pass: Pass, position: number, limit: number): Generator<readonly Prepared[]> {
  let batch: Prepared[] = [];
  let index = -1;
  for (const candidate of pass.candidates(state.current)) {
    index += 1;
    if (index < position) continue;
    const prepared = prepare(state, candidate(), index);
    if (prepared === null || batch.some((other) => other.key === prepared.key)) continue;
    batch.push(prepared);
    if (batch.length < limit) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function findSmaller(
  state: State,
  stillFails: Predicate,
  pass: Pass,
  position: number,
  options: ShrinkOptions,
): Promise<Prepared | null> {
  for (const batch of batches(state, pass, position, Math.max(1, options.parallel ?? 1))) {
    if (state.attempts >= options.maxAttempts) state.stoppedBy = 'attempts';
    else if (options.deadline?.() === true) state.stoppedBy = 'deadline';
    if (state.stoppedBy !== null) return null;
    const winner = await tryBatch(state, stillFails, batch, options.maxAttempts);
    if (winner !== null) return winner;
  }
  return null;
}

/** One sweep of a pass. After a success it goes on at the same place in the new case. Returns how often it succeeded. */
async function sweep(
  state: State,
  stillFails: Predicate,
  pass: Pass,
  options: ShrinkOptions,
): Promise<number> {
  let accepted = 0;
  let position = 0;
  for (;;) {
    const winner = await findSmaller(state, stillFails, pass, position, options);
    if (winner === null) return accepted;
    accepted += 1;
    position = winner.index;
    state.current = winner.kase;
    state.size = caseSize(winner.kase);
  }
}

/** Takes a case of the same meaning where it fails too. */
async function settle(state: State, stillFails: Predicate, kase: Case): Promise<boolean> {
  const key = caseKey(kase);
  if (key === caseKey(state.current)) return true;
  if (state.tried.has(key) || !isValidCase(kase)) return false;
  state.attempts += 1;
  state.tried.add(key);
  if (!(await stillFails(kase))) return false;
  state.current = kase;
  state.size = caseSize(kase);
  return true;
}

/** Where litter itself is what fails, candidates keep theirs; each round asks again. */
async function settleTidying(state: State, stillFails: Predicate, maxAttempts: number): Promise<void> {
  for (const tidying of TIDYINGS) {
    if (state.tidying === tidying || state.attempts >= maxAttempts) return;
    if (!(await settle(state, stillFails, tidyCase(state.current, tidying)))) continue;
    state.tidying = tidying;
    return;
  }
}

/**
 * Makes a failing case smaller while `stillFails` says yes. The result depends only on the case, the passes, `maxAttempts` and
 * the answers, unless `timedOut`. The case given is taken to fail and comes back as it is when nothing smaller does. Every case
 * that is tried is valid CLIF and smaller by `caseSize` than the one it would replace; at the end the result is numbered densely,
 * its entry named `%main`, where it still fails so. An exception of `stillFails` passes through.
 */
export async function shrinkCase(
  kase: Case,
  stillFails: Predicate,
  options: ShrinkOptions,
): Promise<ShrinkResult> {
  const state: State = {
    current: kase,
    size: caseSize(kase),
    attempts: 0,
    stoppedBy: null,
    tidying: null,
    tried: new Set([caseKey(kase)]),
    answers: new Map(),
  };
  const passes = (options.passes ?? ALL_PASSES).map((pass) => ({ pass, attempts: 0, accepted: 0 }));
  for (let isChanged = true; isChanged && state.stoppedBy === null;) {
    isChanged = false;
    await settleTidying(state, stillFails, options.maxAttempts);
    for (const entry of passes) {
      const before = state.attempts;
      const accepted = await sweep(state, stillFails, entry.pass, options);
      entry.attempts += state.attempts - before;
      entry.accepted += accepted;
      if (accepted > 0) isChanged = true;
      if (state.stoppedBy !== null) break;
    }
  }
  // One attempt past the bounds, so that every repro has its names; the answer rarely surprises.
  await settle(state, stillFails, renumberCase(state.current));
  return {
    case: state.current,
    attempts: state.attempts,
    exhausted: state.stoppedBy !== null,
    timedOut: state.stoppedBy === 'deadline',
    passes: passes.map(({ pass, attempts, accepted }) => ({ name: pass.name, attempts, accepted })),
  };
}
