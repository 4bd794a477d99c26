import { beforeAll, describe, expect, it } from 'vitest';
import { needsReturnArea } from '../abi/layout.ts';
import type { Case } from '../clif/case.ts';
import { blockCallsOf, functionNameText, type Function, type Inst, type Value } from '../clif/module.ts';
import { usesOf } from '../clif/rewrite.ts';
import type { AbiParam, Signature } from '../clif/signature.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { makeCase } from './case-arbitrary.ts';
import { caseSeedFor } from './profiles.ts';
import { DEFAULT_CONFIG } from './config.ts';
import { SAMPLE_ABILITIES } from './sample-abilities.ts';

/** Enough that what the issue asks for comes up, few enough for a unit test. */
const CASES = 800;

const SCALARS = ['i8', 'i16', 'i32', 'i64', 'i128', 'f16', 'f32', 'f64', 'f128'] as const;
const VECTORS = ['i8x16', 'i16x8', 'i32x4', 'i64x2', 'f16x8', 'f32x4', 'f64x2'] as const;
const CONVENTIONS = ['system_v', 'fast', 'tail'] as const;
const CALLS = ['call', 'call_indirect'] as const;
const TAIL_CALLS = ['return_call', 'return_call_indirect'] as const;

const INTEGER_ARITHMETIC = /^(?:iadd|isub|imul|band|bor|bxor|ishl|ushr|sshr|rotl|rotr|ineg|bnot)$/;
const FLOAT_ARITHMETIC = /^(?:fadd|fsub|fmul|fdiv|sqrt|fneg|fabs|fcopysign)$/;

/** How often each thing was seen. */
const seen = new Map<string, number>();
/** The greatest number seen. */
const most = new Map<string, number>();

function count(what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

function measure(what: string, value: number): void {
  most.set(what, Math.max(most.get(what) ?? -Infinity, value));
  most.set(`least ${what}`, Math.min(most.get(`least ${what}`) ?? Infinity, value));
}

function registerClass(type: Type): string {
  const info = typeInfo(type);
  return info.isVector ? 'vector' : info.isFloat && info.bits <= 64 ? 'float' : 'integer';
}

function countParams(side: 'parameter' | 'result', list: readonly AbiParam[]): void {
  measure(`${side}s`, list.length);
  for (const { type, extension, purpose } of list) {
    count(`${side} ${type}`);
    if (extension !== 'none') count(`${side} ${type} ${extension}`);
    if (purpose.kind !== 'normal') count(`${side} ${purpose.kind}`);
  }
}

function countSignature(signature: Signature): void {
  countParams('parameter', signature.params);
  countParams('result', signature.returns);
  count(signature.callConv);
  if (needsReturnArea(signature)) count(`return area, ${signature.callConv}`);
  const sret = signature.params.findIndex((param) => param.purpose.kind === 'sret');
  if (sret > 0) count('sret that is not first');
}

/** How the address of an indirect call came about. */
function addressOrigin(fn: Function, address: Value): string {
  const [entry] = fn.blocks;
  if (entry?.params.some((param) => param.value === address) === true) return 'a parameter';
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      if (inst.results.includes(address)) return inst.op === 'load' ? 'memory' : inst.op;
    }
  }
  return 'a block parameter';
}

function countCall(fn: Function, inst: Inst): void {
  const caller = fn.signature.callConv;
  if (inst.kind === 'call') {
    const ref = fn.funcRefs.get(inst.func);
    const callee = ref === undefined ? undefined : fn.sigRefs.get(ref.sig);
    count(`${inst.op} ${ref?.colocated === true ? 'colocated' : 'far'}`);
    count(`${inst.op} from ${caller} to ${callee?.callConv ?? 'nothing'}`);
  } else if (inst.kind === 'call_indirect') {
    count(inst.op);
    count(`${inst.op} from ${caller} to ${fn.sigRefs.get(inst.sig)?.callConv ?? 'nothing'}`);
    const [address] = inst.args;
    if (address !== undefined) count(`${inst.op} through ${addressOrigin(fn, address)}`);
  }
}

/** Values of each class defined before a call of a block and read after it. */
function countLiveAcross(fn: Function): void {
  for (const block of fn.blocks) {
    block.insts.forEach((inst, at) => {
      if (inst.op !== 'call' && inst.op !== 'call_indirect') return;
      const before = new Set([
        ...block.params.map((param) => param.value),
        ...block.insts.slice(0, at).flatMap((earlier) => earlier.results),
      ]);
      const live = new Set(block.insts.slice(at + 1).flatMap((later) => usesOf(later)));
      const classes = { integer: 0, float: 0, vector: 0 };
      for (const value of before) {
        const type = fn.valueTypes[value];
        if (!live.has(value) || type === undefined) continue;
        const kind = registerClass(type);
        if (kind === 'integer' || kind === 'float' || kind === 'vector') classes[kind] += 1;
      }
      for (const [kind, number] of Object.entries(classes))
        measure(`${kind} values live across a call`, number);
    });
  }
}

function countFunction(fn: Function, isEntry: boolean): void {
  const where = isEntry ? 'the entry' : 'a callee';
  countSignature(fn.signature);
  for (const slot of fn.stackSlots.values()) {
    measure('bytes of a slot', slot.sizeBytes);
    if (slot.sizeBytes > 2048) count('slot past 2 KiB');
    if (slot.sizeBytes > 4096) count('slot past 4 KiB');
    count(`slot aligned to ${slot.alignBytes}`);
  }
  const place = new Map(fn.blocks.map((block, i) => [block.id, i]));
  let blocksWithCalls = 0;
  fn.blocks.forEach((block, at) => {
    if (block.cold) count('cold block');
    if (block.insts.some((inst) => inst.op === 'call' || inst.op === 'call_indirect')) blocksWithCalls += 1;
    for (const inst of block.insts) {
      countCall(fn, inst);
      if (inst.kind === 'brif') count('branch');
      if (inst.kind === 'trap') count(inst.op);
      if (inst.op === 'store') count(`store in ${where}`);
      if (inst.op === 'func_addr' && inst.kind === 'func_addr') {
        count(`func_addr ${fn.funcRefs.get(inst.func)?.colocated === true ? 'colocated' : 'far'}`);
      }
      if (blockCallsOf(inst).some((call) => (place.get(call.block) ?? 0) <= at)) count('loop');
      if (inst.type === null) continue;
      const { isVector, isFloat } = typeInfo(inst.type);
      if (isVector && (INTEGER_ARITHMETIC.test(inst.op) || FLOAT_ARITHMETIC.test(inst.op)))
        count(`vector arithmetic in ${where}`);
      else if (isFloat && FLOAT_ARITHMETIC.test(inst.op)) count(`float arithmetic in ${where}`);
      else if (INTEGER_ARITHMETIC.test(inst.op)) count(`integer arithmetic in ${where}`);
    }
  });
  measure('blocks with calls', blocksWithCalls);
  countLiveAcross(fn);
}

function countCase({ module, entry, inputs, configurations }: Case): void {
  measure('functions', module.functions.length);
  measure('inputs', inputs.length);
  measure('configurations', configurations.length);
  const name = functionNameText(entry);
  for (const fn of module.functions) countFunction(fn, functionNameText(fn.name) === name);
}

beforeAll(() => {
  for (let i = 0; i < CASES; i += 1) {
    countCase(makeCase(DEFAULT_CONFIG, SAMPLE_ABILITIES, caseSeedFor('census', 'default', i)));
  }
});

function expectSeen(wanted: readonly string[], atLeast = 1): void {
  expect(wanted.filter((what) => (seen.get(what) ?? 0) < atLeast)).toEqual([]);
}

describe(`${CASES} generated cases`, () => {
  it('pass and give back values of every type', () => {
    const types = [...SCALARS, ...VECTORS];
    expectSeen(
      types.flatMap((type) => [`parameter ${type}`, `result ${type}`]),
      20,
    );
  });

  it('extend narrow integers both ways on both sides', () => {
    const narrow = ['i8', 'i16', 'i32'].flatMap((type) => [`${type} sext`, `${type} uext`]);
    expectSeen(
      narrow.flatMap((text) => [`parameter ${text}`, `result ${text}`]),
      5,
    );
    for (const what of seen.keys()) {
      expect(what).not.toMatch(/^(?:parameter|result) (?:i64|i128|f\d+|\w+x\d+) [su]ext$/);
    }
  });

  it('have lists from none to 24', () => {
    expect([most.get('least parameters'), most.get('parameters')]).toEqual([0, 24]);
    expect([most.get('least results'), most.get('results')]).toEqual([0, 24]);
  });

  it('have one to eight functions, three inputs and two configurations', () => {
    expect([most.get('least functions'), most.get('functions')]).toEqual([1, 8]);
    expect(most.get('least inputs')).toBeGreaterThanOrEqual(3);
    expect(most.get('least configurations')).toBeGreaterThanOrEqual(2);
  });

  it('use three conventions in every pairing, return areas in each', () => {
    expectSeen(CONVENTIONS, 50);
    expectSeen(
      CONVENTIONS.map((convention) => `return area, ${convention}`),
      20,
    );
    const pairs = CONVENTIONS.flatMap((from) => CONVENTIONS.map((to) => `from ${from} to ${to}`));
    expectSeen(
      CALLS.flatMap((op) => pairs.map((pair) => `${op} ${pair}`)),
      5,
    );
  });

  it('call in every way', () => {
    expectSeen(
      ['call', 'return_call', 'func_addr'].flatMap((op) => [`${op} colocated`, `${op} far`]),
      20,
    );
    expectSeen(['call_indirect', 'return_call_indirect'], 20);
    const origins = ['a parameter', 'memory', 'func_addr'];
    expectSeen(
      origins.map((origin) => `call_indirect through ${origin}`),
      10,
    );
    expectSeen(['memory', 'func_addr'].map((origin) => `return_call_indirect through ${origin}`));
  });

  it('leave by tail calls between tail functions alone', () => {
    const legal = TAIL_CALLS.map((op) => `${op} from tail to tail`);
    expectSeen(legal, 20);
    const found = [...seen.keys()].filter((what) => /^return_call.* from /.test(what));
    expect(found.toSorted()).toEqual(legal.toSorted());
  });

  it('declare sret and vmctx parameters', () => {
    expectSeen(['parameter sret', 'sret that is not first', 'parameter vmctx'], 5);
  });

  it('have stack slots past the limits of immediates, and aligned ones', () => {
    expectSeen(
      ['slot past 2 KiB', 'slot past 4 KiB', ...[1, 8, 16, 32, 64].map((n) => `slot aligned to ${n}`)],
      5,
    );
    expect(most.get('bytes of a slot')).toBeGreaterThan(8192);
  });

  it('branch, loop, trap, and call in several blocks of a function', () => {
    expectSeen(['branch', 'loop', 'cold block'], 50);
    expectSeen(['trapz', 'trapnz'], 5);
    expect(most.get('blocks with calls')).toBeGreaterThanOrEqual(3);
  });

  it('compute in callees as well as in callers, with effects on memory', () => {
    const work = ['integer arithmetic', 'float arithmetic', 'vector arithmetic', 'store'];
    expectSeen(
      work.flatMap((what) => [`${what} in the entry`, `${what} in a callee`]),
      50,
    );
  });

  // More than the callee-saved registers of the class: 11 for integers, 12 for floats; none for vectors.
  it('keep more values live across calls than callee-saved registers can hold', () => {
    expect(most.get('integer values live across a call')).toBeGreaterThan(16);
    expect(most.get('float values live across a call')).toBeGreaterThan(13);
    expect(most.get('vector values live across a call')).toBeGreaterThan(8);
  });
});
