import { describe, expect, it } from 'vitest';
import type { CompiledFunction, Relocation } from '../backend/compile-result.ts';
import { parseClif } from '../clif/parse.ts';
import { NOT_PIC, reachFault, TOO_NEAR } from './reach.ts';

const callee = { kind: 'user', namespace: 0, index: 0 } as const;
const main = { kind: 'test', name: 'main' } as const;

function found(colocated: readonly boolean[], kind: string, isPic = false): string | null {
  const refs = colocated.map((is, i) => `    fn${i} = ${is ? 'colocated ' : ''}u0:0() system_v\n`).join('');
  const parsed = parseClif(`function %main() system_v {\n${refs}\nblock0:\n    return\n}\n`);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  const relocation: Relocation = { offset: 4, kind, target: { kind: 'function', name: callee }, addend: 0n };
  const compiled: CompiledFunction = {
    name: main,
    code: new Uint8Array(12),
    alignBytes: 4,
    relocations: [relocation],
    traps: [],
    callSites: [],
    frameSizeBytes: 0,
  };
  const configuration = { shared: isPic ? { is_pic: 'true' } : {}, isa: [] };
  return reachFault(parsed.file.module, configuration, [compiled])?.place ?? null;
}

describe('reachFault', () => {
  it('names what reaches 2 GiB and leads to a function that may lie anywhere', () => {
    for (const kind of ['RiscvCallPlt', 'RiscvPCRelHi20']) expect(found([false], kind)).toBe(TOO_NEAR);
  });

  it('says nothing of addresses in full, of the GOT, and of functions that are colocated', () => {
    for (const kind of ['Abs8', 'RiscvGotHi20']) expect(found([false], kind)).toBeNull();
    expect(found([true], 'RiscvCallPlt')).toBeNull();
    expect(found([false, true], 'RiscvCallPlt')).toBeNull();
    expect(found([], 'RiscvCallPlt')).toBeNull();
  });

  it('names addresses in full where code is to lie anywhere', () => {
    expect(found([false], 'Abs8', true)).toBe(NOT_PIC);
    expect(found([false], 'RiscvGotHi20', true)).toBeNull();
  });
});
