import type { SignatureLayout, ValueLayout } from '../abi/layout.ts';
import { canBeCalledAs, sameExtensions, sameTypes } from '../clif/check-signature.ts';
import type { ExplainedCheck } from '../report/explain-model.ts';
import { check, type CallFacts } from './explain-facts.ts';
import { placeText, rangeAcross, survives } from './explain-live.ts';
import {
  frameCheck,
  pointerCheck,
  savedCheck,
  spAfterCheck,
  spCheck,
  unchangedCheck,
} from './explain-run-checks.ts';
import { argumentBitsCheck, argumentCheck, resultBitsCheck, resultCheck } from './explain-value-checks.ts';

function signatureCheck({ call }: CallFacts): ExplainedCheck {
  const name = 'the call declares what the callee is';
  const { callee, signature, target } = call;
  if (callee === null) {
    const why =
      target === null ? 'which function is called shows only when it runs' : `${target} is not here`;
    return check(name, 'not applicable', why);
  }
  const own = callee.signature;
  if (own.callConv !== signature.callConv) {
    return check(
      name,
      'broken',
      `the call says ${signature.callConv}, ${target} is ${own.callConv}: undefined by CLIF, no fault of the backend`,
    );
  }
  if (!canBeCalledAs(own, signature))
    return check(name, 'broken', `types or purposes differ from ${target}'s: undefined by CLIF`);
  if (!sameTypes(own, signature))
    return check(name, 'ok', 'some integers are seen at another width, as their extension allows');
  if (!sameExtensions(own, signature))
    return check(name, 'ok', 'convention and types are the same, extensions are not');
  return check(name, 'ok', 'convention, types and extensions are the same');
}

function placesText(layout: SignatureLayout): string {
  const list = (values: readonly ValueLayout[]): string =>
    values
      .flatMap((value) =>
        value.parts.map(({ place }) =>
          place.kind === 'memory' ? `${place.offset}` : `${place.kind}${place.register}`,
        ),
      )
      .join(' ');
  return `${list(layout.params)} -> ${list(layout.returns)}`;
}

/** Offsets of memory parts: aligned to their slots, and none over another. */
function offsetFault(values: readonly ValueLayout[]): string | null {
  let end = 0;
  for (const value of values) {
    for (const { place, slotBytes } of value.parts) {
      if (place.kind !== 'memory') continue;
      if (place.offset % slotBytes !== 0) return `offset ${place.offset} of a slot of ${slotBytes} bytes`;
      if (place.offset < end) return `offset ${place.offset} lies in the slot before it`;
      end = place.offset + slotBytes;
    }
  }
  return null;
}

function stackCheck({ layout, calleeLayout, call }: CallFacts): ExplainedCheck {
  const name = 'caller and callee agree on the stack';
  if (layout === null) return check(name, 'not applicable', 'Cranelift refuses the signature');
  const fault = offsetFault(layout.params) ?? offsetFault(layout.returns);
  if (fault !== null) return check(name, 'broken', fault);
  if (calleeLayout === null)
    return check(
      name,
      'not applicable',
      call.callee === null ? 'the callee is not known' : 'the callee has no places',
    );
  if (placesText(layout) !== placesText(calleeLayout))
    return check(
      name,
      'broken',
      `the call uses ${placesText(layout)}, the callee ${placesText(calleeLayout)}`,
    );
  if (layout.poppedBytes !== calleeLayout.poppedBytes) {
    const detail = `places are the same, but the call counts on ${layout.poppedBytes} bytes popped and the callee pops ${calleeLayout.poppedBytes}: sp is off after the call`;
    return check(name, 'broken', detail);
  }
  const bytes = layout.argumentAreaBytes + layout.returnAreaBytes;
  return check(name, 'ok', bytes === 0 ? 'nothing is in memory' : 'same offsets, each aligned to its slot');
}

function keptCheck(facts: CallFacts): ExplainedCheck {
  const name = 'live values are kept where the call does not reach';
  const { call, compiled, jump, live } = facts;
  if (call.isTail) return check(name, 'not applicable', 'nothing is live after a tail call');
  if (live.length === 0) return check(name, 'not applicable', 'nothing is live across the call');
  const labels = compiled?.values;
  if (labels === undefined || jump === null)
    return check(name, 'not applicable', 'no code, or labels that change it');
  let told = 0;
  for (const value of live) {
    const range = rangeAcross(labels, value, jump);
    if (range === null) continue;
    told += 1;
    if (!survives(call, range.place))
      return check(
        name,
        'broken',
        `v${value} is in ${placeText(range.place, null)}, which the call may overwrite`,
      );
  }
  if (told === 0) return check(name, 'not applicable', 'Cranelift tells a place of none of them');
  return check(name, 'ok', `${told} of ${live.length} have a place`);
}

/** Every invariant of one call with its verdict. */
export function checkCallFacts(facts: CallFacts): readonly ExplainedCheck[] {
  return [
    signatureCheck(facts),
    stackCheck(facts),
    spCheck(facts),
    argumentCheck(facts),
    argumentBitsCheck(facts),
    pointerCheck(facts),
    frameCheck(facts),
    keptCheck(facts),
    spAfterCheck(facts),
    savedCheck(facts),
    unchangedCheck(facts),
    resultCheck(facts),
    resultBitsCheck(facts),
  ];
}
