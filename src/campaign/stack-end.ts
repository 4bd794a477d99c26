import type { Artifact } from '../backend/artifact.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Case, Configuration } from '../clif/case.ts';
import type { Function } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { releaseNumber } from '../clif/release.ts';
import { executeRuns } from '../emulator/execute.ts';
import type { Guest } from '../emulator/guest.ts';
import type { Observation } from '../emulator/observe.ts';
import type { RequestedRun } from '../emulator/protocol.ts';
import { hasImplicitReturnArea } from './link-case.ts';
import { poisonBytes } from './poison.ts';

/** Of the return address and the frame pointer, which lie right below the CFA. */
export const SETUP_BYTES = 16;
/** The first release that tells of a frame with all that belongs to it, from sp to fp (`driver/build.rs`); before, it leaves out the area for calls. */
export const FRAME_LAYOUT_RELEASE = 125;

/** Whether the compiler tells of whole frames. */
export function knowsFrames(cranelift: string): boolean {
  return (releaseNumber(cranelift) ?? Infinity) >= FRAME_LAYOUT_RELEASE;
}

/** A configuration of a case, compiled and linked, whose plain runs were right. */
export interface StackEnd {
  readonly guest: Guest;
  readonly artifact: Artifact;
  readonly kase: Case;
  readonly entry: Function;
  readonly configuration: Configuration;
  /** Index into the case's configurations. */
  readonly index: number;
  readonly functions: readonly CompiledFunction[];
  /** Of the case's inputs those that the oracle has an answer to. */
  readonly told: readonly { readonly outcome: Outcome; readonly input: number }[];
  readonly seed: bigint;
  readonly cranelift: string;
}

/** One observation per run, with as much of the stack poisoned as the case's plain runs have. */
export async function executeAtEnd(
  stack: StackEnd,
  inputs: readonly (readonly bigint[])[],
  runs: readonly RequestedRun[],
  options: { readonly guardBytes?: number; readonly logBytes?: number },
): Promise<readonly Observation[]> {
  const { guest, artifact, kase, entry, configuration, functions } = stack;
  const implicitReturnArea = hasImplicitReturnArea(configuration);
  const settings = { implicitReturnArea, poisonBytes: poisonBytes(kase.module, functions), ...options };
  return executeRuns(guest, artifact, kase.entry, entry.signature, settings, inputs, runs);
}
