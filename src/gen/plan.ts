import type { FunctionName } from '../clif/module.ts';
import { abiParam, NORMAL, type AbiParam, type CallConv, type Signature } from '../clif/signature.ts';
import { isExtensible, typeInfo, type Type } from '../clif/type.ts';
import type { Config, Range, Weighted } from './config.ts';
import type { Draw } from './draw.ts';
import { drawEntryLimit, drawLimit, type LimitRole } from './limit-role.ts';
import { planLookalike } from './lookalikes.ts';
import { pickWeighted } from './weighted.ts';

/** What a parameter carries, which the type alone does not say. */
export type ParamRole =
  | { readonly kind: 'data' }
  /** The address of `memoryBytes` initialised bytes. */
  | { readonly kind: 'memory' }
  /** The address of the function planned at `target`. */
  | { readonly kind: 'function'; readonly target: number }
  /** An i32 from 0 to `RECURSION_MAX`: how often the function may still call itself. */
  | { readonly kind: 'counter' }
  /** The frame pointer of the caller, which is not the callee's own. */
  | { readonly kind: 'frame' }
  /** The vmctx from which the function's stack limit comes. */
  | LimitRole;

/** How deep a recursive function goes at most. */
export const RECURSION_MAX = 3;

/** Bytes behind every memory parameter: two cells. */
export function memoryBytes(shape: CaseShape): number {
  return 2 * shape.cellBytes;
}

/** A function before it has a body. Function `i` may only call functions planned after it, so all calls end. */
export interface FunctionPlan {
  readonly name: FunctionName;
  readonly signature: Signature;
  readonly roles: readonly ParamRole[];
  /** Index of the parameter that counts recursion; null for a function that does not call itself. */
  readonly counter: number | null;
  /** Every path of the body ends in a trap. */
  readonly endsInTrap: boolean;
  /** Does nothing but leave to another function where it can. */
  readonly isRelay: boolean;
  /** Returns constants, and reads none of what it is given. */
  readonly isIdle: boolean;
  /** Makes one call, and little else, if there is a function to call. */
  readonly isThin: boolean;
}

/** What the whole case shares. */
export interface CaseShape {
  readonly hasVectors: boolean;
  /** Of the longest vectors; 0 without any. */
  readonly vectorBits: number;
  /** Bytes that a cell of memory offers: 16, or what the longest type needs. */
  readonly cellBytes: number;
  /** Functions may throw. */
  readonly throws: boolean;
  /** Minor version of the Cranelift. */
  readonly release: number;
  readonly hasHalfArithmetic: boolean;
  readonly hasHalfVectors: boolean;
  readonly implicitReturnArea: boolean;
  readonly types: readonly Weighted<Type>[];
}

/** The first release that has f16 and f128 on riscv64 with every setting; before, most of their instructions have no lowering. */
export const HALF_AND_QUAD_RELEASE = 120;

/** The first release whose stack slots have an alignment; before, each lies at a multiple of 8. */
export const SLOT_ALIGNMENT_RELEASE = 109;

/** The first release with preserve_all. */
const PRESERVE_ALL_RELEASE = 128;

/** The first release whose tail convention can be called from outside: before, it was Cranelift's own affair. */
const TAIL_ENTRY_RELEASE = 108;

const DATA: ParamRole = { kind: 'data' };

/** Few most of the time, the whole range some of the time: long lists are what spills to the stack. */
function drawCount(draw: Draw, { longLists }: Config, { min, max }: Range): number {
  const kind = 10 * draw.int(0, 9);
  const top = kind >= 100 - longLists ? max : kind < 40 ? 4 : 10;
  return draw.int(min, Math.max(min, Math.min(max, top)));
}

/** What an extension says nothing of. */
const WIDE_INTEGERS: readonly Type[] = ['i64', 'i128'];

function drawParam(draw: Draw, config: Config, type: Type): AbiParam {
  const isExtended = isExtensible(type)
    ? draw.chance(config.extensions)
    : WIDE_INTEGERS.includes(type) && draw.sometimes(config.idleExtensions);
  if (!isExtended) return abiParam(type);
  return abiParam(type, draw.chance(100 - config.unsignedExtensions) ? 'sext' : 'uext');
}

/** Whether a struct of `fields` and one more has a register for each: no two narrow integers, which would share one. */
function isFieldOfStruct(fields: readonly AbiParam[], type: Type): boolean {
  const [first] = fields;
  if (first === undefined) return true;
  const [a, b] = [typeInfo(first.type), typeInfo(type)];
  if (fields.length > 1 || a.bits > 64 || b.bits > 64) return false;
  return a.isFloat || b.isFloat || a.bits === 64 || b.bits === 64;
}

/** How many integer registers a scalar takes; none where a float register carries it. */
function integerRegisters(type: Type): number {
  const { isVector, isFloat, bits } = typeInfo(type);
  if (isVector || (isFloat && bits <= 64)) return 0;
  return bits > 64 ? 2 : 1;
}

/** Whether results stay within a0, a1, fa0, fa1. */
export function fitsRegisters(returns: readonly AbiParam[]): boolean {
  let integers = 0;
  let floats = 0;
  for (const { type } of returns) {
    if (typeInfo(type).isVector) return false;
    const parts = integerRegisters(type);
    integers += parts;
    if (parts === 0) floats += 1;
  }
  return integers <= 2 && floats <= 2;
}

/** Result types that stay within a0, a1, fa0, fa1 (RISC-V psABI, "Integer Calling Convention"). */
function drawRegisterResults(
  draw: Draw,
  config: Config,
  types: readonly Weighted<Type>[],
): readonly AbiParam[] {
  const results: AbiParam[] = [];
  let integers = 2;
  let floats = 2;
  for (let tries = draw.int(0, 4); tries > 0; tries -= 1) {
    const type = pickWeighted(draw, types);
    if (typeInfo(type).isVector) continue;
    const parts = integerRegisters(type);
    if (config.asInC && !isFieldOfStruct(results, type)) continue;
    if (parts === 0 ? floats < 1 : integers < parts) continue;
    if (parts === 0) floats -= 1;
    integers -= parts;
    results.push(drawParam(draw, config, type));
  }
  return results;
}

function drawResults(draw: Draw, config: Config, shape: CaseShape): readonly AbiParam[] {
  if (!shape.implicitReturnArea) return drawRegisterResults(draw, config, shape.types);
  const count = drawCount(draw, config, config.results);
  return Array.from({ length: count }, () => drawParam(draw, config, pickWeighted(draw, shape.types)));
}

/** Namespaces of functions that have several. */
const NAMESPACES = 3;

function planName(index: number, { hasNamespaces }: Config): FunctionName {
  if (index === 0) return { kind: 'test', name: 'main' };
  if (!hasNamespaces) return { kind: 'user', namespace: 0, index };
  const before = index - 1;
  return { kind: 'user', namespace: before % NAMESPACES, index: Math.floor(before / NAMESPACES) };
}

interface ParamDraft {
  readonly param: AbiParam;
  readonly role: ParamRole;
}

/**
 * Parameters ahead of a vmctx that leads to the stack limit, which has to be in a register (docs/findings.md, F22): each takes two of
 * eight at most, and the return area's pointer one.
 */
const MOST_BEFORE_LIMIT = 3;
/** Registers for integers, less those for that pointer and for vmctx. */
const REGISTERS_BEFORE_LIMIT = 6;

/** Where among parameters the vmctx stands that leads to a limit. With near limits often as far behind as leaves it a register for certain. */
function drawLimitPlace(draw: Draw, config: Config, drafts: readonly ParamDraft[]): number {
  const few = draw.int(0, Math.min(MOST_BEFORE_LIMIT, drafts.length));
  if (config.nearStackLimits === 0 || !draw.chance(50)) return few;
  let registers = 0;
  const end = drafts.findIndex(({ param }) => {
    registers += integerRegisters(param.type);
    return registers > REGISTERS_BEFORE_LIMIT;
  });
  return end < 0 ? drafts.length : end;
}

/** `drafts` with a vmctx among them that leads to the function's stack limit. */
function withLimit(
  draw: Draw,
  config: Config,
  drafts: readonly ParamDraft[],
  limit: LimitRole,
): readonly ParamDraft[] {
  const param = abiParam('i64', 'none', { kind: 'vmctx' });
  return drafts.toSpliced(drawLimitPlace(draw, config, drafts), 0, { param, role: limit });
}

function withEntryLimit(draw: Draw, config: Config, drafts: readonly ParamDraft[]): readonly ParamDraft[] {
  const hasLimit = draw.sometimes(config.entryLimits);
  return hasLimit ? withLimit(draw, config, drafts, drawEntryLimit(draw)) : drafts;
}

/** The entry is called from outside with plain data, so it has no pointers but a stack limit, and it always has an i64 to report in. */
function planEntry(draw: Draw, config: Config, shape: CaseShape, callConv: CallConv): FunctionPlan {
  const data = Array.from({ length: drawCount(draw, config, config.params) }, () => ({
    param: drawParam(draw, config, pickWeighted(draw, shape.types)),
    role: DATA,
  }));
  const drawn = drawResults(draw, config, shape);
  const hasWord = drawn.some((r) => r.type === 'i64');
  const kept = shape.implicitReturnArea ? drawn.slice(0, config.results.max - 1) : [];
  const spoken = hasWord ? drawn : [...kept, abiParam('i64')];
  const drafts = withEntryLimit(draw, config, data);
  return {
    name: planName(0, config),
    signature: {
      params: drafts.map(({ param }) => param),
      returns: callConv === 'preserve_all' ? [] : spoken,
      callConv,
    },
    roles: drafts.map(({ role }) => role),
    counter: null,
    endsInTrap: false,
    isRelay: false,
    isIdle: false,
    isThin: false,
  };
}

function insertAnywhere(draw: Draw, list: ParamDraft[], item: ParamDraft): void {
  list.splice(draw.int(0, list.length), 0, item);
}

function planInner(
  draw: Draw,
  config: Config,
  shape: CaseShape,
  callConv: CallConv,
  index: number,
  count: number,
  earlier: readonly FunctionPlan[],
): FunctionPlan {
  const drafts: ParamDraft[] = Array.from(
    { length: drawCount(draw, config, { ...config.params, max: config.params.max - 2 }) },
    () => ({ param: drawParam(draw, config, pickWeighted(draw, shape.types)), role: DATA }),
  );
  if (index + 1 < count && draw.chance(config.functionParams)) {
    const target = draw.int(index + 1, count - 1);
    insertAnywhere(draw, drafts, { param: abiParam('i64'), role: { kind: 'function', target } });
  }
  if (draw.sometimes(config.selfPointers)) {
    insertAnywhere(draw, drafts, { param: abiParam('i64'), role: { kind: 'function', target: index } });
  }
  const isRelay = callConv === 'tail' && index + 1 < count && draw.sometimes(config.relays);
  if (!isRelay && draw.chance(config.recursiveFunctions)) {
    insertAnywhere(draw, drafts, { param: abiParam('i32'), role: { kind: 'counter' } });
  }
  if (shape.throws && draw.sometimes(config.callerFrames)) {
    insertAnywhere(draw, drafts, { param: abiParam('i64'), role: { kind: 'frame' } });
  }
  const hasSret = !isRelay && draw.chance(config.sretFunctions);
  const limit = draw.chance(config.stackLimits) ? drawLimit(draw, config.nearStackLimits > 0, isRelay) : null;
  // Memory is the only way out of a preserve_all function.
  const memoryParams = callConv === 'preserve_all' ? 85 : config.memoryParams;
  if (hasSret || draw.chance(memoryParams)) {
    const purpose = hasSret
      ? { kind: 'sret' as const }
      : limit === null && draw.chance(40)
        ? { kind: 'vmctx' as const }
        : NORMAL;
    const param = abiParam('i64', 'none', purpose);
    insertAnywhere(draw, drafts, { param, role: { kind: 'memory' } });
  }
  const planned = limit === null ? drafts : withLimit(draw, config, drafts, limit);
  const twins = earlier.filter(
    (p, i) =>
      i > 0 && p.signature.callConv === 'tail' && !p.signature.params.some((q) => q.purpose.kind === 'sret'),
  );
  const entry = earlier[0];
  if (entry !== undefined && entry.signature.callConv === 'tail') twins.push(entry);
  // Tail calls need equal result types, which two independent draws hardly ever have.
  const relays = twins.filter((p) => p.isRelay);
  const twin =
    callConv === 'tail' &&
    !hasSret &&
    twins.length > 0 &&
    draw.chance(relays.length > 0 ? 90 : config.sharedResults)
      ? draw.pick(relays.length > 0 ? relays : twins)
      : null;
  const drawn =
    hasSret || callConv === 'preserve_all'
      ? []
      : twin !== null
        ? twin.signature.returns
        : drawResults(draw, config, shape);
  // A function that hands nothing back shows nothing of what went wrong inside it.
  const isMute = drawn.length === 0 && !planned.some((d) => d.role.kind === 'memory');
  const canSpeak = twin === null && callConv !== 'preserve_all';
  const returns = isMute && canSpeak && draw.chance(85) ? [abiParam('i64')] : drawn;
  const counter = planned.findIndex((d) => d.role.kind === 'counter');
  return {
    name: planName(index, config),
    signature: { params: planned.map((d) => d.param), returns, callConv },
    roles: planned.map((d) => d.role),
    counter: counter < 0 ? null : counter,
    endsInTrap: !isRelay && draw.chance(config.trappingFunctions),
    isRelay,
    isIdle: !isRelay && draw.sometimes(config.idleFunctions),
    isThin: !isRelay && draw.sometimes(config.thinFunctions),
  };
}

/** Names, signatures and roles of every function of a module; the entry first. */
export function planFunctions(draw: Draw, config: Config, shape: CaseShape): readonly FunctionPlan[] {
  const { min, max } = config.functions;
  const count = draw.int(min, draw.chance(70) ? Math.max(min, Math.min(max, 5)) : max);
  const isKnown = ({ item }: Weighted<CallConv>): boolean =>
    item !== 'preserve_all' || shape.release >= PRESERVE_ALL_RELEASE;
  const callConvs = config.callConvs.filter(isKnown);
  const entryCallConvs = config.entryCallConvs.filter(
    (choice) => isKnown(choice) && (choice.item !== 'tail' || shape.release >= TAIL_ENTRY_RELEASE),
  );
  const entryConv = pickWeighted(draw, entryCallConvs);
  const plans: FunctionPlan[] = [planEntry(draw, config, shape, entryConv)];
  for (let index = 1; index < count; index += 1) {
    const isLookalike = draw.sometimes(config.lookalikes);
    const lookalike = isLookalike ? planLookalike(draw, callConvs, planName(index, config), plans) : null;
    plans.push(
      lookalike ?? planInner(draw, config, shape, pickWeighted(draw, callConvs), index, count, plans),
    );
  }
  return plans;
}
