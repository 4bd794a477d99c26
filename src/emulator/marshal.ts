import { layoutSignature } from '../abi/layout.ts';
import type { Part, SignatureLayout, ValueLayout } from '../abi/layout.ts';
import { A0, calleeSaved, FA0, fName, RA, xName } from '../abi/registers.ts';
import type { RegisterNumber } from '../abi/registers.ts';
import type { Signature } from '../clif/signature.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { bitMask } from '../clif/type.ts';
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
  readonly rest: 'undefined' | 'zero' | 'sign' | 'ones';
  /** Bytes from the start of a record's results. */
  readonly at: number;
  readonly name: string;
}

/** All that is known of a call before its inputs are: made once per signature. */
export interface CallPlan {
  readonly layout: SignatureLayout;
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
const plans = [new WeakMap<Signature, CallPlan>(), new WeakMap<Signature, CallPlan>()] as const;

/** The plan of a signature; remembered for as long as the object lives. Throws as `layoutSignature` does. */
export function planCall(signature: Signature, implicitReturnArea: boolean): CallPlan {
  const known = plans[implicitReturnArea ? 1 : 0];
  const plan = known.get(signature) ?? makePlan(signature, implicitReturnArea);
  known.set(signature, plan);
  return plan;
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

function makePlan(signature: Signature, implicitReturnArea: boolean): CallPlan {
  const layout = layoutSignature(signature, { implicitReturnArea });
  const saved = calleeSaved(signature.callConv);
  const takes = layout.returns.flatMap(takesOf);
  return {
    layout,
    moves: layout.params.flatMap((value, param) => value.parts.flatMap((part) => movesOf(part, param))),
    takes,
    savedX: bitSet([RA, ...saved.x]),
    savedF: bitSet(saved.f),
    hasCheckedHighBits: takes.some((take) => take.rest !== 'undefined'),
  };
}

function bitSet(registers: readonly RegisterNumber[]): number {
  return registers.reduce((bits, register) => bits | (1 << register), 0) >>> 0;
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
      name: highBitsName(part),
    })),
  );
}

function restOf(part: Part): Take['rest'] {
  if (part.isNanBoxed) return 'ones';
  switch (part.extension) {
    case 'none':
      return 'undefined';
    case 'uext':
      return 'zero';
    case 'sext':
      return 'sign';
  }
}

/** The same for every type and offset, so that one fault makes one bucket. */
function highBitsName(part: Part): string {
  const { place } = part;
  if (place.kind === 'f') return `high bits of NaN-boxed result in ${fName(place.register)}`;
  const where = place.kind === 'x' ? xName(place.register) : 'the return area';
  return `high bits of ${part.extension} result in ${where}`;
}
