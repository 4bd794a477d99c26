import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LP64D } from '../src/abi/psabi-clauses.ts';
import type { Clauses } from '../src/abi/psabi-clauses.ts';
import { findDisagreements, makeRequests } from './psabi/compare.ts';
import { buildProgram, hasFloat16, runProgram } from './psabi/program.ts';
import { drawSamples } from './psabi/samples.ts';

/*
 * The psABI model against gcc: callers and callees of random signatures, compiled by gcc, meet an assembly shim that loads and dumps
 * registers and stack where the model has the values.
 */

const samples = drawSamples('psabi against gcc', 2200, hasFloat16());
let directory = '';
let program = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'callfuzz-psabi-'));
  program = buildProgram(
    samples.map((s) => s.signature),
    directory,
  );
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** What gcc objects to; a clause that sends a pointer astray makes its code crash. */
function objections(clauses: Clauses): readonly string[] {
  const replies = runProgram(program, makeRequests(samples, clauses));
  return replies === null ? ['the program crashed'] : findDisagreements(samples, clauses, replies);
}

/** Every clause, said wrongly. */
const CHANGED: Clauses = {
  'argument-registers': 7,
  'xlen-scalar': 'stack',
  'widen-by-sign': (extension) => (extension === 'none' ? 'none' : 'sext'),
  'sign-extend-words': (extension) => extension,
  'narrow-float-high-bits': 'uext',
  'pair-order': [64, 0],
  'pair-in-any-registers': 2,
  'pair-split': 'stack',
  'wide-float-as-aggregate': 'reference',
  'stack-alignment': 8,
  'stack-offset': 8,
  'sp-alignment': 32,
  'result-registers': 1,
  'results-as-arguments': 1,
  'aggregate-in-memory-order': [1, 0],
  'aggregate-padding': 'extended',
  'float-argument-registers': 7,
  'float-in-float-register': 'x',
  'float-registers-used-up': 'stack',
  'float-beside-integer-registers': 'counted together',
  'nan-boxing': 'zeros',
  'float-result-registers': 1,
  'two-floats': [1, 0],
  'float-and-integer': 'integer convention',
  'float-and-integer-high-bits': 'extended',
};

describe('the psABI model', () => {
  it('agrees with gcc on 2,200 signatures, as caller and as callee', () => {
    expect(objections(LP64D).slice(0, 3)).toEqual([]);
  });

  it.each(Object.entries(CHANGED))('is refuted by gcc when it says %s wrongly', (id, value) => {
    expect(objections({ ...LP64D, [id]: value }).length).toBeGreaterThan(0);
  });
});
