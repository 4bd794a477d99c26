import { layoutSignature } from '../abi/layout.ts';
import type { Part, SignatureLayout, ValueLayout } from '../abi/layout.ts';
import { convention, registerSet } from '../abi/convention.ts';
import { A0, FA0, fName, RA, xName } from '../abi/registers.ts';
import type { CallConv, Signature } from '../clif/signature.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { Recent } from '../clif/recent.ts';
import { bitMask } from '../clif/type.ts';
import { restOf } from '../abi/field.ts';
import type { Field, Rest } from '../abi/field.ts';
import { ANSWER_REGISTERS } from './call-log.ts';
import { ROW_REGISTERS } from './protocol.ts';

/** One 64-bit word of a row: which bits of which parameter it takes, and what lies above them. */
interface Move {
  readonly param: number;
  readonly shift: bigint;
  readonly bits: number;
  readonly isSigned: boolean;
  /** Ones above the value: NaN-boxing. */
  readonly box: bigint;
  /** Bytes from the row's start. */
  readonly at: number;
  /** Bits of the word that are the input's; the guest fills the others with poison. */
  readonly mask: bigint;
}

/** One 64-bit word of results, and what its bits above the value must be. */
interface Take {
  readonly result: number;
  readonly shift: bigint;
  /** Of the value in this word; 64 where none are above. */
  readonly bits: number;
  readonly rest: Rest;
  /** Bytes from the start of a record's results. */
  readonly at: number;
  readonly name: string;
}

/** All that is known of a call before its inputs are: made once per signature. */
export interface CallPlan {
  readonly layout: SignatureLayout;
  readonly callConv: CallConv;
  readonly moves: readonly Move[];
  readonly takes: readonly Take[];
  readonly savedX: number;
  readonly savedF: number;
  /** Some result's high bits are defined, so that there is something to check. */
  readonly hasCheckedHighBits: boolean;
}

/** A result whose high bits are defined and wrong: not extended, or not NaN-boxed. */
export interface BadExtension {
  readonly name: string;
  readonly expected: bigint;
  readonly found: bigint;
}

const WORD = 64;
const ALL_ONES = bitMask(WORD);
/** The configurations of a case are executed one right after the other; with more, those of long ago would outlive collections. */
const PLANS_REMEMBERED = 3;
const plans = [
  new Recent<Signature, CallPlan>(PLANS_REMEMBERED),
  new Recent<Signature, CallPlan>(PLANS_REMEMBERED),
] as const;

/** The plan of a signature; remembered for a while. Throws as `layoutSignature` does. */
export function planCall(signature: Signature, implicitReturnArea: boolean): CallPlan {
  return plans[implicitReturnArea ? 1 : 0].for(signature, () =>
    planLayout(layoutSignature(signature, { implicitReturnArea }), signature.callConv),
  );
}

/** Writes the mask row: bits that are not set start as poison. */
export function writeMasks(plan: CallPlan, view: DataView, rowAt: number): void {
  for (const move of plan.moves) view.setBigUint64(rowAt + move.at, move.mask, true);
}

/** Writes an input's row; `input` has one bit pattern per declared parameter. */
export function writeInput(plan: CallPlan, input: readonly bigint[], view: DataView, rowAt: number): void {
  if (input.length !== plan.layout.params.length) {
    throw new HarnessError('emulator', `${input.length} inputs for ${plan.layout.params.length} parameters`);
  }
  for (const move of plan.moves) {
    const value = (input[move.param] ?? 0n) >> move.shift;
    const word = move.isSigned
      ? BigInt.asUintN(WORD, BigInt.asIntN(move.bits, value))
      : BigInt.asUintN(move.bits, value);
    view.setBigUint64(rowAt + move.at, word | move.box, true);
  }
}

/** Arguments of a call as bit patterns, one per declared parameter; `row` is a0-a7, fa0-fa7 and the argument area. */
export function readArguments(plan: CallPlan, row: DataView): readonly bigint[] {
  const values = plan.layout.params.map(() => 0n);
  for (const move of plan.moves) {
    const word = BigInt.asUintN(move.bits, row.getBigUint64(move.at, true));
    values[move.param] = (values[move.param] ?? 0n) | (word << move.shift);
  }
  return values;
}

/** Writes results as a foreign callee answers them: a0, a1, fa0, fa1 and the return area (`ForeignAnswers`). */
export function writeResults(plan: CallPlan, results: readonly bigint[]): BigUint64Array {
  const words = new BigUint64Array(ANSWER_REGISTERS + plan.layout.returnAreaBytes / 8);
  for (const take of plan.takes) {
    const value = BigInt.asUintN(take.bits, (results[take.result] ?? 0n) >> take.shift);
    words[take.at / 8] = take.rest === 'undefined' ? value : extend(value, take.bits, take.rest);
  }
  return words;
}

/** Results of a record as bit patterns, one per declared result. */
export function readResults(plan: CallPlan, results: DataView): readonly bigint[] {
  const values = plan.layout.returns.map(() => 0n);
  for (const take of plan.takes) {
    const word = BigInt.asUintN(take.bits, results.getBigUint64(take.at, true));
    values[take.result] = (values[take.result] ?? 0n) | (word << take.shift);
  }
  return values;
}

/** Results that are not extended or NaN-boxed as the signature and the psABI demand. */
export function findBadExtensions(plan: CallPlan, results: DataView): readonly BadExtension[] {
  const bad: BadExtension[] = [];
  for (const take of plan.takes) {
    if (take.rest === 'undefined') continue;
    const found = results.getBigUint64(take.at, true);
    const expected = extend(BigInt.asUintN(take.bits, found), take.bits, take.rest);
    if (found !== expected) bad.push({ name: take.name, expected, found });
  }
  return bad;
}

function extend(value: bigint, bits: number, rest: 'zero' | 'sign' | 'ones'): bigint {
  switch (rest) {
    case 'zero':
      return value;
    case 'sign':
      return BigInt.asUintN(WORD, BigInt.asIntN(bits, value));
    case 'ones':
      return value | (ALL_ONES ^ bitMask(bits));
  }
}

/** The plan of a layout that may be any model's. */
export function planLayout(layout: SignatureLayout, callConv: CallConv): CallPlan {
  const { savedX, savedF } = convention(callConv);
  const takes = layout.returns.flatMap(takesOf);
  return {
    layout,
    callConv,
    moves: layout.params.flatMap((value, param) => value.parts.flatMap((part) => movesOf(part, param))),
    takes,
    savedX: registerSet([RA, ...savedX]),
    savedF: registerSet(savedF),
    hasCheckedHighBits: takes.some((take) => take.rest !== 'undefined'),
  };
}

/** Byte offset of a parameter's part in a row: x registers, then f registers, then the argument area. */
function rowOffset(part: Part): number {
  switch (part.place.kind) {
    case 'x':
      return (part.place.register - A0) * 8;
    case 'f':
      return (ROW_REGISTERS / 2 + part.place.register - FA0) * 8;
    case 'memory':
      return ROW_REGISTERS * 8 + part.place.offset;
  }
}

/** Byte offset of a result's part in a record's results: a0, a1, fa0, fa1, return area. */
function resultOffset(part: Part): number {
  switch (part.place.kind) {
    case 'x':
      return (part.place.register - A0) * 8;
    case 'f':
      return 16 + (part.place.register - FA0) * 8;
    case 'memory':
      return 32 + part.place.offset;
  }
}

/** The words of a part: bit offset from the part's start, and how many bits of the value the word holds. */
function wordsOf(part: Part): readonly { readonly bit: number; readonly bits: number }[] {
  return Array.from({ length: Math.ceil(part.bits / WORD) }, (_, i) => ({
    bit: i * WORD,
    bits: Math.min(WORD, part.bits - i * WORD),
  }));
}

function movesOf(part: Part, param: number): readonly Move[] {
  return wordsOf(part).map(({ bit, bits }) => ({
    param,
    shift: BigInt(part.valueBit + bit),
    bits,
    isSigned: part.extension === 'sext',
    box: part.isNanBoxed ? ALL_ONES ^ bitMask(bits) : 0n,
    at: rowOffset(part) + bit / 8,
    mask: part.isNanBoxed || part.extension !== 'none' ? ALL_ONES : bitMask(bits),
  }));
}

function takesOf(value: ValueLayout, result: number): readonly Take[] {
  return value.parts.flatMap((part) =>
    wordsOf(part).map(({ bit, bits }) => ({
      result,
      shift: BigInt(part.valueBit + bit),
      bits,
      rest: restOf(part),
      at: resultOffset(part) + bit / 8,
      name: highBitsName(
        restOf(part),
        'result',
        part.place.kind,
        part.place.kind === 'memory' ? 0 : part.place.register,
      ),
    })),
  );
}

/** The same for every type and offset, so that one fault makes one bucket. */
export function highBitsName(
  rest: Rest,
  what: 'argument' | 'result',
  place: Field['place'],
  register: number,
): string {
  const memory = what === 'argument' ? 'on the stack' : 'in the return area';
  const where = place === 'memory' ? memory : `in ${place === 'x' ? xName(register) : fName(register)}`;
  return `high bits of ${REST_NAMES[rest]} ${what} ${where}`;
}

const REST_NAMES: Readonly<Record<Rest, string>> = {
  undefined: 'narrow',
  zero: 'uext',
  sign: 'sext',
  ones: 'NaN-boxed',
};
