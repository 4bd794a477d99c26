import { expect, test } from 'vitest';
import type { Function, Inst, Module } from '../clif/module.ts';
import { abiParam } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';
import { interpret } from './interpret.ts';
import { prepare } from './prepare.ts';

const base = { type: null, results: [], args: [] } as const;

function oneBlock(name: string, params: readonly Type[], returns: readonly Type[], types: readonly Type[], insts: readonly Inst[]): Function {
  return {
    name: { kind: 'test', name },
    signature: { params: params.map((t) => abiParam(t)), returns: returns.map((t) => abiParam(t)), callConv: 'system_v' },
    stackSlots: new Map([[0, { kind: 'explicit_slot', sizeBytes: 16, alignBytes: 16 }]]),
    globalValues: new Map(),
    sigRefs: new Map([[0, { params: [abiParam('i64')], returns: [abiParam('i64')], callConv: 'system_v' }]]),
    funcRefs: new Map([[0, { name: { kind: 'test', name: 'callee' }, sig: 0, colocated: true, patchable: false }]]),
    constants: new Map(),
    stackLimit: null,
    blocks: [{ id: 0, params: params.map((type, value) => ({ value, type })), insts, cold: false }],
    valueTypes: types,
  };
}

test('a call, a store and a load', () => {
  const module: Module = {
    functions: [
      oneBlock('main', ['i64'], ['i64'], ['i64', 'i64', 'i64', 'i64'], [
        { ...base, kind: 'call', op: 'call', func: 0, args: [0], results: [1] },
        { ...base, kind: 'stack', op: 'stack_addr', slot: 0, offset: 8, results: [2] },
        { ...base, kind: 'memory', op: 'store', flags: [], offset: 0, args: [1, 2] },
        { ...base, kind: 'memory', op: 'load', flags: [], offset: 0, args: [2], results: [3] },
        { ...base, kind: 'plain', op: 'return', args: [3] },
      ]),
      oneBlock('callee', ['i64'], ['i64'], ['i64', 'i64', 'i64'], [
        { ...base, kind: 'const', op: 'iconst', bits: 2n, results: [1] },
        { ...base, kind: 'plain', op: 'iadd', args: [0, 1], results: [2] },
        { ...base, kind: 'plain', op: 'return', args: [2] },
      ]),
    ],
  };
  const program = prepare(module);
  expect(program.unsupported).toEqual([]);
  const entry = { kind: 'test', name: 'main' } as const;
  expect(interpret(program, entry, [40n])).toEqual({ kind: 'returned', results: [42n] });
  expect(interpret(program, entry, [2n ** 64n - 1n])).toEqual({ kind: 'returned', results: [1n] });
});
