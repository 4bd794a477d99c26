import type { CallConv } from '../clif/signature.ts';
import type { Type, ValueClass } from '../clif/type.ts';
import { NARROW_VECTORS, WIDE_VECTORS } from '../clif/vector-types.ts';

/** Both ends included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A choice with its weight; weights are relative whole numbers. */
export interface Weighted<T> {
  readonly item: T;
  readonly weight: number;
}

/**
 * Everything the generator may vary, as ranges and weights. A profile is one `Config`. What the machine can do
 * (`Abilities`) is apart, because it is found out, not chosen.
 */
export interface Config {
  /** Functions in a module, the entry included. */
  readonly functions: Range;
  readonly params: Range;
  readonly results: Range;
  /** Percent of lists of parameters or results, in tens, that may be as long as that; the others have up to 4 or 10. */
  readonly longLists: number;
  /** Statements in a function's body; a statement is a few instructions, a call, a branch or a loop. */
  readonly statements: Range;
  /**
   * Instructions the entry executes on one input, about: calls that would pass it are not made, but a body on its own may.
   */
  readonly dynamicInstructions: number;
  readonly loopIterations: Range;
  readonly inputs: Range;
  readonly configurations: Range;
  /** Percent of cases whose signatures may hold vectors; the others also run with has_v off. */
  readonly vectorCases: number;
  /** Bits of the longest vectors, by case; more than 128 need has_zvlNb and a processor with such registers. */
  readonly vectorBits: readonly Weighted<number>[];
  /** Percent of vector cases that hold vectors shorter than 128 bits too. */
  readonly narrowVectorCases: number;
  /** Percent of cases with enable_multi_ret_implicit_sret on; the others keep results within registers. */
  readonly implicitReturnAreaCases: number;
  readonly types: readonly Weighted<Type>[];
  readonly callConvs: readonly Weighted<CallConv>[];
  readonly entryCallConvs: readonly Weighted<CallConv>[];
  /** Percent of narrow integer parameters and results that carry uext or sext. */
  readonly extensions: number;
  /** Percent of integers of 64 bits and more that carry one, to no effect. */
  readonly idleExtensions: number;
  /** Percent of those that carry uext. */
  readonly unsignedExtensions: number;
  /** Results are none, one, or two that a C struct has in registers of their own (RISC-V psABI, "Hardware Floating-Point Calling Convention"). */
  readonly asInC: boolean;
  /** Percent of inner functions that take a pointer to memory, a vmctx, an sret, or a function pointer. */
  readonly memoryParams: number;
  readonly functionParams: number;
  /** Whether inner functions have names of several namespaces, with indices that repeat. */
  readonly hasNamespaces: boolean;
  /** Percent of inner functions that take their own address. */
  readonly selfPointers: number;
  /** Percent of try_calls that are made again where they throw. */
  readonly retries: number;
  /** Percent of lists with a default handler that other handlers follow on. */
  readonly earlyDefaults: number;
  /** Percent of try_calls with handlers ahead of which the address of one is taken. */
  readonly handlerAddresses: number;
  /** Percent of functions that look at sp in the beginning and in the end. */
  readonly stackPointers: number;
  readonly sretFunctions: number;
  /** Whether these make tail calls of one another. */
  readonly leavingSrets: boolean;
  /** Percent of inner functions with a stack limit, and of calls that pass one above the stack where that may be. */
  readonly stackLimits: number;
  readonly highStackLimits: number;
  /** Percent of those that lie so little below a slot of the caller that the callee's frame passes them. */
  readonly nearStackLimits: number;
  /** Percent of entries whose own stack limit is a parameter; of more than one limit near sp the runs see to themselves. */
  readonly entryLimits: number;
  /** Percent of inner functions whose every path ends in a trap. */
  readonly trappingFunctions: number;
  /** Percent of guarded calls of those behind which nothing but a trap follows. */
  readonly trapsBehindCalls: number;
  /** Percent of traps that are one side of a branch whose other side is passed values. */
  readonly trappingSides: number;
  /** Percent of inner functions that call themselves, a few times. */
  readonly recursiveFunctions: number;
  /** Percent of calls that see words of the callee's signature wider or narrower than it has them. */
  readonly otherViews: number;
  /** Percent of calls that are made as try_call or try_call_indirect, where the convention allows it. */
  readonly tryCalls: number;
  /** Percent of those whose edges go straight to where other ways meet. */
  readonly sharedEdges: number;
  /** Percent of cases in which functions throw; these keep frame pointers. */
  readonly throwingCases: number;
  /** Percent of try_calls that pass their results on out of order, twice or not at all. */
  readonly mixedResults: number;
  /** Percent of throws that tell what they throw by where their function returns to. */
  readonly returnAddresses: number;
  /** Percent of inner functions of such cases that hold their caller's frame pointer against their own. */
  readonly callerFrames: number;
  /** Percent of handlers that come behind a context. */
  readonly contexts: number;
  /** Percent of those with another context ahead of it, and of lists that end in one. */
  readonly moreContexts: number;
  /** Percent of colocated calls without results that are patchable. */
  readonly patchableCalls: number;
  /** Percent of calls made through a pointer, and of those, how many load it from memory. */
  readonly indirectCalls: number;
  readonly colocatedCalls: number;
  /** Values that a pressure statement keeps live at once, and their classes; none for any. */
  readonly pressureValues: Range;
  readonly pressureClasses: readonly ValueClass[];
  /** Percent of calls outside of branches and loops with no integer live across: the checksum waits in memory. */
  readonly callsWithoutIntegers: number;
  /** Percent of calls that take memory along between a store to it and a load, and of these, how many stand between two loads. */
  readonly fencedCalls: number;
  readonly fencedLoads: number;
  /** Percent of functions that can tail-call and do. */
  readonly tailCalls: number;
  /** Percent of `tail` functions that have the results of another one, so that either may leave to the other. */
  readonly sharedResults: number;
  /** Percent of tail calls that go where the function has not left to before, if they can. */
  readonly otherTargets: number;
  /** Percent of configurations whose frames are probed by a call, which loses a0 (docs/findings.md, F19). */
  readonly outlineProbes: number;
  /** Percent of the others whose frames are probed in place. */
  readonly inlineProbes: number;
  /** Percent of those whose guard area is not of 4096 bytes. */
  readonly otherGuards: number;
  /** Percent of functions that do nothing but leave to another one, where they can. */
  readonly relays: number;
  /** Percent of the other inner functions that return constants at once. */
  readonly idleFunctions: number;
  /** Percent of inner functions that make one call and keep hardly anything for later. */
  readonly thinFunctions: number;
  /** Percent of inner functions that have the types of an earlier one, and another convention or other extensions. */
  readonly lookalikes: number;
  /** Of 100 exceptions how many name an instance, and of 100 instances how many are one of two. */
  readonly namedInstances: number;
  readonly fewInstances: number;
  /** Of 100 tags how many are not among the first few. */
  readonly farTags: number;
  /** Percent of lists of handlers with two tags, or one and a default, so that many are alike. */
  readonly pairedTags: number;
  /** Of 100 tags behind a further context how many stand in the list already. */
  readonly repeatedTags: number;
  /** Percent of configurations without optimisation and with the better register allocator. */
  readonly plainCompiles: number;
  /** Percent of configurations with all compressed instructions, at least. */
  readonly compressedCode: number;
  /** Percent of configurations with vector registers that are promised to be longer than any vector is. */
  readonly longRegisters: number;
  /** Percent of configurations with settings that change nothing, or that have the compiler look at itself. */
  readonly otherSettings: number;
  /** Percent of configurations with padding between blocks. */
  readonly blockPadding: number;
  readonly statementWeights: Readonly<Record<StatementKind, number>>;
  /** Percent of functions that begin with a loop. */
  readonly loopsFirst: number;
  /** Percent of branches that come to nothing: both ways lead through empty blocks to one place. */
  readonly emptyBranches: number;
  /** Percent of sides of branches, and of bodies of loops, that begin with some KiB of code. */
  readonly longRuns: number;
  /** Percent of loops that carry nothing around: all is in memory. */
  readonly memoryLoops: number;
  /** Percent of loops around which values change places that have many of them. */
  readonly wideLoops: number;
  /** Percent of loops around which two values change places. */
  readonly swappingLoops: number;
  /** Percent of ways out of a function that are never taken, and would not end. */
  readonly endlessLoops: number;
  /** Percent of conditions that are no comparison of integers. */
  readonly otherConditions: number;
  /** Percent of branches with several edges to one block, which they pass different values. */
  readonly directEdges: number;
  /** Percent of conversions that may begin at any type they can. */
  readonly otherConversions: number;
  /** Percent of constants with a pattern in their bits: halves alike, or few bits somewhere among them. */
  readonly patternedConstants: number;
  /** Percent of loads that extend, and of stores that cut off, by themselves. */
  readonly narrowAccesses: number;
  /** Percent of loads whose value goes elsewhere in memory at once. */
  readonly copies: number;
  /** Percent of accesses through a pointer that has a constant added to it first. */
  readonly addressSums: number;
  /** Percent of stack slots aligned to more than any value is. */
  readonly farAlignments: number;
  /** Percent of integer operations that choose between two by comparing them. */
  readonly extremes: number;
  /** Percent of integer operations that depend on whether another integer is zero, and of vector operations that choose between two. */
  readonly zeroMasks: number;
  readonly vectorChoices: number;
  /** Percent of integer vector operations that put lanes elsewhere, and of the others, how many change their width. */
  readonly rearrangements: number;
  readonly laneWidths: number;
  /** Percent of loads that say what holds for all memory here: they trap nowhere and may move. */
  readonly flaggedLoads: number;
  /** Sizes of stack slots in bytes. */
  readonly slotSizes: readonly Weighted<Range>[];
}

export const STATEMENT_KINDS = [
  'arithmetic',
  'call',
  'store',
  'load',
  'branch',
  'loop',
  'exit',
  'pressure',
  'trap',
  'throw',
] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

/** What the Cranelift under test and the emulator can do; found by asking both. */
export interface Abilities {
  /** Settings of the driver's Cranelift with the values they take. */
  readonly settings: Readonly<Record<string, readonly string[]>>;
  /** ISA flags that this Cranelift knows and this emulator executes. */
  readonly isa: readonly string[];
  /** Minor version of this Cranelift: 135 of 0.135.8; absent for one that has everything. */
  readonly release?: number;
  /** Whether a seed changes decisions of this Cranelift's control plane; absent means no. */
  readonly hasChaos?: boolean;
  /** Names of instructions' faults in this emulator; absent where nobody looked. */
  readonly emulatorDefects?: readonly string[];
}

export const DEFAULT_CONFIG: Config = {
  functions: { min: 1, max: 8 },
  params: { min: 0, max: 24 },
  results: { min: 0, max: 24 },
  longLists: 20,
  statements: { min: 1, max: 6 },
  dynamicInstructions: 1500,
  loopIterations: { min: 1, max: 4 },
  inputs: { min: 3, max: 3 },
  configurations: { min: 2, max: 2 },
  vectorCases: 75,
  vectorBits: [{ item: 128, weight: 1 }],
  narrowVectorCases: 25,
  implicitReturnAreaCases: 85,
  types: [
    { item: 'i8', weight: 6 },
    { item: 'i16', weight: 5 },
    { item: 'i32', weight: 8 },
    { item: 'i64', weight: 12 },
    { item: 'i128', weight: 8 },
    { item: 'f16', weight: 3 },
    { item: 'f32', weight: 6 },
    { item: 'f64', weight: 8 },
    { item: 'f128', weight: 4 },
    { item: 'i8x16', weight: 4 },
    { item: 'i16x8', weight: 2 },
    { item: 'i32x4', weight: 3 },
    { item: 'i64x2', weight: 3 },
    { item: 'f16x8', weight: 1 },
    { item: 'f32x4', weight: 2 },
    { item: 'f64x2', weight: 2 },
    ...NARROW_VECTORS.map((item) => ({ item, weight: 1 })),
    ...WIDE_VECTORS.map((item) => ({ item, weight: 2 })),
  ],
  callConvs: [
    { item: 'system_v', weight: 4 },
    { item: 'fast', weight: 3 },
    { item: 'tail', weight: 5 },
    { item: 'preserve_all', weight: 1 },
    { item: 'windows_fastcall', weight: 1 },
    { item: 'apple_aarch64', weight: 1 },
  ],
  entryCallConvs: [
    { item: 'system_v', weight: 4 },
    { item: 'fast', weight: 2 },
    { item: 'tail', weight: 4 },
    { item: 'windows_fastcall', weight: 1 },
    { item: 'apple_aarch64', weight: 1 },
  ],
  extensions: 40,
  idleExtensions: 0,
  unsignedExtensions: 50,
  asInC: false,
  memoryParams: 25,
  functionParams: 12,
  hasNamespaces: false,
  selfPointers: 0,
  retries: 0,
  earlyDefaults: 0,
  handlerAddresses: 0,
  stackPointers: 0,
  sretFunctions: 6,
  leavingSrets: false,
  stackLimits: 6,
  highStackLimits: 4,
  nearStackLimits: 0,
  entryLimits: 0,
  trappingFunctions: 2,
  trapsBehindCalls: 0,
  trappingSides: 0,
  recursiveFunctions: 8,
  otherViews: 8,
  tryCalls: 12,
  sharedEdges: 0,
  mixedResults: 0,
  throwingCases: 10,
  returnAddresses: 0,
  callerFrames: 0,
  contexts: 30,
  moreContexts: 0,
  patchableCalls: 40,
  indirectCalls: 35,
  colocatedCalls: 60,
  pressureValues: { min: 6, max: 18 },
  pressureClasses: [],
  callsWithoutIntegers: 0,
  fencedCalls: 0,
  fencedLoads: 0,
  tailCalls: 60,
  sharedResults: 60,
  otherTargets: 0,
  outlineProbes: 1,
  inlineProbes: 25,
  otherGuards: 0,
  relays: 0,
  idleFunctions: 0,
  thinFunctions: 0,
  lookalikes: 0,
  namedInstances: 50,
  fewInstances: 60,
  farTags: 50,
  pairedTags: 0,
  repeatedTags: 0,
  plainCompiles: 0,
  compressedCode: 0,
  longRegisters: 0,
  otherSettings: 0,
  blockPadding: 2,
  loopsFirst: 0,
  emptyBranches: 0,
  longRuns: 0,
  memoryLoops: 0,
  wideLoops: 0,
  swappingLoops: 0,
  endlessLoops: 0,
  otherConditions: 0,
  directEdges: 0,
  otherConversions: 0,
  patternedConstants: 0,
  narrowAccesses: 0,
  copies: 0,
  addressSums: 0,
  farAlignments: 0,
  extremes: 0,
  zeroMasks: 0,
  vectorChoices: 0,
  rearrangements: 0,
  laneWidths: 0,
  flaggedLoads: 0,
  statementWeights: {
    arithmetic: 30,
    call: 34,
    store: 8,
    load: 8,
    branch: 6,
    loop: 4,
    exit: 4,
    pressure: 4,
    trap: 1,
    throw: 4,
  },
  slotSizes: [
    { item: { min: 16, max: 64 }, weight: 12 },
    { item: { min: 65, max: 600 }, weight: 4 },
    { item: { min: 1900, max: 2300 }, weight: 2 },
    { item: { min: 4000, max: 4300 }, weight: 1 },
    { item: { min: 8000, max: 9000 }, weight: 1 },
  ],
};
