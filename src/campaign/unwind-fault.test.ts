import { describe, expect, it } from 'vitest';
import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import { NO_REGISTER, NO_UNWINDING, unwindFault } from './unwind-fault.ts';

function found(unwind: string | undefined, shared: Configuration['shared'] = {}): string | null {
  const fn: CompiledFunction = {
    name: { kind: 'test', name: 'main' },
    code: new Uint8Array(12),
    alignBytes: 4,
    relocations: [],
    traps: [],
    callSites: [],
    frameSizeBytes: 0,
    ...(unwind === undefined ? {} : { unwind }),
  };
  return unwindFault({ shared, isa: [] }, [fn])?.place ?? null;
}

function saving(register: number): string {
  return `SystemV(UnwindInfo { instructions: [(12, Offset(${register}, -16))], len: 40 })`;
}

describe('unwindFault', () => {
  it('takes the numbers of x, f and v registers and no others', () => {
    for (const number of [0, 8, 63, 96, 127]) expect(found(saving(number))).toBeNull();
    for (const number of [64, 72, 95, 128]) expect(found(saving(number))).toBe(NO_REGISTER);
  });

  it('wants every function to have some, be it empty', () => {
    expect(found('SystemV(UnwindInfo { instructions: [], len: 4 })')).toBeNull();
    expect(found(undefined)).toBe(NO_UNWINDING);
    expect(found(undefined, { unwind_info: 'true' })).toBe(NO_UNWINDING);
  });

  it('says nothing where no information was to be made', () => {
    expect(found(undefined, { unwind_info: 'false' })).toBeNull();
    expect(found(saving(64), { unwind_info: 'false' })).toBeNull();
  });
});
