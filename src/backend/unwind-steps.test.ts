import { describe, expect, it } from 'vitest';
import { HarnessError } from '../clif/harness-error.ts';
import { parseUnwind } from './unwind-steps.ts';

function info(instructions: string): string {
  return `SystemV(UnwindInfo { instructions: [${instructions}], len: 40 })`;
}

describe('parseUnwind', () => {
  it('reads what Cranelift tells of a function with a frame', () => {
    const text = info(
      '(12, CfaOffset(16)), (12, Offset(8, -16)), (12, Offset(1, -8)), (16, CfaRegister(8)), (24, Offset(40, -24))',
    );
    expect(parseUnwind(text)).toEqual([
      { at: 12, kind: 'cfa-offset', offset: 16 },
      { at: 12, kind: 'saved', register: 8, offset: -16 },
      { at: 12, kind: 'saved', register: 1, offset: -8 },
      { at: 16, kind: 'cfa-register', register: 8 },
      { at: 24, kind: 'saved', register: 40, offset: -24 },
    ]);
  });

  it('reads that a function without a frame has nothing to tell', () => {
    expect(parseUnwind(info(''))).toEqual([]);
  });

  it('reads the other instructions that say where a value is', () => {
    expect(parseUnwind(info('(0, Cfa(2, 32)), (4, SameValue(9))'))).toEqual([
      { at: 0, kind: 'cfa', register: 2, offset: 32 },
      { at: 4, kind: 'same', register: 9 },
    ]);
  });

  it.each([
    '',
    'SystemV',
    info('(12, CfaOffset(16)'),
    info('(12, CfaOffset(16)),'),
    info('(12, CfaOffset(16)) (12, Offset(8, -16))'),
    info('(12, CfaOffset)'),
    info('(12, CfaOffset(16, 8))'),
    info('(12, Offset(8))'),
    info('(12, ValOffset(8, -16))'),
    info('(12, RememberState)'),
    info('(0, Aarch64SetPointerAuth { return_addresses: false })'),
    `${info('')} `,
    'WindowsX64(UnwindInfo { flags: 0 })',
  ])('refuses %j', (text) => {
    expect(() => parseUnwind(text)).toThrow(HarnessError);
  });
});
