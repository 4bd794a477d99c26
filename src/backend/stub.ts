import type { SignatureLayout, Part, ValueLayout } from '../abi/layout.ts';
import { convention, registerSet } from '../abi/convention.ts';
import { encodeField, restOf } from '../abi/field.ts';
import { A0, FA0 } from '../abi/registers.ts';
import type { CallConv } from '../clif/signature.ts';
import type { FunctionName } from '../clif/module.ts';

/*
 * A stub stands in front of a function: two instructions that jump into the guest's runtime, and a struct callee (guest/protocol.h) that
 * tells it what the function's own signature promises. Change both together.
 */

/** A function that calls go to through a stub. */
export interface Callee {
  readonly name: FunctionName;
  readonly layout: SignatureLayout;
  readonly callConv: CallConv;
  /**
   * `foreign`: there is no such function; the runtime records the call and answers it. `throws`: there is no such function either; the
   * runtime goes on at the nearest handler, `throws-to` at that of the instance it is told.
   */
  readonly kind: 'compiled' | 'foreign' | 'throws' | 'throws-to';
  /** Whether callers must have extended each parameter that says so: false where a call site has another view of it. */
  readonly isExtensionChecked: (param: number) => boolean;
  /** Words from sp that the call log holds of a call. */
  readonly stackWords: number;
  /** Made once (`stubOf`). */
  stub?: Stub;
}

/** auipc t6; jalr t6, t6. */
const CODE_BYTES = 8;
const HEADER_BYTES = 96;
const NO_FIELD = 0xffffffff;
const RETURN_AREA = 1;
const SAVES_VECTORS = 2;
const RESTORES = 4;
const KIND_FLAGS: Readonly<Record<Callee['kind'], number>> = {
  compiled: 0,
  foreign: 0,
  throws: 8,
  'throws-to': 24,
};
const WORD = 64;
const ALL_ONES = (1n << 64n) - 1n;

/** The description of a callee; code, address and index are still to be filled in. A multiple of 16 bytes. */
export type Stub = Uint8Array;

/** Where in a stub the function's address stands, and its index. */
export const STUB_TARGET_OFFSET = CODE_BYTES;
export const STUB_INDEX_OFFSET = CODE_BYTES + 8;

function partsOf(values: readonly ValueLayout[]): readonly Part[] {
  return values.flatMap((value) => value.parts);
}

/** Fields of the arguments that callers must have extended or boxed. */
function checkedArguments(callee: Callee): readonly number[] {
  const fields: number[] = [];
  callee.layout.params.forEach((value, index) => {
    for (const part of value.parts) {
      if (restOf(part) === 'undefined') continue;
      if (part.isNanBoxed || callee.isExtensionChecked(index)) fields.push(encodeField(part));
    }
  });
  return fields;
}

/** The registers of one kind that parts lie in. */
function registersOf(values: readonly ValueLayout[], kind: 'x' | 'f'): number {
  let set = 0;
  for (const { parts } of values)
    for (const { place } of parts) if (place.kind === kind) set |= 1 << place.register;
  return set >>> 0;
}

/** Defined bits of a0, a1, fa0, fa1 on return. */
function resultMasks(layout: SignatureLayout): readonly bigint[] {
  const masks = [0n, 0n, 0n, 0n];
  if (layout.sretParam !== null) masks[0] = ALL_ONES;
  for (const part of partsOf(layout.returns)) {
    if (part.place.kind === 'memory') continue;
    const index = part.place.kind === 'x' ? part.place.register - A0 : 2 + part.place.register - FA0;
    masks[index] = restOf(part) === 'undefined' ? (1n << BigInt(part.bits)) - 1n : ALL_ONES;
  }
  return masks;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Equal for equal lists of numbers, and hardly for others (FNV-1a). */
function hashOf(numbers: readonly number[]): number {
  return numbers.reduce((state, n) => Math.imul(state ^ n, FNV_PRIME) >>> 0, FNV_OFFSET);
}

/** A callee's stub without its code, address and index; kept in the callee. */
export function stubOf(callee: Callee): Stub {
  callee.stub ??= makeStub(callee);
  return callee.stub;
}

function makeStub(callee: Callee): Stub {
  const { layout } = callee;
  const promise = convention(callee.callConv);
  const { params } = layout;
  const results = partsOf(layout.returns);
  const checked = checkedArguments(callee);
  const narrow = results.filter((part) => part.bits < WORD).map(encodeField);
  const fields = [...checked, ...narrow];
  const bytes = new Uint8Array(Math.ceil((CODE_BYTES + HEADER_BYTES + 4 * fields.length) / 16) * 16);
  const view = new DataView(bytes.buffer);
  const returnAreaPointer = layout.hasReturnAreaPointer ? 1 << A0 : 0;
  const sret = layout.sretParam === null ? undefined : layout.params[layout.sretParam]?.parts[0];
  const words = [
    (layout.hasReturnAreaPointer ? RETURN_AREA : 0) |
      (promise.savesVectors ? SAVES_VECTORS : 0) |
      (promise.isRestoredByThrow ? RESTORES : 0) |
      KIND_FLAGS[callee.kind],
    registerSet(promise.savedX),
    registerSet(promise.savedF),
    registersOf(params, 'x') | returnAreaPointer,
    registersOf(params, 'f'),
    layout.argumentAreaBytes,
    layout.returnAreaBytes,
    layout.poppedBytes,
    callee.stackWords,
    sret === undefined ? NO_FIELD : encodeField(sret),
    hashOf(results.flatMap((part) => [encodeField(part), part.bits])),
  ];
  words.forEach((word, i) => view.setUint32(STUB_INDEX_OFFSET + 4 + 4 * i, word, true));
  const masksAt = STUB_INDEX_OFFSET + 4 + 4 * words.length;
  resultMasks(layout).forEach((mask, i) => view.setBigUint64(masksAt + 8 * i, mask, true));
  view.setUint32(masksAt + 32, checked.length, true);
  view.setUint32(masksAt + 36, narrow.length, true);
  fields.forEach((field, i) => view.setUint32(masksAt + 40 + 4 * i, field, true));
  return bytes;
}
