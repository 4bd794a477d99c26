import type { Block, Function, Inst, Value } from '../clif/module.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { mapValues, usesOf } from '../clif/rewrite.ts';
import type { Type } from '../clif/type.ts';
import { bitMask, typeInfo } from '../clif/type.ts';
import { constantInsts, constantOp, conversionInsts } from './constant-inst.ts';
import { definitionsOf } from './value-walk.ts';

/** What an edit may do beside returning instructions. Values it makes are typed and numbered past all others. */
export interface Editor {
  readonly fresh: (type: Type) => Value;
  readonly typeOf: (value: Value) => Type;
  /** A value of `type` that is zero and can be read anywhere in the function. */
  readonly zero: (type: Type) => Value;
  /** Every later and earlier read of `from` reads `to` instead. */
  readonly rename: (from: Value, to: Value) => void;
  /** `value` as a `to`, with the instructions that are needed for it where `value` is read. */
  readonly convert: (value: Value, to: Type) => { readonly insts: readonly Inst[]; readonly value: Value };
}

export type InstEdit = (inst: Inst, editor: Editor, block: Block) => readonly Inst[];

const WIDENINGS: ReadonlySet<string> = new Set(['uextend', 'splat']);

const CONVERSIONS: ReadonlySet<string> = new Set([
  'uextend',
  'sextend',
  'ireduce',
  'bitcast',
  'splat',
  'scalar_to_vector',
  'iconcat',
  'extractlane',
]);

/** How many instructions at the start of the entry block need nothing but each other: constants, and constants widened. */
function leadingCount(insts: readonly Inst[]): number {
  const made = new Set<Value>();
  const isLeading = (inst: Inst): boolean =>
    inst.kind === 'const' || (WIDENINGS.has(inst.op) && inst.args.every((arg) => made.has(arg)));
  const end = insts.findIndex((inst) => {
    if (!isLeading(inst)) return true;
    for (const result of inst.results) made.add(result);
    return false;
  });
  return end < 0 ? insts.length : end;
}

/** The entry's instructions with new ones put in where their values can be read from everywhere below. */
function withLeading(
  insts: readonly Inst[],
  zeros: readonly Inst[],
  starting: readonly Inst[],
): readonly Inst[] {
  const at = leadingCount(insts);
  const leading = insts.slice(0, at);
  return [
    ...zeros,
    ...leading.filter((inst) => inst.kind === 'const'),
    ...leading.filter((inst) => inst.kind !== 'const'),
    ...starting,
    ...insts.slice(at),
  ];
}

function keepValue(value: Value): Value {
  return value;
}

/** Zero values the function makes at its start, by type. */
function leadingZeros(fn: Function): Map<Type, Value> {
  const insts = fn.blocks[0]?.insts ?? [];
  const zeros = new Map<Type, Value>();
  const isZero = new Set<Value>();
  for (const inst of insts.slice(0, leadingCount(insts))) {
    const result = inst.results[0];
    if (result === undefined) continue;
    const isConst = inst.kind === 'const' && inst.bits === 0n;
    const isWide = WIDENINGS.has(inst.op) && isZero.has(inst.args[0] ?? -1);
    if (!isConst && !isWide) continue;
    isZero.add(result);
    const type = fn.valueTypes[result];
    if (type !== undefined && !zeros.has(type)) zeros.set(type, result);
  }
  return zeros;
}

/** The values that stand for "zero" in this function; replacing one by zero would change nothing. */
export function zeroValues(fn: Function): ReadonlySet<Value> {
  return new Set(leadingZeros(fn).values());
}

/**
 * Rewrites a function: `edit` sees each instruction once and gives what stands in its place, `start` may rename parameters and
 * gives instructions for the entry's start. Renames are applied everywhere at the end. Dead code is left to `tidyFunction`.
 */
export function editFunction(
  fn: Function,
  edit: InstEdit,
  start: (editor: Editor) => readonly Inst[] = () => [],
): Function {
  const types = [...fn.valueTypes];
  const zeros = leadingZeros(fn);
  const added: Inst[] = [];
  const renames = new Map<Value, Value>();
  const resolve = (value: Value): Value => {
    let current = value;
    for (let steps = 0; steps <= renames.size; steps += 1) {
      const next = renames.get(current);
      if (next === undefined || next === current) break;
      current = next;
    }
    return current;
  };
  const fresh = (type: Type): Value => types.push(type) - 1;
  const typeOf = (value: Value): Type => {
    const type = types[value];
    if (type === undefined) throw new HarnessError('shrink', `v${value} has no type`);
    return type;
  };
  const zero = (type: Type): Value => {
    const known = zeros.get(type);
    if (known !== undefined) return known;
    const insts = constantInsts(type, 0n, fresh);
    added.push(...insts);
    const value = insts.at(-1)?.results[0] ?? 0;
    zeros.set(type, value);
    return value;
  };
  let definitions: ReadonlyMap<Value, Inst> | null = null;
  const convert: Editor['convert'] = (value, to) => {
    const from = typeOf(value);
    if (from === to) return { insts: [], value };
    definitions ??= definitionsOf(fn);
    const definition = definitions.get(value);
    const origin =
      definition === undefined ? undefined : conversionOrigin(definition, definitions, types, to);
    if (origin !== undefined) return { insts: [], value: origin };
    const insts =
      definition?.kind === 'const' && constantOp(to) !== null
        ? constantInsts(to, definition.bits & bitMask(typeInfo(to).bits), fresh)
        : conversionInsts(value, from, to, fresh);
    return { insts, value: insts.at(-1)?.results[0] ?? value };
  };
  const editor: Editor = {
    fresh,
    typeOf,
    zero,
    rename: (from, to) => {
      if (from !== to) renames.set(from, to);
    },
    convert,
  };
  const starting = start(editor);
  const blocks: Block[] = fn.blocks.map((block) => {
    const insts = block.insts.flatMap((inst) => edit(inst, editor, block));
    return { ...block, insts };
  });
  const entry = blocks[0];
  if (entry !== undefined) blocks[0] = { ...entry, insts: withLeading(entry.insts, added, starting) };
  const isRead = (inst: Inst): boolean => usesOf(inst).some((value) => renames.has(value));
  const renamed =
    renames.size === 0
      ? blocks
      : blocks.map((block) => ({
          ...block,
          insts: block.insts.map((inst) => (isRead(inst) ? mapValues(inst, resolve, keepValue) : inst)),
        }));
  return { ...fn, blocks: renamed, valueTypes: types };
}

/** The `to`-typed value that a chain of conversions started from, if its bits survive in what the chain made. */
function conversionOrigin(
  definition: Inst,
  definitions: ReadonlyMap<Value, Inst>,
  types: readonly (Type | undefined)[],
  to: Type,
): Value | undefined {
  let current: Inst | undefined = definition;
  for (let steps = 0; steps < 8 && current !== undefined; steps += 1) {
    if (current.kind === 'const' || !CONVERSIONS.has(current.op)) return undefined;
    const source: Value | undefined = current.args[0];
    if (source === undefined) return undefined;
    if (types[source] === to) return source;
    current = definitions.get(source);
  }
  return undefined;
}
