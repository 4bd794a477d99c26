import type { Cell } from '../coverage/cell-space.ts';
import type { Pick } from '../coverage/group.ts';
import type { CallConv } from '../clif/signature.ts';
import { typeInfo, valueClassOf, type Type, type ValueClass } from '../clif/type.ts';
import type { Config, Range, Weighted } from '../gen/config.ts';

/** Times as heavy as all the rest together. */
const FAVOUR = 1;
/** For the longest vectors where only lists of hardly anything else are long enough. */
const LONG_FAVOUR = 8;

const LIVE_KINDS: readonly ValueClass[] = ['int', 'wide', 'float', 'vector'];

/** Makes those that `isWanted` weigh `times` as much as all the others together; what the list lacks is not added. */
function favour<T>(
  list: readonly Weighted<T>[],
  isWanted: (item: T) => boolean,
  times = FAVOUR,
): readonly Weighted<T>[] {
  const sum = (wanted: boolean): number =>
    list.reduce((total, { item, weight }) => total + (isWanted(item) === wanted ? weight : 0), 0);
  const [own, rest] = [sum(true), sum(false)];
  if (own === 0 || rest === 0 || own >= times * rest) return list;
  const factor = Math.ceil((times * rest) / own);
  return list.map((entry) => (isWanted(entry.item) ? { ...entry, weight: entry.weight * factor } : entry));
}

function atLeast(range: Range, min: number): Range {
  return { min: Math.max(range.min, Math.min(min, range.max)), max: range.max };
}

function atMost(range: Range, max: number): Range {
  return { min: Math.min(range.min, max), max: Math.max(Math.min(range.min, max), Math.min(range.max, max)) };
}

function favourTypes(config: Config, isWanted: (type: Type) => boolean, times = FAVOUR): Config {
  const types = favour(config.types, isWanted, times);
  const hasVectors = config.types.some(({ item }) => isWanted(item) && typeInfo(item).isVector);
  const hasOthers = config.types.some(({ item }) => isWanted(item) && !typeInfo(item).isVector);
  return {
    ...config,
    types,
    ...(hasVectors && !hasOthers && config.vectorCases > 0 ? { vectorCases: 100 } : {}),
  };
}

function favourConvention(config: Config, name: string): Config {
  const isWanted = (item: CallConv): boolean => item === name;
  return {
    ...config,
    callConvs: favour(config.callConvs, isWanted),
    entryCallConvs: favour(config.entryCallConvs, isWanted),
  };
}

/** The first number in a class such as `5-11`, `12+` or `none`. */
function lowestOf(text: string): number {
  return text === 'none' ? 0 : Number.parseInt(text, 10);
}

function tiltPlace(config: Config, place: string, position: number): Config {
  const isFloatPlace = place.startsWith('fa');
  const isIntegerPlace = place.startsWith('a');
  const wide = place.includes('+');
  const register = Number.parseInt(place.replace(/^f?a/, ''), 10);
  const more = Number.isNaN(register) ? 9 : register + 1;
  const params = atLeast(config.params, Math.max(more, position + 1));
  if (place === 'return area' || place === 'a1+return area') {
    const tilted = { ...config, implicitReturnAreaCases: 100, results: atLeast(config.results, 4) };
    return place === 'return area'
      ? tilted
      : favourTypes(tilted, (type) => type === 'i128' || type === 'f128');
  }
  // A register that many values come before is still free only where those go elsewhere.
  if (position >= 4 && register < position)
    return favourTypes({ ...config, params }, (type) => {
      const info = typeInfo(type);
      const isFloat = info.isFloat && info.bits <= 64;
      return info.isVector || (isFloatPlace ? !isFloat : isFloat);
    });
  if (wide) return favourTypes({ ...config, params }, (type) => type === 'i128' || type === 'f128');
  if (!isFloatPlace && !isIntegerPlace) return { ...config, params };
  return favourTypes({ ...config, params }, (type) => {
    const info = typeInfo(type);
    return !info.isVector && info.bits <= 64 && info.isFloat === isFloatPlace;
  });
}

/** Shorter vectors than of 128 bits are in few cases; longer ones belong to the profiles that have them at all. */
function allowVectors(config: Config, bits: number): Config {
  if (bits > 128) {
    const hasSuch = config.vectorBits.some(({ item }) => item >= bits);
    return hasSuch ? { ...config, vectorBits: [{ item: Math.max(256, bits), weight: 1 }] } : config;
  }
  return bits < 128 ? { ...config, narrowVectorCases: 100 } : config;
}

function tiltValue(config: Config, pick: Pick): Config {
  const { role, type, place, extension, position, convention, purpose } = pick;
  const at = position === undefined ? 0 : lowestOf(position);
  let tilted = config;
  if (position !== undefined) {
    tilted = { ...tilted, params: atLeast(tilted.params, at + 1) };
    if (role !== 'argument') tilted = { ...tilted, results: atLeast(tilted.results, at + 1) };
    if (role === 'result') tilted = { ...tilted, implicitReturnAreaCases: 100 };
  }
  if (place !== undefined) tilted = tiltPlace(tilted, place, at);
  const exact = tilted.types.find(({ item }) => item === type)?.item;
  if (exact !== undefined) {
    const info = typeInfo(exact);
    if (info.isVector) tilted = allowVectors(tilted, info.bits);
    tilted = favourTypes(tilted, (item) => item === exact);
  }
  if (extension !== undefined) {
    tilted = { ...tilted, extensions: extension === 'none' ? 10 : 95 };
    if (extension !== 'none' && type === undefined)
      tilted = favourTypes(tilted, (item) => item === 'i8' || item === 'i16' || item === 'i32');
  }
  if (convention !== undefined) tilted = favourConvention(tilted, convention);
  if (purpose === 'vmctx') tilted = { ...tilted, memoryParams: 90, sretFunctions: 0 };
  if (purpose === 'sret') tilted = { ...tilted, sretFunctions: 60 };
  return tilted;
}

function tiltArea(range: Range, area: string): Range {
  const lowest = lowestOf(area);
  if (lowest === 0) return atMost(range, 4);
  return lowest === 1 ? atLeast(range, 5) : atLeast(range, lowest === 65 ? 12 : 20);
}

/** Pointers are integers that live long. */
function withoutIntegers(config: Config): Config {
  return {
    ...config,
    callsWithoutIntegers: 80,
    memoryParams: 0,
    sretFunctions: 0,
    functionParams: 0,
    recursiveFunctions: 0,
    stackLimits: 0,
  };
}

/** So many that enough are left where long lists of arguments take some of them. */
const MANY_LIVE: Range = { min: 24, max: 36 };

/** With `keepsTypes` only what is live is of the kind, not what is passed. */
function tiltLive(config: Config, kind: ValueClass, count: string, keepsTypes = false): Config {
  if (count === 'none') return kind === 'int' ? withoutIntegers(config) : config;
  const weights = config.statementWeights;
  const tilted = {
    ...config,
    statementWeights: { ...weights, pressure: weights.pressure * 6, call: weights.call * 2 },
    pressureValues: count === '12+' ? atLeast(config.pressureValues, 14) : config.pressureValues,
    pressureClasses: [...config.pressureClasses, kind],
  };
  if (keepsTypes) return count === '12+' ? { ...tilted, pressureValues: MANY_LIVE } : tilted;
  return favourTypes(tilted, (type) => valueClassOf(type) === kind);
}

function tiltCall(config: Config, pick: Pick): Config {
  const { way, caller, callee, spot } = pick;
  const tail = pick['tail area'];
  let tilted = config;
  if (way !== undefined) {
    const isIndirect = way.includes('indirect');
    tilted = { ...tilted, indirectCalls: isIndirect ? 90 : 10 };
    if (!isIndirect) tilted = { ...tilted, colocatedCalls: way.startsWith('far') ? 10 : 90 };
  }
  if (way !== undefined) tilted = { ...tilted, tryCalls: way.includes('try_call') ? 90 : 0 };
  if (way?.includes('return_call') === true || (tail !== undefined && tail !== 'no tail call'))
    tilted = { ...favourConvention(tilted, 'tail'), tailCalls: 95 };
  for (const convention of [caller, callee])
    if (convention !== undefined) tilted = favourConvention(tilted, convention);
  const [argumentArea, returnArea] = [pick['argument area'], pick['return area']];
  // Only lists of long vectors take a kilobyte.
  const isLong = lowestOf(argumentArea ?? 'none') > 256 || lowestOf(returnArea ?? 'none') > 256;
  if (isLong)
    tilted = favourTypes(allowVectors(tilted, 512), (item) => typeInfo(item).bits === 512, LONG_FAVOUR);
  if (argumentArea !== undefined) tilted = { ...tilted, params: tiltArea(tilted.params, argumentArea) };
  if (returnArea !== undefined) {
    const isOn = returnArea !== 'none';
    tilted = {
      ...tilted,
      results: tiltArea(tilted.results, returnArea),
      ...(isOn ? { implicitReturnAreaCases: 100 } : {}),
    };
  }
  for (const kind of LIVE_KINDS) {
    const count = pick[`live ${kind}`];
    if (count !== undefined) tilted = tiltLive(tilted, kind, count, isLong);
  }
  const weights = tilted.statementWeights;
  if (spot === 'loop') return { ...tilted, statementWeights: { ...weights, loop: weights.loop * 4 } };
  if (spot === 'cold block' || spot === 'elsewhere')
    return { ...tilted, statementWeights: { ...weights, branch: weights.branch * 4 } };
  return tilted;
}

function tiltFrame(config: Config, pick: Pick): Config {
  const { size, convention, ends, probes } = pick;
  let tilted = config;
  if (size !== undefined && size !== 'none') {
    const [from = 0, to = from * 2] = size
      .split(/[-+]/)
      .filter((part) => part !== '')
      .map(Number);
    tilted = {
      ...tilted,
      slotSizes: favour(tilted.slotSizes, (range: Range) => range.max >= from / 2 && range.min <= to),
    };
  }
  if (size === 'none')
    tilted = { ...tilted, statements: atMost(tilted.statements, 2), params: atMost(tilted.params, 6) };
  for (const [name, kind] of [
    ['saved x', 'int'],
    ['saved f', 'float'],
  ] as const) {
    const count = pick[name];
    if (count !== undefined) tilted = tiltLive(tilted, kind, count);
  }
  if (convention !== undefined) tilted = favourConvention(tilted, convention);
  if (pick['stack limit'] === 'true')
    tilted = { ...tilted, stackLimits: 60, highStackLimits: 10, nearStackLimits: 70 };
  if (probes === 'outline') tilted = { ...tilted, outlineProbes: 60 };
  if (probes === 'inline') tilted = { ...tilted, inlineProbes: 80, otherGuards: 40 };
  const weights = tilted.statementWeights;
  if (ends === 'tail call') return { ...favourConvention(tilted, 'tail'), tailCalls: 100 };
  if (ends === 'both')
    return {
      ...favourConvention(tilted, 'tail'),
      statementWeights: { ...weights, exit: weights.exit * 8 },
      tailCalls: 90,
    };
  return ends === 'trap only' ? { ...tilted, trappingFunctions: 35 } : tilted;
}

/** The profile bent towards cases that fill `cell`: likelier, never certain, and with all that else belongs to the profile. */
export function tiltConfig(config: Config, cell: Cell): Config {
  switch (cell.group) {
    case 'value':
      return tiltValue(config, cell.pick);
    case 'call':
      return tiltCall(config, cell.pick);
    default:
      return tiltFrame(config, cell.pick);
  }
}
