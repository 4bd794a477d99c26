import type { Part, SignatureLayout, ValueLayout } from '../abi/layout.ts';
import { ARGUMENT_REGISTERS, fName, xName } from '../abi/registers.ts';
import type { CallConv, Signature } from '../clif/signature.ts';
import { SCALAR_TYPES, typeInfo, type Type } from '../clif/type.ts';
import { FULL_VECTORS, NARROW_VECTORS, WIDE_VECTORS } from '../clif/vector-types.ts';
import type { Group, Pick, Sample } from './group.ts';

/** Conventions that riscv64 compiles as a function's own (cranelift-codegen `isa/riscv64/abi.rs`, `compute_arg_locs`). */
export const COVERED_CONVENTIONS: readonly CallConv[] = [
  'system_v',
  'fast',
  'tail',
  'preserve_all',
  'windows_fastcall',
  'apple_aarch64',
];

const TYPES: readonly Type[] = [...SCALAR_TYPES, ...NARROW_VECTORS, ...FULL_VECTORS, ...WIDE_VECTORS];
const EXTENSIONS = ['none', 'uext', 'sext'];
const PURPOSES = ['normal', 'vmctx', 'sret'];
/** Lowest position of each class; the last goes on without end. */
const POSITIONS: readonly number[] = [0, 1, 2, 3, 4, 8, 16];
const POSITION_NAMES = POSITIONS.map((from, i) => {
  const next = POSITIONS[i + 1];
  if (next === undefined) return `${from}+`;
  return next === from + 1 ? `${from}` : `${from}-${next - 1}`;
});

const STACK = 'stack';
const RETURN_AREA = 'return area';

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

const X_PLACES = numbers(ARGUMENT_REGISTERS).map((i) => xName(10 + i));
const F_PLACES = numbers(ARGUMENT_REGISTERS).map((i) => fName(10 + i));
const PAIR_PLACES = numbers(ARGUMENT_REGISTERS - 1).map((i) => `${xName(10 + i)}+${xName(11 + i)}`);
const LAST_AND_STACK = `${xName(17)}+${STACK}`;
const LAST_AND_AREA = `${xName(11)}+${RETURN_AREA}`;
const PLACES = [...X_PLACES, ...F_PLACES, ...PAIR_PLACES, LAST_AND_STACK, STACK, LAST_AND_AREA, RETURN_AREA];

const RESULT_PLACES = new Set(['a0', 'a1', 'fa0', 'fa1', 'a0+a1', LAST_AND_AREA, RETURN_AREA]);
const RESULT_ONLY_PLACES = new Set([LAST_AND_AREA, RETURN_AREA]);
const IN_MEMORY = new Set([STACK, RETURN_AREA]);

function isExtendable(type: string): boolean {
  return type === 'i8' || type === 'i16' || type === 'i32';
}

function whyNotTypeIn(type: Type, place: string): string | null {
  if (IN_MEMORY.has(place)) return null;
  const info = typeInfo(type);
  if (info.isVector) return 'vectors go in memory';
  const isPair = place.includes('+');
  if ((info.bits === 128) !== isPair) return 'two places are for values of 128 bits';
  if (!isPair && info.isFloat !== place.startsWith('fa'))
    return 'floats go in f registers, integers in x registers';
  return null;
}

/** Whether an argument or result at `position` can lie in the place: those ahead of it take two registers of a class at most. */
function whyNotAt(place: string, position: number): string | null {
  const tooEarly = 'too few values come before it';
  const f = F_PLACES.indexOf(place);
  if (f > position) return tooEarly;
  const x = PLACES.indexOf(place);
  const first = x < ARGUMENT_REGISTERS ? x : PAIR_PLACES.indexOf(place);
  // The return area's pointer may be in a0.
  if (first > 2 * position + 1) return tooEarly;
  if (place === LAST_AND_STACK && position < 3) return tooEarly;
  return place === LAST_AND_AREA && position < 1 ? tooEarly : null;
}

function whyNot(pick: Pick): string | null {
  const { role, place, extension, convention, purpose } = pick;
  const type = TYPES.find((t) => t === pick['type']);
  const isExtended = extension !== undefined && extension !== 'none';
  const isSpecial = purpose !== undefined && purpose !== 'normal';
  if (role === 'result') {
    if (convention === 'preserve_all') return 'preserve_all has no results';
    if (isSpecial) return 'purposes are for parameters';
    if (place !== undefined && !RESULT_PLACES.has(place))
      return 'results are in a0, a1, fa0, fa1 or the return area';
    if (place === 'a1' && pick['position'] === '0') return 'too few values come before it';
  }
  if (role === 'argument' && place !== undefined && RESULT_ONLY_PLACES.has(place))
    return 'arguments are not in the return area';
  if (place !== undefined && RESULT_ONLY_PLACES.has(place)) {
    if (convention === 'preserve_all') return 'preserve_all has no results';
    if (isSpecial) return 'purposes are for parameters';
  }
  if (isExtended) {
    if (type !== undefined && !isExtendable(type)) return 'only integers below 64 bits are extended';
    if (isSpecial) return 'pointers are not extended';
    if (place !== undefined && (place.startsWith('fa') || place.includes('+')))
      return 'only integers below 64 bits are extended';
  }
  if (isSpecial) {
    if (type !== undefined && type !== 'i64') return 'pointers are i64';
    if (place !== undefined && (place.startsWith('fa') || place.includes('+'))) return 'pointers are i64';
  }
  if (type !== undefined && place !== undefined) return whyNotTypeIn(type, place);
  if (place !== undefined && pick['position'] !== undefined) {
    const at = POSITION_NAMES.indexOf(pick['position']);
    return whyNotAt(place, (POSITIONS[at + 1] ?? Number.MAX_SAFE_INTEGER) - 1);
  }
  return null;
}

/** Arguments and results of calls: what they are and where they lie. */
export const VALUE_GROUP: Group = {
  name: 'value',
  dimensions: [
    { name: 'role', values: ['argument', 'result'] },
    { name: 'type', values: TYPES },
    { name: 'place', values: PLACES },
    { name: 'extension', values: EXTENSIONS },
    { name: 'position', values: POSITION_NAMES },
    { name: 'convention', values: COVERED_CONVENTIONS },
    { name: 'purpose', values: PURPOSES },
  ],
  whyNot,
};

const TYPE_INDEX = new Map<string, number>(TYPES.map((type, i) => [type, i]));
const PLACE_INDEX = new Map<string, number>(PLACES.map((place, i) => [place, i]));
const CONVENTION_INDEX = new Map<string, number>(COVERED_CONVENTIONS.map((name, i) => [name, i]));
const POSITION_CLASS = numbers(64).map((at) => POSITIONS.findLastIndex((from) => from <= at));

function partPlace(part: Part, area: string): string {
  switch (part.place.kind) {
    case 'x':
      return xName(part.place.register);
    case 'f':
      return fName(part.place.register);
    case 'memory':
      return area;
  }
}

function placeOf(value: ValueLayout, area: string): number | undefined {
  const [first, second] = value.parts;
  if (first === undefined) return undefined;
  const one = partPlace(first, area);
  const other = second === undefined ? one : partPlace(second, area);
  return PLACE_INDEX.get(one === other ? one : `${one}+${other}`);
}

/** The samples of a signature; a value of a type or convention that no cell is for gives none. */
export function sampleValues(signature: Signature, layout: SignatureLayout): readonly Sample[] {
  const convention = CONVENTION_INDEX.get(signature.callConv);
  if (convention === undefined) return [];
  const samples: Sample[] = [];
  const add = (
    role: number,
    list: Signature['params'],
    values: readonly ValueLayout[],
    area: string,
  ): void => {
    for (const [at, value] of values.entries()) {
      const type = TYPE_INDEX.get(value.type);
      const place = placeOf(value, area);
      const extension = isExtendable(value.type) ? EXTENSIONS.indexOf(list[at]?.extension ?? 'none') : 0;
      const purpose = PURPOSES.indexOf(value.purpose.kind);
      if (type === undefined || place === undefined || purpose < 0) continue;
      const position = POSITION_CLASS[at] ?? POSITIONS.length - 1;
      samples.push([role, type, place, extension, position, convention, purpose]);
    }
  };
  add(0, signature.params, layout.params, STACK);
  add(1, signature.returns, layout.returns, RETURN_AREA);
  return samples;
}
