import { describe, expect, it } from 'vitest';
import { parseClif } from '../clif/parse.ts';
import type { Abilities } from '../gen/config.ts';
import { fitCase } from './emulator-defects.ts';

const TEXT = `function %count(i32) -> i32 system_v {
block0(v0: i32):
    v1 = ctz v0
    return v1
}
function %calls(i32) -> i32 system_v {
    fn0 = %count(i32) -> i32 system_v
block0(v0: i32):
    v1 = call fn0(v0)
    return v1
}
function %narrow(i16) -> i16 system_v {
block0(v0: i16):
    v1 = ctz v0
    return v1
}
`;

const SOUND: Abilities = { settings: {}, isa: ['has_zbb'] };
const FAULTY: Abilities = { ...SOUND, emulatorDefects: ['ctzw-counts-64-bits'] };

function fitOf(name: string, isa: readonly string[], abilities: Abilities): string {
  const parsed = parseClif(TEXT);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  const entry = { kind: 'test', name } as const;
  const fit = fitCase({ module: parsed.file.module, entry }, { shared: {}, isa }, abilities);
  return fit.kind === 'fits' ? 'fits' : fit.reason;
}

describe('fitCase', () => {
  it('keeps a case from an instruction that the emulator executes wrongly, called functions included', () => {
    expect(fitOf('count', ['has_zbb'], FAULTY)).toContain('ctzw');
    expect(fitOf('calls', ['has_zbb'], FAULTY)).toContain('ctzw');
  });

  it('runs what does not come to that instruction, and everything where it is right', () => {
    expect(fitOf('narrow', ['has_zbb'], FAULTY)).toBe('fits');
    expect(fitOf('count', [], FAULTY)).toBe('fits');
    expect(fitOf('count', ['has_zbb'], SOUND)).toBe('fits');
  });

  it('says what the emulator lacks', () => {
    expect(fitOf('count', ['has_v'], SOUND)).toBe('this emulator or Cranelift has no has_v');
  });
});
