import { convention } from '../abi/convention.ts';
import { A0, fName, SP, xName } from '../abi/registers.ts';
import type { CallConv } from '../clif/signature.ts';
import type { TracedState } from '../emulator/call-trace.ts';
import type { ExplainedCheck } from '../report/explain-model.ts';
import { check, checkRuns, FP, fOf, hex, RIGHT, xOf, type CallFacts } from './explain-facts.ts';
import { FRAME_LAYOUT_RELEASE } from './stack-end.ts';

const STACK_ALIGN = 16n;

export function spCheck(facts: CallFacts): ExplainedCheck {
  return checkRuns(facts, 'sp is a multiple of 16', '', ({ before, entry }) => {
    for (const state of [before, entry]) {
      if (state !== null && xOf(state, SP) % STACK_ALIGN !== 0n)
        return `sp is ${hex(xOf(state, SP))} ${state === before ? 'at the call' : "at the callee's start"}`;
    }
    return RIGHT;
  });
}

export function spAfterCheck(facts: CallFacts): ExplainedCheck {
  const popped = BigInt(facts.layout?.poppedBytes ?? 0);
  return checkRuns(facts, 'sp after the call', 'it does not come back here', ({ before, after }) => {
    if (after === null) return null;
    const wanted = xOf(before, SP) + popped;
    return xOf(after, SP) === wanted ? RIGHT : `sp is ${hex(xOf(after, SP))} instead of ${hex(wanted)}`;
  });
}

/** Registers of a convention that are not as they were. */
function lostRegisters(callConv: CallConv, before: TracedState, after: TracedState): readonly string[] {
  const { savedX, savedF } = convention(callConv);
  const x = savedX.filter((n) => xOf(before, n) !== xOf(after, n));
  const f = savedF.filter((n) => fOf(before, n) !== fOf(after, n));
  return [
    ...x.map((n) => `${xName(n)} is ${hex(xOf(after, n))} instead of ${hex(xOf(before, n))}`),
    ...f.map((n) => `${fName(n)} is ${hex(fOf(after, n))} instead of ${hex(fOf(before, n))}`),
  ];
}

export function savedCheck(facts: CallFacts): ExplainedCheck {
  const name = 'callee-saved registers, gp and tp come back';
  return checkRuns(facts, name, 'it does not come back here', ({ before, after }) => {
    if (after === null) return null;
    const lost = lostRegisters(facts.call.signature.callConv, before, after);
    return lost.length === 0 ? RIGHT : lost.join('; ');
  });
}

export function pointerCheck(facts: CallFacts): ExplainedCheck {
  const name = 'the hidden return pointer is in a0';
  const { layout, call } = facts;
  if (layout?.hasReturnAreaPointer !== true) return check(name, 'not applicable', 'no return area');
  const argumentBytes = BigInt(layout.argumentAreaBytes);
  return checkRuns(facts, name, "the callee's start was not seen", ({ before, entry }) => {
    if (entry === null) return null;
    const pointer = xOf(entry, A0);
    if (pointer % STACK_ALIGN !== 0n) return `a0 is ${hex(pointer)}, no multiple of 16`;
    // A tail call hands its own pointer on.
    if (call.isTail) return RIGHT;
    const low = xOf(before, SP) + argumentBytes;
    const high = xOf(before, FP);
    const isInFrame = pointer >= low && pointer + BigInt(layout.returnAreaBytes) <= high;
    return isInFrame ? RIGHT : `a0 is ${hex(pointer)}, not in the caller's frame ${hex(low)} to ${hex(high)}`;
  });
}

export function frameCheck(facts: CallFacts): ExplainedCheck {
  const name = 'the frame is as large as Cranelift says';
  const size = facts.compiled?.frameSizeBytes;
  if (size === undefined) return check(name, 'not applicable', 'no code');
  if (facts.release < FRAME_LAYOUT_RELEASE)
    return check(name, 'not applicable', 'versions before 0.125 tell another size');
  if (facts.call.isTail) return check(name, 'not applicable', 'the frame is gone at a tail call');
  return checkRuns(facts, name, '', ({ before }) => {
    const found = xOf(before, FP) - xOf(before, SP);
    return found === BigInt(size) ? RIGHT : `fp - sp is ${found}, the metadata say ${size}`;
  });
}

export function unchangedCheck(facts: CallFacts): ExplainedCheck {
  const name = 'live values are the same after the call';
  if (facts.live.length === 0) return check(name, 'not applicable', 'nothing is live across the call');
  return checkRuns(facts, name, 'none was seen in a register before and after', (event) => {
    if (event.after === null) return null;
    let compared = 0;
    for (const value of facts.live) {
      const before = event.known.get(value);
      const after = event.seenAfter.get(value);
      if (before === undefined || after === undefined || event.redefined.has(value)) continue;
      if (before !== after) return `v${value} was ${hex(before)} and is ${hex(after)}`;
      compared += 1;
    }
    return compared === 0 ? null : RIGHT;
  });
}
