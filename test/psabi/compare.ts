import type { Part, SignatureLayout } from '../../src/abi/layout.ts';
import { layoutPsabi } from '../../src/abi/psabi.ts';
import type { Clauses } from '../../src/abi/psabi-clauses.ts';
import { A0, FA0 } from '../../src/abi/registers.ts';
import type { Signature } from '../../src/clif/signature.ts';
import { bitMask, typeInfo } from '../../src/clif/type.ts';
import { REPLY, REQUEST, SRET_WORDS, STACK_WORDS } from './program.ts';

/** A signature with the values that go through it. */
export interface Sample {
  readonly signature: Signature;
  readonly args: readonly bigint[];
  readonly results: readonly bigint[];
  /** Fills what nobody defines. */
  readonly garbage: readonly bigint[];
}

const WORD = bitMask(64);
/** A result in memory: the shim's through the caller's pointer, and the callee's through the host's. */
const SHIM_MEMORY = Array.from({ length: SRET_WORDS }, (_, i) => 0x5e7n + BigInt(i));

function hasSret(signature: Signature): boolean {
  return signature.params[0]?.purpose.kind === 'sret';
}

/** The word of a part's place: the value's bits, and what is defined above them. */
function partWord(part: Part, value: bigint): { readonly word: bigint; readonly mask: bigint } {
  const bits = BigInt.asUintN(part.bits, value >> BigInt(part.valueBit));
  const low = bitMask(part.bits);
  if (part.isNanBoxed) return { word: bits | (WORD ^ low), mask: WORD };
  if (part.extension === 'uext') return { word: bits, mask: WORD };
  if (part.extension === 'sext')
    return { word: BigInt.asUintN(64, BigInt.asIntN(part.bits, bits)), mask: WORD };
  return { word: bits, mask: low };
}

function argumentWord(part: Part): number {
  switch (part.place.kind) {
    case 'x':
      return REQUEST.x + part.place.register - A0;
    case 'f':
      return REQUEST.f + part.place.register - FA0;
    case 'memory':
      return REQUEST.stack + part.place.offset / 8;
  }
}

/** Index among a0, a1, fa0, fa1; null where the model has another place, which no result has. */
function resultWord(part: Part): number | null {
  const { place } = part;
  if (place.kind === 'memory') return null;
  const index = place.kind === 'x' ? place.register - A0 : place.register - FA0;
  return index > 1 ? null : index + (place.kind === 'x' ? 0 : 2);
}

function writeRequest(sample: Sample, layout: SignatureLayout, out: BigUint64Array): void {
  sample.garbage.forEach((word, i) => {
    out[i] = word;
  });
  layout.params.forEach(({ parts }, i) => {
    for (const part of parts) {
      const { word, mask } = partWord(part, sample.args[i] ?? 0n);
      const at = argumentWord(part);
      out[at] = ((out[at] ?? 0n) & ~mask & WORD) | word;
    }
  });
  layout.returns.forEach(({ parts }, i) => {
    for (const part of parts) {
      const at = resultWord(part);
      if (at === null) continue;
      const { word, mask } = partWord(part, sample.results[i] ?? 0n);
      const index = REQUEST.results + at;
      out[index] = ((out[index] ?? 0n) & ~mask & WORD) | word;
    }
  });
  const shift = hasSret(sample.signature) ? 1 : 0;
  for (let i = shift; i < sample.args.length; i += 1)
    writeValue(out, REQUEST.args + 2 * (i - shift), sample.args[i]);
  sample.results.forEach((value, i) => writeValue(out, REQUEST.given + 2 * i, value));
  if (shift === 1) out.set(SHIM_MEMORY, REQUEST.given);
  out[REQUEST.hasSret] = BigInt(shift);
}

function writeValue(out: BigUint64Array, at: number, value = 0n): void {
  out[at] = value & WORD;
  out[at + 1] = value >> 64n;
}

export function makeRequests(samples: readonly Sample[], clauses: Clauses): BigUint64Array {
  const all = new BigUint64Array(samples.length * REQUEST.words);
  samples.forEach((sample, i) => {
    const layout = layoutPsabi(sample.signature, clauses);
    writeRequest(sample, layout, all.subarray(i * REQUEST.words, (i + 1) * REQUEST.words));
  });
  return all;
}

/** Where model and gcc disagree about one sample, in words; null where they agree. */
function disagreement(sample: Sample, layout: SignatureLayout, reply: BigUint64Array): string | null {
  const at = (index: number): bigint => reply[index] ?? 0n;
  const value = (index: number): bigint => at(index) | (at(index + 1) << 64n);
  const shift = hasSret(sample.signature) ? 1 : 0;
  if (at(REPLY.sp) % BigInt(layout.alignBytes) !== 0n)
    return `gcc's caller: sp is 0x${at(REPLY.sp).toString(16)}`;
  for (const [i, { type, parts }] of layout.params.entries()) {
    if (i < shift) continue;
    for (const part of parts) {
      const { word, mask } = partWord(part, sample.args[i] ?? 0n);
      const found = at(argumentWord(part)) & mask;
      if (found !== word)
        return `gcc's caller: parameter ${i} (${type}): 0x${found.toString(16)}, model 0x${word.toString(16)}`;
    }
    const seen = BigInt.asUintN(typeInfo(type).bits, value(REPLY.seen + 2 * (i - shift)));
    if (seen !== sample.args[i])
      return `gcc's callee: parameter ${i} (${type}) is 0x${seen.toString(16)}, model 0x${sample.args[i]?.toString(16)}`;
  }
  for (const [i, { type, parts }] of layout.returns.entries()) {
    for (const part of parts) {
      const { word, mask } = partWord(part, sample.results[i] ?? 0n);
      const index = resultWord(part);
      if (index === null) return `result ${i} (${type}) has no register in the model`;
      const found = at(REPLY.results + index) & mask;
      if (found !== word)
        return `gcc's callee: result ${i} (${type}): 0x${found.toString(16)}, model 0x${word.toString(16)}`;
    }
    const got = BigInt.asUintN(typeInfo(type).bits, value(REPLY.got + 2 * i));
    if (got !== sample.results[i])
      return `gcc's caller: result ${i} (${type}) is 0x${got.toString(16)}, model 0x${sample.results[i]?.toString(16)}`;
  }
  if (shift === 0) return null;
  for (let i = 0; i < SRET_WORDS; i += 1) {
    if (at(REPLY.gotMemory + i) !== SHIM_MEMORY[i]) return `gcc's caller: word ${i} of the result in memory`;
    if (at(REPLY.givenMemory + i) !== SHIM_MEMORY[i])
      return `gcc's callee: word ${i} of the result in memory`;
  }
  return null;
}

/** In words, one a sample that model and gcc disagree about. */
export function findDisagreements(
  samples: readonly Sample[],
  clauses: Clauses,
  replies: BigUint64Array,
): readonly string[] {
  return samples.flatMap((sample, i) => {
    const reply = replies.subarray(i * REPLY.words, (i + 1) * REPLY.words);
    const text = disagreement(sample, layoutPsabi(sample.signature, clauses), reply);
    return text === null ? [] : [text];
  });
}

/** Words of garbage a request starts from: all registers and the stack. */
export const GARBAGE_WORDS = 16 + STACK_WORDS + 4;
