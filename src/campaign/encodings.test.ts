import { describe, expect, it } from 'vitest';
import type { CompiledFunction } from '../backend/compile-result.ts';
import { encodingFault, MISALIGNED, OF_DOUBLES, TOO_SHORT } from './encodings.ts';

const name = { kind: 'test', name: 'main' } as const;
const callee = { kind: 'function', name: { kind: 'user', namespace: 0, index: 0 } } as const;

const NOP = [0x13, 0, 0, 0];
const SHORT_NOP = [1, 0];
/** jal x0, over itself and another 8 bytes. */
const JUMP = [0x6f, 0, 0xc0, 0];
const RETURN = [0x67, 0x80, 0, 0];
const TRAP = [0, 0, 0, 0];
const DATA = [0x42, 0x24, 0x42];

function found(code: readonly number[], isa: readonly string[] = [], change: Partial<CompiledFunction> = {}) {
  const fn = { relocations: [], traps: [], callSites: [], alignBytes: 4, frameSizeBytes: 0, ...change };
  const compiled: CompiledFunction = { name, code: Uint8Array.from(code), ...fn };
  return encodingFault({ shared: {}, isa }, [compiled])?.place ?? null;
}

describe('encodingFault', () => {
  it('names an instruction of two bytes, from the entry or a known instruction on', () => {
    expect(found([...NOP, ...SHORT_NOP, ...RETURN])).toBe(TOO_SHORT);
    const behindData = [...JUMP, ...DATA, ...DATA, ...DATA, 0, 0, 0, ...NOP, ...SHORT_NOP, ...RETURN];
    expect(found(behindData)).toBeNull();
    expect(found(behindData, [], { traps: [{ offset: 16, code: 'user1' }] })).toBe(TOO_SHORT);
  });

  it('names instructions at 2 modulo 4', () => {
    const code = [...JUMP, ...DATA, 0, 0, 0, ...NOP, ...NOP, ...RETURN, 0, 0];
    const wrong: readonly Partial<CompiledFunction>[] = [
      { relocations: [{ offset: 10, kind: 'RiscvPCRelHi20', target: callee, addend: 0n }] },
      { traps: [{ offset: 14, code: 'user1' }] },
      { callSites: [{ offset: 10, handlers: [] }] },
      { callSites: [{ offset: code.length, handlers: [{ tag: null, offset: 14 }] }] },
    ];
    for (const change of wrong) expect(found(code, [], change)).toBe(MISALIGNED);
  });

  it('says nothing where there are compressed instructions', () => {
    for (const flag of ['has_c', 'has_zca', 'has_zcb'])
      expect(found([...SHORT_NOP, ...RETURN], [flag])).toBeNull();
  });

  it('names a compressed instruction for doubles with Zca alone, and goes by the length of each', () => {
    // c.fsdsp fs0, 8(sp) and c.fld fs0, 0(a0); c.jr ra ends what is looked at.
    for (const double of [
      [0x22, 0xa4],
      [0x00, 0x21],
    ]) {
      const code = [...SHORT_NOP, ...NOP, ...double, ...RETURN];
      expect(found(code, ['has_zca'])).toBe(OF_DOUBLES);
      expect(found(code, ['has_zca', 'has_zcd'])).toBeNull();
      expect(found([...NOP, 0x82, 0x80, ...double], ['has_zca'])).toBeNull();
    }
  });

  it('says nothing of data, of traps, and of the end of the code', () => {
    expect(found([...NOP, ...RETURN, ...DATA])).toBeNull();
    expect(found([...NOP, ...TRAP, ...DATA, ...DATA])).toBeNull();
    const abs = { offset: 6, kind: 'Abs8', target: callee, addend: 0n } as const;
    expect(found([...NOP, ...RETURN], [], { relocations: [abs] })).toBeNull();
    expect(found([...NOP, ...RETURN, 0, 0], [], { callSites: [{ offset: 10, handlers: [] }] })).toBeNull();
  });
});
