import seedrandom from 'seedrandom';
import { whyNotPsabi } from '../../src/abi/psabi.ts';
import { abiParam } from '../../src/clif/signature.ts';
import type { AbiParam, Signature } from '../../src/clif/signature.ts';
import { bitMask, typeInfo } from '../../src/clif/type.ts';
import type { ScalarType } from '../../src/clif/type.ts';
import { GARBAGE_WORDS } from './compare.ts';
import type { Sample } from './compare.ts';
import { MAX_PARAMS, SRET_ADDRESS } from './program.ts';

const MIXES: readonly (readonly ScalarType[])[] = [
  ['i8', 'i16', 'i32', 'i64', 'i128', 'f16', 'f32', 'f64', 'f128'],
  ['f32', 'f64', 'f64', 'f16', 'f32', 'i128', 'i32'],
  ['i64', 'i128', 'i128', 'f128', 'i32'],
  ['i8', 'i16', 'i32', 'i64', 'f64'],
];

/** `count` signatures that the psABI covers, with values; the same for the same seed. */
export function drawSamples(seed: string, count: number, withFloat16: boolean): readonly Sample[] {
  const random = seedrandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const word = (): bigint => (BigInt(random.int32() >>> 0) << 32n) | BigInt(random.int32() >>> 0);
  const bits = (width: number): bigint => (word() | (word() << 64n)) & bitMask(width);
  const param = (mix: readonly ScalarType[]): AbiParam => {
    const type = mix[below(mix.length)] ?? 'i64';
    const { isFloat, bits: width } = typeInfo(type);
    return abiParam(type, isFloat || width >= 64 ? 'none' : below(2) === 0 ? 'sext' : 'uext');
  };
  const drawSignature = (): Signature => {
    const all = MIXES[below(MIXES.length)] ?? [];
    const mix = withFloat16 ? all : all.filter((type) => type !== 'f16');
    const drawn = Array.from({ length: below(MAX_PARAMS + 1) }, () => param(mix));
    const hasSret = below(20) === 0;
    const params = hasSret ? [abiParam('i64', 'none', { kind: 'sret' }), ...drawn.slice(1)] : drawn;
    const returns = hasSret ? [] : Array.from({ length: below(3) }, () => param(mix));
    return { params, returns, callConv: 'system_v' };
  };
  const samples: Sample[] = [];
  while (samples.length < count) {
    const signature = drawSignature();
    if (whyNotPsabi(signature) !== null) continue;
    const value = ({ type, purpose }: AbiParam): bigint =>
      purpose.kind === 'sret' ? SRET_ADDRESS : bits(typeInfo(type).bits);
    samples.push({
      signature,
      args: signature.params.map(value),
      results: signature.returns.map(value),
      garbage: Array.from({ length: GARBAGE_WORDS }, word),
    });
  }
  return samples;
}
