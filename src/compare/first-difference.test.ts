import { describe, expect, it } from 'vitest';
import type { CallEvent, CallTrace } from '../clif/call-event.ts';
import { abiParam, type Signature } from '../clif/signature.ts';
import { firstDifference, type TraceComparison } from './first-difference.ts';
import { locateBytes } from './locate-bytes.ts';

const SIGNATURE: Signature = {
  params: [abiParam('i64'), abiParam('i128'), abiParam('i32')],
  returns: [abiParam('i8x16'), abiParam('f32')],
  callConv: 'tail',
};

const WIDE = 0x2f2e2d2c2b2a29282726252423222120n;

const comparison: TraceComparison = {
  signatures: new Map([
    ['%f', SIGNATURE],
    ['%g', SIGNATURE],
  ]),
  sameAddress: (a, b) => a >> 32n === 4n && b >> 32n === 5n,
  anyNan: false,
};

const enter = (values: readonly bigint[], callee = '%f'): CallEvent => ({
  kind: 'enter',
  callee,
  depth: 1,
  isTail: false,
  values,
});
const leave = (values: readonly bigint[]): CallEvent => ({ kind: 'leave', callee: '%f', depth: 1, values });
const trace = (...events: readonly CallEvent[]): CallTrace => ({ events, isCut: false });

const ARGS = [0x1716151413121110n, WIDE, 0x33323130n];
const RIGHT = trace(enter(ARGS), leave([7n, 0x3f800000n]));

describe('firstDifference', () => {
  it('finds none where there is none', () => {
    expect(firstDifference(comparison, RIGHT, RIGHT)).toBeNull();
  });

  it('names the result and whose bytes it holds', () => {
    const wrong = trace(enter(ARGS), leave([(WIDE << 64n) & ((1n << 128n) - 1n), 0x3f800000n]));
    expect(firstDifference(comparison, RIGHT, wrong)).toMatch(
      /^result 0 \(i8x16\) of %f bytes 8-15 are bytes 0-7 of argument 1: expected 0x7, found 0x2726252423222120/,
    );
  });

  it('names the argument that another stands for', () => {
    const wrong = trace(enter([ARGS[2] ?? 0n, WIDE, 0x33323130n]), leave([7n, 0x3f800000n]));
    expect(firstDifference(comparison, RIGHT, wrong)).toContain(
      'argument 0 (i64) of %f bytes 0-3 are argument 2: ',
    );
  });

  it('lets addresses differ between the sides, and only those', () => {
    const at = (address: bigint): CallTrace => trace(enter([address, WIDE, 1n]));
    expect(firstDifference(comparison, at(0x4_0000_0010n), at(0x5_0000_0400n))).toBeNull();
    expect(firstDifference(comparison, at(0x4_0000_0010n), at(0x6_0000_0400n))).toContain('argument 0');
  });

  it('sees another function, an end too early and one too late', () => {
    expect(firstDifference(comparison, RIGHT, trace(enter(ARGS, '%g')))).toMatch(
      /^expected: call of %f .* found: call of %g/,
    );
    expect(firstDifference(comparison, RIGHT, trace(enter(ARGS)))).toBe(
      'the machine stops before: %f returns, event 1',
    );
    expect(firstDifference(comparison, trace(enter(ARGS)), RIGHT)).toBe(
      'the machine goes on with: %f returns, event 1',
    );
    expect(firstDifference(comparison, RIGHT, { ...trace(enter(ARGS)), isCut: true })).toBeNull();
  });
});

describe('locateBytes', () => {
  it('takes bytes that are all alike for no trace', () => {
    expect(locateBytes('i64', 0n, [{ name: 'argument 0', type: 'i64', bits: 0n }])).toBeNull();
    expect(locateBytes('i64', 0x42n, [{ name: 'argument 0', type: 'i8', bits: 0x42n }])).toBeNull();
  });
});
