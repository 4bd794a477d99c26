import fc, { type GeneratorValue } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkModule, problemText } from './check.ts';
import type {
  BlockCall,
  FuncRef,
  Function,
  FunctionName,
  GlobalValue,
  Inst,
  Module,
  Value,
} from './module.ts';
import { clifErrorText, parseClif } from './parse.ts';
import { printModule } from './print.ts';
import { countInstructions, mapValues, renumber, usesOf } from './rewrite.ts';
import { abiParam, type CallConv, type Signature } from './signature.ts';
import { asInteger, type Type, typeInfo, vectorOf } from './type.ts';

const TYPES: readonly Type[] = [
  'i8',
  'i16',
  'i32',
  'i64',
  'i128',
  'f16',
  'f32',
  'f64',
  'f128',
  'i8x16',
  'f32x4',
  'i16x2',
  'i64x4',
  'f16x8',
];
const CONVS: readonly CallConv[] = ['system_v', 'tail', 'fast', 'apple_aarch64'];

function pick<T>(g: GeneratorValue, choices: readonly T[]): T {
  return g(() => fc.constantFrom(...choices));
}

function drawSignature(g: GeneratorValue): Signature {
  const draw = () => {
    const type = pick(g, TYPES);
    const { isFloat, isVector } = typeInfo(type);
    return abiParam(type, isFloat || isVector ? 'none' : pick(g, ['none', 'sext', 'uext']));
  };
  const many = (most: number) => Array.from({ length: g(fc.nat, { max: most }) }, draw);
  return { params: many(5), returns: many(4), callConv: pick(g, CONVS) };
}

function nameOf(i: number): FunctionName {
  return i % 2 === 0 ? { kind: 'test', name: `f${i}` } : { kind: 'user', namespace: 0, index: i };
}

/** Builds one function, values only read after their definition, blocks in a chain. */
function drawFunction(g: GeneratorValue, index: number, signatures: readonly Signature[]): Function {
  const signature = signatures[index] ?? drawSignature(g);
  const valueTypes: (Type | undefined)[] = [];
  const sigRefs = new Map(signatures.map((s, i) => [i * 2, s]));
  const funcRefs = new Map(
    signatures.map((_, i): [number, FuncRef] => [
      i,
      { name: nameOf(i), sig: i * 2, colocated: i % 3 !== 0, patchable: false },
    ]),
  );
  const gap = g(fc.nat, { max: 3 });
  const define = (type: Type): Value => {
    const value = valueTypes.length + gap;
    valueTypes[value] = type;
    return value;
  };
  let insts: Inst[] = [];
  const base = (op: string, type: Type | null, results: readonly Value[], args: readonly Value[]) => ({
    op,
    type,
    results,
    args,
  });
  const constant = (type: Type): Value => {
    const { bits, lane, isVector, isFloat } = typeInfo(type);
    const pattern = g(() => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }));
    if (type === 'i128') {
      const [low, high] = [constant('i64'), constant('i64')];
      const wide = define('i128');
      insts.push({ kind: 'plain', ...base('iconcat', 'i64', [wide], [low, high]) });
      return wide;
    }
    const value = define(type);
    const op = isVector ? 'vconst' : isFloat ? `${lane}const` : 'iconst';
    insts.push({
      kind: 'const',
      ...base(op, isFloat && !isVector ? null : type, [value], []),
      bits: pattern,
    });
    return value;
  };
  const valueOf = (type: Type): Value => {
    const known: Value[] = [];
    valueTypes.forEach((t, v) => {
      if (t === type) known.push(v);
    });
    return known.length > 0 && g(fc.boolean) ? pick(g, known) : constant(type);
  };
  const valuesOf = (types: readonly { readonly type: Type }[]): Value[] =>
    types.map(({ type }) => valueOf(type));
  const emitOne = (): void => {
    const type = pick(g, TYPES);
    const { isFloat, isVector, lane, lanes } = typeInfo(type);
    switch (g(fc.nat, { max: 12 })) {
      case 0: {
        const args = [valueOf(type), valueOf(type)];
        insts.push({ kind: 'plain', ...base(isFloat ? 'fadd' : 'iadd', type, [define(type)], args) });
        return;
      }
      case 1: {
        const address = define('i64');
        const offset = g(() => fc.integer({ min: -8, max: 8 }));
        insts.push({
          kind: 'stack',
          ...base('stack_addr', 'i64', [address], []),
          slot: 0,
          offset: g(fc.nat, { max: 8 }),
        });
        const args = [valueOf(type), address];
        insts.push({
          kind: 'memory',
          ...base('store', type, [], args),
          flags: ['notrap', 'aligned'],
          offset,
        });
        insts.push({ kind: 'memory', ...base('load', type, [define(type)], [address]), flags: [], offset });
        return;
      }
      case 2: {
        const cond = isFloat ? pick(g, ['eq', 'uno', 'ule']) : pick(g, ['eq', 'slt', 'uge']);
        const result: Type = isVector ? vectorOf(typeInfo(asInteger(type)).lane, lanes) : 'i8';
        const args = [valueOf(type), valueOf(type)];
        insts.push({
          kind: 'compare',
          ...base(isFloat ? 'fcmp' : 'icmp', type, [define(result)], args),
          cond,
        });
        return;
      }
      case 3: {
        const args = [valueOf('i8x16'), valueOf('i8x16')];
        const mask = Array.from({ length: 16 }, () => g(fc.nat, { max: 31 }));
        insts.push({ kind: 'shuffle', ...base('shuffle', null, [define('i8x16')], args), mask });
        return;
      }
      case 4: {
        if (!isVector) return;
        const args = [valueOf(type)];
        insts.push({
          kind: 'lane',
          ...base('extractlane', type, [define(lane)], args),
          lane: g(fc.nat, { max: lanes - 1 }),
        });
        return;
      }
      case 5: {
        const args = [valueOf('i8'), valueOf(type), valueOf(type)];
        insts.push({ kind: 'plain', ...base('select', type, [define(type)], args) });
        return;
      }
      case 6: {
        const func = g(fc.nat, { max: signatures.length - 1 });
        const callee = signatures[func] ?? signature;
        const args = valuesOf(callee.params);
        if (g(fc.boolean)) {
          insts.push({
            kind: 'call',
            ...base(
              'call',
              null,
              callee.returns.map((r) => define(r.type)),
              args,
            ),
            func,
          });
          return;
        }
        const address = define('i64');
        insts.push({ kind: 'func_addr', ...base('func_addr', 'i64', [address], []), func });
        const results = callee.returns.map((r) => define(r.type));
        insts.push({
          kind: 'call_indirect',
          ...base('call_indirect', 'i64', results, [address, ...args]),
          sig: func * 2,
        });
        return;
      }
      case 7:
        insts.push({
          kind: 'trap',
          ...base('trapz', 'i32', [], [valueOf('i32')]),
          code: pick(g, ['user7', 'heap_oob']),
        });
        return;
      case 8: {
        const args = [valueOf('i64'), valueOf('i32')];
        const rmw = pick(g, ['add', 'xchg']);
        insts.push({
          kind: 'atomic_rmw',
          ...base('atomic_rmw', 'i32', [define('i32')], args),
          flags: ['little'],
          rmw,
        });
        return;
      }
      case 9:
        insts.push({ kind: 'plain', ...base('uextend', 'i64', [define('i64')], [valueOf('i16')]) });
        return;
      case 10: {
        const args = [valueOf('f32x4')];
        insts.push({
          kind: 'memory',
          ...base('bitcast', 'i8x16', [define('i8x16')], args),
          flags: ['big'],
          offset: 0,
        });
        return;
      }
      case 11: {
        const args = [valueOf('i128')];
        insts.push({ kind: 'plain', ...base('isplit', 'i128', [define('i64'), define('i64')], args) });
        return;
      }
      default:
        insts.push({ kind: 'global', ...base('symbol_value', 'i64', [define('i64')], []), global: 3 });
    }
  };
  const blockCount = 1 + g(fc.nat, { max: 3 });
  const paramTypes = Array.from({ length: blockCount }, (_, b) =>
    b === 0
      ? signature.params.map((p) => p.type)
      : Array.from({ length: g(fc.nat, { max: 3 }) }, () => pick(g, TYPES)),
  );
  const blocks = paramTypes.map((types, b) => {
    insts = [];
    const params = types.map((type) => ({ value: define(type), type }));
    for (let n = g(fc.nat, { max: 6 }); n > 0; n--) emitOne();
    const next = paramTypes[b + 1];
    if (next === undefined) {
      insts.push({ kind: 'plain', ...base('return', null, [], valuesOf(signature.returns)) });
    } else {
      const target = (): BlockCall => ({
        block: (b + 1) * 2,
        args: next.map((type) => ({ kind: 'value' as const, value: valueOf(type) })),
      });
      insts.push(drawTerminator(g, target, valueOf));
    }
    return { id: b * 2, params, insts, cold: b > 0 && g(fc.boolean) };
  });
  const hasVmctx = signature.params.some(({ purpose }) => purpose.kind === 'vmctx');
  return {
    name: nameOf(index),
    signature,
    stackSlots: new Map([[0, { kind: 'explicit_slot', sizeBytes: 64, alignBytes: 16 }]]),
    globalValues: new Map([
      // Only a function with such a parameter may say vmctx.
      [0, hasVmctx ? { kind: 'vmctx' } : SYMBOL],
      [1, { kind: 'load', base: 0, type: 'i64', offset: -8, flags: ['notrap', 'aligned'] }],
      [2, { kind: 'iadd_imm', base: 1, type: 'i64', offset: -3n }],
      [3, SYMBOL],
    ]),
    sigRefs,
    funcRefs,
    constants: new Map([[0, Uint8Array.of(1, 2, 3, 255)]]),
    stackLimit: g(fc.boolean) ? 2 : null,
    blocks,
    valueTypes,
  };
}

const SYMBOL: GlobalValue = { kind: 'symbol', name: nameOf(0), offset: 4n, colocated: true, tls: false };

function drawTerminator(g: GeneratorValue, target: () => BlockCall, valueOf: (type: Type) => Value): Inst {
  switch (g(fc.nat, { max: 2 })) {
    case 0:
      return { kind: 'jump', op: 'jump', type: null, results: [], args: [], target: target() };
    case 1:
      return {
        kind: 'brif',
        op: 'brif',
        type: 'i16',
        results: [],
        args: [valueOf('i16')],
        then: target(),
        else: target(),
      };
    default: {
      const args = [valueOf('i32')];
      return {
        kind: 'br_table',
        op: 'br_table',
        type: null,
        results: [],
        args,
        fallback: target(),
        table: [target(), target()],
      };
    }
  }
}

function drawModule(g: GeneratorValue): Module {
  const signatures = Array.from({ length: 1 + g(fc.nat, { max: 2 }) }, () => drawSignature(g));
  return { functions: signatures.map((_, i) => drawFunction(g, i, signatures)) };
}

function parseOk(text: string): Module {
  const result = parseClif(text);
  if (result.kind === 'error') throw new Error(`${clifErrorText(result)}\n${text}`);
  return result.file.module;
}

describe('every module', () => {
  const property = (check: (module: Module) => void): void => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        check(drawModule(g));
      }),
      { numRuns: 60 },
    );
  };

  it('is what parsing its text gives', () => {
    property((module) => {
      const text = printModule(module);
      const again = parseOk(text);
      expect(again).toEqual(module);
      expect(printModule(again)).toBe(text);
    });
  });

  it('is found valid', () => {
    property((module) => {
      expect(checkModule(module).map(problemText)).toEqual([]);
    });
  });

  it('stays valid and the same size under renumbering, which happens once', () => {
    property((module) => {
      const dense: Module = { functions: module.functions.map(renumber) };
      expect(checkModule(dense).map(problemText)).toEqual([]);
      expect(countInstructions(dense)).toBe(countInstructions(module));
      for (const fn of dense.functions) {
        expect(renumber(fn)).toBe(fn);
        const defined = fn.blocks.flatMap((b) => [
          ...b.params.map((p) => p.value),
          ...b.insts.flatMap((i) => i.results),
        ]);
        expect(defined).toEqual(defined.map((_, i) => i));
        expect(Object.keys(fn.valueTypes)).toHaveLength(defined.length);
      }
      expect(parseOk(printModule(dense))).toEqual(dense);
    });
  });

  it('has its uses renamed by mapValues and no others', () => {
    property((module) => {
      for (const block of module.functions.flatMap((fn) => fn.blocks)) {
        for (const inst of block.insts) {
          expect(usesOf(mapValues(inst, (v) => v + 1000))).toEqual(usesOf(inst).map((v) => v + 1000));
          expect(mapValues(inst, (v) => v)).toEqual(inst);
        }
      }
    });
  });
});

describe('try_call', () => {
  const text = `function %f(i64) -> i32 tail {
    sig0 = (i64) -> i32 tail
    fn0 = colocated %f sig0

block0(v0: i64):
    v9 = func_addr.i64 fn0
    try_call fn0(v0), sig0, block1(ret0, v0), [ tag1: block2(exn0, exn1), default: block3, context v0 ]

block1(v1: i32, v2: i64):
    try_call_indirect v9(v2), sig0, block4(ret0), [ default: block3 ]

block2(v3: i64, v4: i64):
    v5 = get_exception_handler_address.i64 block1, 0
    return_call_indirect sig0, v9(v5)

block3 cold:
    return_call fn0(v0)

block4(v6: i32):
    return v6
}
`;
  it('round-trips, is valid, and its values are seen', () => {
    const module = parseOk(text);
    expect(printModule(module)).toBe(text);
    expect(checkModule(module).map(problemText)).toEqual([]);
    const [, call] = module.functions[0]?.blocks[0]?.insts ?? [];
    expect(call === undefined ? [] : usesOf(call)).toEqual([0, 0, 0]);
  });
});
