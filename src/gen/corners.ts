import type { CallConv } from '../clif/signature.ts';
import { isExtensible } from '../clif/type.ts';
import { STATEMENT_KINDS, type Config, type Range, type StatementKind } from './config.ts';
import { preferWide, withLongLists } from './long-lists.ts';
import { DEEP_FRAMES, FAR_FRAMES, PROBED_FRAMES, weighVectors, WIDE_VECTORS } from './profiles.ts';
import { VECTOR_BITS } from './vector-types.ts';

/*
 * Few cases of a profile go where its weights hardly lead. Which ones, the first word of the case seed decides, so that all other cases stay
 * what they are; seeds that aim at a cell are not among them (`campaign/aim.ts`).
 */

/** What the first word of a seed leaves by 100, for each corner: percent of the cases. */
const EXCEPTIONS: readonly number[] = [41, 42, 43];
const CONTEXTS: readonly number[] = [44, 59];
const DEEP: readonly number[] = [45, 46];
const LIMITS: readonly number[] = [47, 48];
const TAILS: readonly number[] = [49, 52];
const WIDE: readonly number[] = [50];
const LOOKALIKES: readonly number[] = [51];
const CARRIED: readonly number[] = [53];
const ASSORTED: readonly number[] = [54, 55, 56, 57, 60, 61, 62, 63];
const PROBES: readonly number[] = [58];
const SPRAWLING: readonly number[] = [64];
const THIN: readonly number[] = [65];
const FAR: readonly number[] = [66, 67];
/** Of the first two. */
const BY_TAG = 43;
const DOUBLES = 52;

function atLeast(range: Range, min: number): Range {
  return { min: Math.max(range.min, Math.min(min, range.max)), max: range.max };
}

function weigh(
  list: Config['callConvs'],
  factors: Readonly<Partial<Record<CallConv, number>>>,
): Config['callConvs'] {
  return list.map(({ item, weight }) => ({ item, weight: weight * (factors[item] ?? 1) }));
}

/** Weights of statements, those named so many times as heavy. */
function scaled(
  weights: Config['statementWeights'],
  factors: Readonly<Partial<Record<StatementKind, number>>>,
): Config['statementWeights'] {
  const changed = { ...weights };
  for (const kind of STATEMENT_KINDS) changed[kind] *= factors[kind] ?? 1;
  return changed;
}

/** Exceptions past callees that keep nothing for the handler, and handlers that most often come behind a context, one of two. */
function throwing(config: Config): Config {
  const weights = config.statementWeights;
  return {
    ...config,
    functions: atLeast(config.functions, 3),
    callConvs: weigh(config.callConvs, { system_v: 2, tail: 3, preserve_all: 10 }),
    tryCalls: Math.max(config.tryCalls, 80),
    sharedEdges: 40,
    fencedCalls: 30,
    memoryParams: Math.max(config.memoryParams, 40),
    idleFunctions: 12,
    thinFunctions: 12,
    sretFunctions: Math.max(config.sretFunctions, 15),
    throwingCases: 100,
    returnAddresses: 50,
    callerFrames: 60,
    handlerAddresses: 20,
    retries: 12,
    earlyDefaults: 25,
    contexts: 75,
    namedInstances: 80,
    fewInstances: 90,
    farTags: 15,
    repeatedTags: 80,
    moreContexts: 30,
    mixedResults: 50,
    sharedResults: 90,
    tailCalls: Math.max(config.tailCalls, 80),
    statementWeights: { ...weights, throw: Math.max(weights.throw, 26), pressure: weights.pressure * 2 },
  };
}

/** Exceptions that only their tags tell apart, so that call sites often have handlers for the same ones. */
function throwingByTag(config: Config): Config {
  return { ...throwing(config), contexts: 10, farTags: 0, pairedTags: 90 };
}

/** Exceptions past integers that take the callee-saved registers up to the last, contexts among them. */
function keepingContexts(config: Config): Config {
  return {
    ...throwing(config),
    callConvs: weigh(config.callConvs, { system_v: 10, tail: 1, preserve_all: 2 }),
    pressureValues: { min: 10, max: 20 },
    pressureClasses: ['int'],
  };
}

/** Frames on both sides of 32 and 64 KiB, probed by loops in half of the configurations. */
function deep(config: Config): Config {
  return {
    ...config,
    memoryParams: Math.max(config.memoryParams, 40),
    slotSizes: [...DEEP_FRAMES, { item: { min: 1_048_000, max: 1_049_000 }, weight: 0.5 }],
    outlineProbes: 30,
    inlineProbes: 60,
    otherGuards: 30,
  };
}

/** Exceptions past frames of more than 64 KiB. */
function throwingFar(config: Config): Config {
  const far = throwing(config);
  return {
    ...far,
    callConvs: weigh(config.callConvs, { system_v: 2, tail: 10, preserve_all: 6 }),
    slotSizes: FAR_FRAMES,
    contexts: 95,
    namedInstances: 95,
    statementWeights: scaled(far.statementWeights, { store: 5, load: 2 }),
  };
}

/** Functions that read nothing, so that none misses what a called probe overwrites (docs/findings.md, F19), with frames of one to three guard areas. */
function probed(config: Config): Config {
  return {
    ...config,
    functions: { min: 1, max: 2 },
    params: { min: 0, max: 0 },
    results: { min: Math.min(1, config.results.max), max: Math.min(1, config.results.max) },
    implicitReturnAreaCases: 0,
    throwingCases: 0,
    stackLimits: 0,
    memoryParams: 0,
    functionParams: 0,
    sretFunctions: 0,
    recursiveFunctions: 0,
    slotSizes: PROBED_FRAMES,
    outlineProbes: 100,
  };
}

/** Stack limits that a callee passes by its frame alone, and limits of functions that only leave. */
function limited(config: Config): Config {
  return {
    ...config,
    functions: atLeast(config.functions, 3),
    callConvs: weigh(config.callConvs, { tail: 6 }),
    entryCallConvs: weigh(config.entryCallConvs, { tail: 12 }),
    relays: 40,
    idleFunctions: 8,
    sretFunctions: Math.max(config.sretFunctions, 35),
    leavingSrets: true,
    indirectCalls: Math.max(config.indirectCalls, 60),
    stackLimits: 60,
    highStackLimits: 25,
    nearStackLimits: 80,
    entryLimits: 50,
    memoryParams: Math.max(config.memoryParams, 40),
    tailCalls: Math.max(config.tailCalls, 85),
  };
}

/** Tail calls that enlarge the argument area by up to 2 KiB: few functions, most of them with short lists, some with very long ones. */
function leaving(config: Config): Config {
  return {
    ...config,
    functions: { min: 3, max: 5 },
    callConvs: weigh(config.callConvs, { tail: 20 }),
    entryCallConvs: weigh(config.entryCallConvs, { tail: 20 }),
    params: { min: 0, max: 130 },
    longLists: 40,
    results: { min: config.results.min, max: Math.min(config.results.max, 4) },
    types: preferWide(config.types),
    relays: 10,
    idleFunctions: 5,
    tailCalls: 95,
    sharedResults: 95,
    otherTargets: 90,
    otherConditions: 20,
    dynamicInstructions: Math.max(config.dynamicInstructions, 6000),
    statementWeights: scaled(config.statementWeights, { exit: 30, call: 0.5 }),
  };
}

/** Vectors of more than 128 bits, few at a time, so that few of them are spilled (docs/findings.md, F12). */
function widened(config: Config): Config {
  const weights = config.statementWeights;
  return {
    ...config,
    ...WIDE_VECTORS,
    types: weighVectors((bits) => (bits > VECTOR_BITS ? 1 : 0.2)),
    functions: { min: 2, max: 4 },
    callConvs: weigh(config.callConvs, { tail: 5 }),
    params: { min: Math.min(2, config.params.max), max: Math.min(config.params.max, 10) },
    results: { min: config.results.min, max: Math.min(config.results.max, 4) },
    statements: { min: 1, max: 2 },
    plainCompiles: 80,
    tailCalls: 80,
    statementWeights: { ...weights, pressure: 0, loop: 1 },
  };
}

/** Such vectors where nothing is called, so that none is spilled: carried around loops and past branches, from register to register. */
function carrying(config: Config): Config {
  const weights = config.statementWeights;
  return {
    ...widened(config),
    functions: { min: 1, max: 1 },
    types: weighVectors((bits) => (bits > VECTOR_BITS ? 6 : 0.2)),
    params: { min: 3, max: 6 },
    statements: { min: 3, max: 8 },
    plainCompiles: 95,
    throwingCases: 0,
    swappingLoops: 90,
    statementWeights: {
      ...weights,
      call: 0,
      pressure: 0,
      throw: 0,
      branch: 3 * weights.branch,
      loop: 6 * weights.loop,
    },
  };
}

/** Tail calls with doubles among their arguments. */
function leavingWithDoubles(config: Config): Config {
  const types = config.types.map(({ item, weight }) => ({
    item,
    weight: item === 'f64' ? 8 * weight : weight,
  }));
  return { ...leaving(config), types };
}

/** `types` with integers that can be extended four times as heavy. */
function preferNarrow(types: Config['types']): Config['types'] {
  return types.map(({ item, weight }) => ({ item, weight: isExtensible(item) ? 4 * weight : weight }));
}

/** Functions that differ in nothing but their convention or extensions, called side by side. */
function alike(config: Config): Config {
  return {
    ...config,
    functions: atLeast(config.functions, 5),
    functionParams: 0,
    hasNamespaces: true,
    types: preferNarrow(config.types),
    lookalikes: 75,
    otherConditions: 60,
    indirectCalls: Math.max(config.indirectCalls, 50),
    statementWeights: scaled(config.statementWeights, { call: 2 }),
  };
}

/**
 * Conversions from any type, constants with patterns, memory that is copied, flagged and read on both sides of calls in loops, and functions that
 * take their own address.
 */
function assorted(config: Config): Config {
  return {
    ...config,
    functions: atLeast(config.functions, 3),
    types: config.types.map(({ item, weight }) => ({ item, weight: item === 'f16' ? 5 * weight : weight })),
    memoryParams: Math.max(config.memoryParams, 80),
    selfPointers: 30,
    stackPointers: 30,
    recursiveFunctions: Math.max(config.recursiveFunctions, 15),
    indirectCalls: Math.max(config.indirectCalls, 50),
    fencedCalls: 70,
    fencedLoads: 60,
    otherConditions: 60,
    directEdges: 60,
    emptyBranches: 20,
    trappingSides: 75,
    trappingFunctions: Math.max(config.trappingFunctions, 8),
    trapsBehindCalls: 50,
    thinFunctions: 8,
    otherConversions: 80,
    patternedConstants: 50,
    narrowAccesses: 60,
    compressedCode: 50,
    longRegisters: 15,
    otherSettings: 40,
    blockPadding: 8,
    loopsFirst: 30,
    idleExtensions: 30,
    endlessLoops: 40,
    rearrangements: 15,
    laneWidths: 60,
    copies: 50,
    addressSums: 30,
    farAlignments: 30,
    zeroMasks: 20,
    extremes: 20,
    vectorChoices: 30,
    flaggedLoads: 50,
    swappingLoops: 50,
    statementWeights: scaled(config.statementWeights, {
      store: 2,
      load: 5,
      branch: 3,
      exit: 2,
      loop: 8,
      trap: 2,
      pressure: 2,
    }),
  };
}

/** Functions of some KiB and up to 20, with branches over all of it and back, and spills far from sp that change places on their edges. */
function sprawling(config: Config): Config {
  return {
    ...config,
    functions: { min: 1, max: 2 },
    statements: { min: 2, max: 4 },
    slotSizes: DEEP_FRAMES,
    dynamicInstructions: Math.max(config.dynamicInstructions, 20_000),
    longRuns: 25,
    emptyBranches: 12,
    blockPadding: 15,
    memoryLoops: 60,
    swappingLoops: 80,
    wideLoops: 70,
    pressureValues: { min: 10, max: 20 },
    compressedCode: 30,
    statementWeights: scaled(config.statementWeights, { branch: 6, loop: 12, pressure: 2 }),
  };
}

/** Functions that call one other and keep nothing, so that the call alone is why they have a frame; short lists, nothing in memory. */
function thin(config: Config): Config {
  return {
    ...config,
    functions: { min: 2, max: 4 },
    callConvs: weigh(config.callConvs, { preserve_all: 20 }),
    params: { min: 0, max: Math.min(config.params.max, 4) },
    results: { min: config.results.min, max: Math.min(config.results.max, 2) },
    throwingCases: 0,
    tryCalls: Math.min(config.tryCalls, 10),
    recursiveFunctions: 0,
    memoryParams: 95,
    stackLimits: 0,
    indirectCalls: Math.min(config.indirectCalls, 25),
    colocatedCalls: 80,
    thinFunctions: 100,
    trappingFunctions: 20,
    trapsBehindCalls: 60,
  };
}

/** Whether vectors are drawn, and none of more than 128 bits. */
function hasShortVectors({ vectorCases, vectorBits }: Config): boolean {
  return vectorCases > 0 && vectorBits.every(({ item }) => item <= VECTOR_BITS);
}

/** `config` as the case that `caseSeed` names has it; itself for most. */
export function withCorner(config: Config, caseSeed: string): Config {
  if (config.asInC) return config;
  const rest = Number.parseInt(caseSeed.slice(0, 8), 16) % 100;
  if (EXCEPTIONS.includes(rest)) return rest === BY_TAG ? throwingByTag(config) : throwing(config);
  if (CONTEXTS.includes(rest)) return keepingContexts(config);
  if (DEEP.includes(rest)) return deep(config);
  if (LIMITS.includes(rest) && config.stackLimits > 0) return limited(config);
  if (TAILS.includes(rest)) return rest === DOUBLES ? leavingWithDoubles(config) : leaving(config);
  if (PROBES.includes(rest)) return probed(config);
  if (SPRAWLING.includes(rest)) return sprawling(config);
  if (THIN.includes(rest)) return thin(config);
  if (FAR.includes(rest)) return throwingFar(config);
  if (CARRIED.includes(rest) && hasShortVectors(config)) return carrying(config);
  if (WIDE.includes(rest) && hasShortVectors(config)) return widened(config);
  if (LOOKALIKES.includes(rest)) return alike(config);
  if (ASSORTED.includes(rest)) return assorted(config);
  return withLongLists(config, caseSeed);
}
