import { describe, expect, it } from 'vitest';

import type { Outcome } from '../clif/outcome.ts';
import { concludeVotes, type Side, type Vote } from './votes.ts';

function returned(...results: readonly bigint[]): Outcome {
  return { kind: 'returned', results };
}

function vote(side: Side, outcome: Outcome | null, extra: Partial<Vote> = {}): Vote {
  return { side, voter: side, outcome, remark: null, ...extra };
}

const NAN = 0x7fc00000n;
const OTHER_NAN = 0xffc00001n;

describe('concludeVotes', () => {
  it('is unanimous where all voted the same', () => {
    const one = returned(1n);
    const votes = [
      vote('ours', one),
      vote('cranelift-interpreter', one),
      vote('x86_64', one),
      vote('riscv64', one),
    ];
    expect(concludeVotes(votes, ['i32'], false)).toEqual({
      isUnanimous: true,
      text: 'all 4 that voted agree',
    });
  });

  it('leaves out who could not vote', () => {
    const votes = [
      vote('ours', returned(1n)),
      vote('x86_64', null, { remark: 'i8x32' }),
      vote('riscv64', returned(1n)),
    ];
    expect(concludeVotes(votes, ['i32'], false).text).toBe('all 2 that voted agree');
    expect(concludeVotes([vote('ours', returned(1n))], ['i32'], false).text).toBe('only ours could vote');
    expect(concludeVotes([vote('ours', null)], ['i32'], false).text).toBe('nobody could vote');
  });

  it('names who stands alone, however many configurations it has', () => {
    const wrong = ['riscv64 a', 'riscv64 b', 'riscv64 c'].map((voter) =>
      vote('riscv64', returned(2n), { voter }),
    );
    const votes = [vote('ours', returned(1n)), vote('x86_64', returned(1n)), ...wrong];
    expect(concludeVotes(votes, ['i32'], false)).toEqual({
      isUnanimous: false,
      text: 'riscv64 a, riscv64 b and riscv64 c stand alone',
    });
  });

  it('knows no majority of one against one', () => {
    const votes = [vote('ours', returned(1n)), vote('riscv64', { kind: 'trapped', code: 'user1' })];
    expect(concludeVotes(votes, ['i32'], false).text).toBe(
      'votes are split, no majority: ours against riscv64',
    );
  });

  it('names camps of several', () => {
    const votes = [
      vote('ours', returned(1n)),
      vote('cranelift-interpreter', returned(2n)),
      vote('x86_64', returned(1n)),
      vote('riscv64', returned(2n)),
    ];
    expect(concludeVotes(votes, ['i32'], false).text).toBe(
      'votes are split, no majority: ours and x86_64 against cranelift-interpreter and riscv64',
    );
  });

  it('tells those who stand alone from each other', () => {
    const votes = [
      vote('ours', returned(1n)),
      vote('cranelift-interpreter', returned(2n)),
      vote('x86_64', returned(1n)),
      vote('riscv64', returned(3n), { voter: 'riscv64 a' }),
      vote('riscv64', returned(3n), { voter: 'riscv64 b' }),
    ];
    expect(concludeVotes(votes, ['i32'], false).text).toBe(
      'cranelift-interpreter stands alone, riscv64 a and riscv64 b stand alone: 2 answers beside that of the majority',
    );
  });

  it('says where the configurations of one side do not agree', () => {
    const votes = [
      vote('ours', returned(1n)),
      vote('x86_64', returned(1n)),
      vote('riscv64', returned(1n), { voter: 'riscv64 a' }),
      vote('riscv64', returned(3n), { voter: 'riscv64 b' }),
    ];
    expect(concludeVotes(votes, ['i32'], false).text).toBe(
      'riscv64 b stands alone; the votes of riscv64 are split',
    );
    const half = [...votes, vote('x86_64', returned(3n), { voter: 'x86_64 b' })];
    expect(concludeVotes(half, ['i32'], false).text).toBe(
      'riscv64 b and x86_64 b differ from the majority; the votes of x86_64 are split; the votes of riscv64 are split',
    );
  });

  it('tells trap codes apart', () => {
    const trap = (code: string): Outcome => ({ kind: 'trapped', code });
    const votes = [
      vote('ours', trap('user1')),
      vote('x86_64', trap('user2')),
      vote('riscv64', trap('user1')),
    ];
    expect(concludeVotes(votes, [], false).text).toBe('x86_64 stands alone');
  });

  it('takes any NaN for another only where that is allowed', () => {
    const votes = [vote('ours', returned(NAN)), vote('riscv64', returned(OTHER_NAN))];
    expect(concludeVotes(votes, ['f32'], true).isUnanimous).toBe(true);
    expect(concludeVotes(votes, ['f32'], false).isUnanimous).toBe(false);
    expect(concludeVotes(votes, ['i32'], true).isUnanimous).toBe(false);
  });

  it('holds a broken rule against who agrees otherwise', () => {
    const votes = [vote('ours', returned(1n)), vote('riscv64', returned(1n), { remark: 'fs1 not restored' })];
    const { isUnanimous, text } = concludeVotes(votes, ['i32'], false);
    expect(isUnanimous).toBe(false);
    expect(text).toContain('riscv64 breaks rules of the ABI');
  });
});
