import { describe, expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { matchKnownIssues, rewriteCase, versionMatches, type KnownIssue } from './known-issues.ts';

const REGISTER: KnownIssue = {
  id: 'register',
  title: '',
  reference: '',
  kind: 'abi-violation',
  place: '^fs1 not restored$',
  versions: ['0.135'],
};
const AREA: KnownIssue = {
  ...REGISTER,
  id: 'area',
  place: '^high bits of (uext|sext) result in the return area$',
};
const RESULT: KnownIssue = {
  ...REGISTER,
  id: 'result',
  kind: 'miscompile',
  place: '^result .*',
  avoidedBy: 'rebox-narrow-float-results',
};
const ALL = [REGISTER, AREA, RESULT];

const NONE: ReadonlySet<string> = new Set();

/** Ids of what explains by its match alone, then of what still has to prove itself: `a+b?c`; null for no explanation. */
function match(
  place: string,
  kind: KnownIssue['kind'] = 'abi-violation',
  version = '0.135.8',
  issues: readonly KnownIssue[] = ALL,
  opcodes = NONE,
): string | null {
  const finding = { kind, place, detail: 'fs1: expected 0x1, found 0x2' };
  const explanation = matchKnownIssues(issues, finding, version, () => opcodes);
  if (explanation === null) return null;
  const ids = (list: readonly KnownIssue[]): string => list.map(({ id }) => id).join('+');
  const { certain, candidates } = explanation;
  return candidates.length === 0 ? ids(certain) : `${ids(certain)}?${ids(candidates)}`;
}

describe('versionMatches', () => {
  it('takes prefixes of whole numbers', () => {
    expect(versionMatches('0.135.8', ['0.135'])).toBe(true);
    expect(versionMatches('0.135.8', ['0.121', '0.135.8'])).toBe(true);
    expect(versionMatches('0.135', ['0.135'])).toBe(true);
    expect(versionMatches('0.13.8', ['0.135'])).toBe(false);
    expect(versionMatches('0.135.80', ['0.135.8'])).toBe(false);
    expect(versionMatches('0.135.8', [])).toBe(false);
  });

  it('takes releases from one to another', () => {
    const inRange = (version: string): boolean => versionMatches(version, ['0.101', '0.120-0.137']);
    expect(['0.120.0', '0.128', '0.137.1', '0.101.4'].every(inRange)).toBe(true);
    expect(['0.119.1', '0.138.0', '0.12', 'main'].some(inRange)).toBe(false);
  });
});

describe('matchKnownIssues', () => {
  it('explains a finding of one part', () => {
    expect(match('fs1 not restored')).toBe('register');
  });

  it('explains a finding whose every part is known, each by its own issue', () => {
    expect(match('fs1 not restored; high bits of uext result in the return area')).toBe('register+area');
    expect(
      match('high bits of sext result in the return area; high bits of uext result in the return area'),
    ).toBe('area');
  });

  it('leaves a finding unexplained where one part is', () => {
    expect(match('fs1 not restored; fs2 not restored')).toBeNull();
    expect(match('s5 not restored; fs1 not restored')).toBeNull();
    expect(
      match('fs1 not restored; sp wrong on return; high bits of uext result in the return area'),
    ).toBeNull();
  });

  it('takes neither another kind nor another version', () => {
    expect(match('fs1 not restored', 'miscompile')).toBeNull();
    expect(match('fs1 not restored', 'abi-violation', '0.136.0')).toBeNull();
    expect(match('fs1 not restored', 'abi-violation', '0.135.0')).toBe('register');
  });

  it('asks for the detail and for opcodes where an issue names them', () => {
    const detailed = { ...REGISTER, detail: 'found 0x2$' };
    expect(match('fs1 not restored', 'abi-violation', '0.135.8', [detailed])).toBe('register');
    const other = { ...REGISTER, detail: 'found 0x3$' };
    expect(match('fs1 not restored', 'abi-violation', '0.135.8', [other])).toBeNull();
    const withOpcodes = [{ ...REGISTER, opcodes: ['try_call', 'fma'] }];
    expect(match('fs1 not restored', 'abi-violation', '0.135.8', withOpcodes)).toBeNull();
    expect(match('fs1 not restored', 'abi-violation', '0.135.8', withOpcodes, new Set(['fma']))).toBe(
      'register',
    );
  });

  it('tells what explains by its match from what has to prove itself', () => {
    expect(match('result f32 in the return area', 'miscompile')).toBe('?result');
    const twice = [RESULT, { ...RESULT, id: 'other' }];
    expect(match('result f32 in the return area', 'miscompile', '0.135.8', twice)).toBe('?result+other');
    // Where one issue needs no proof, none is asked for.
    const { avoidedBy: _avoidedBy, ...plain } = RESULT;
    expect(
      match('result f32 in the return area', 'miscompile', '0.135.8', [...twice, { ...plain, id: 'plain' }]),
    ).toBe('plain');
    const boxed = { ...RESULT, id: 'boxed', kind: 'abi-violation', place: '^high bits of NaN' } as const;
    expect(
      match('fs1 not restored; high bits of NaN-boxed result in fa0', 'abi-violation', '0.135.8', [
        REGISTER,
        boxed,
      ]),
    ).toBe('register?boxed');
  });

  it('without issues explains nothing', () => {
    expect(match('fs1 not restored', 'abi-violation', '0.135.8', [])).toBeNull();
  });
});

/** A module of one function. */
function moduleOf(callConv: string, slotBytes: number): Case['module'] {
  const parsed = parseClif(`function %main(f16) ${callConv} {
    ss0 = explicit_slot ${slotBytes}
block0(v0: f16):
    v1 = stack_addr.i64 ss0
    store v0, v1
    return
}
`);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return parsed.file.module;
}

describe('rewriteCase', () => {
  it('switches a flag on in every configuration, once and in order', () => {
    const kase: Case = {
      seed: '',
      module: moduleOf('system_v', 4096),
      entry: { kind: 'test', name: 'main' },
      inputs: [],
      configurations: [
        { shared: { is_pic: 'true' }, isa: ['has_zba', 'has_zicond'] },
        { shared: {}, isa: ['has_zfhmin'] },
      ],
    };
    expect(rewriteCase('with-zfhmin', kase).configurations).toEqual([
      { shared: { is_pic: 'true' }, isa: ['has_zba', 'has_zfhmin', 'has_zicond'] },
      { shared: {}, isa: ['has_zfhmin'] },
    ]);
    const near = { ...kase, module: moduleOf('system_v', 8) };
    expect(rewriteCase('with-zfhmin', near)).toBe(near);
  });

  it('keeps probes, and preserve_all where nothing is probed in place', () => {
    const probed = { enable_probestack: 'true', probestack_strategy: 'inline' };
    const kase: Case = {
      seed: '',
      module: moduleOf('preserve_all', 4096),
      entry: { kind: 'test', name: 'main' },
      inputs: [],
      configurations: [{ shared: probed, isa: [] }],
    };
    const rewritten = rewriteCase('system-v-for-probed-preserve-all', kase);
    expect(rewritten.configurations).toEqual(kase.configurations);
    expect(rewritten.module.functions.map(({ signature }) => signature.callConv)).toEqual(['system_v']);
    const others: readonly Case[] = [
      { ...kase, configurations: [{ shared: { ...probed, probestack_strategy: 'outline' }, isa: [] }] },
      { ...kase, module: moduleOf('fast', 4096) },
    ];
    for (const other of others) expect(rewriteCase('system-v-for-probed-preserve-all', other)).toBe(other);
  });
});
