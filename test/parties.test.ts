import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutPsabi, whyNotPsabi } from '../src/abi/psabi.ts';
import type { ClauseId } from '../src/abi/psabi-clauses.ts';
import { DEFAULT_CRANELIFT } from '../src/backend/driver-spec.ts';
import { openEnvironment } from '../src/campaign/environment.ts';
import { runCase } from '../src/campaign/run-case.ts';
import { shrinkFinding } from '../src/campaign/shrink-finding.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import type { Case } from '../src/clif/case.ts';
import { parseClif } from '../src/clif/parse.ts';
import type { Verdict } from '../src/compare/verdict.ts';
import { caseFromEntry } from '../src/corpus/entry-case.ts';
import { entryFromShrink } from '../src/campaign/shrunk-entry.ts';
import { caseFromSeed } from '../src/campaign/generated-case.ts';
import { caseSeedFor, findProfile } from '../src/gen/profiles.ts';
import { SAMPLE_ABILITIES } from '../src/gen/sample-abilities.ts';

/* Modules between foreign parties, on the real Cranelift and QEMU. */

let station: Station;

beforeAll(async () => {
  station = await openStation(await openEnvironment({ cranelift: DEFAULT_CRANELIFT, onProgress: () => {} }));
});

afterAll(() => station.close());

function caseOf(text: string, inputs: Case['inputs']): Case {
  const parsed = parseClif(text, { file: 'parties' });
  if (parsed.kind === 'error') throw new Error(parsed.message);
  return {
    seed: 'parties',
    module: parsed.file.module,
    entry: { kind: 'test', name: 'main' },
    inputs,
    configurations: [{ shared: {}, isa: [] }],
    parties: 'psabi',
  };
}

/** `%main` hands its parameters to `u0:1` and gives back what it returns. */
function passOn(params: string, body: string): string {
  const count = params.slice(1, params.indexOf(')')).split(',').length;
  const types = params
    .slice(1, params.indexOf(')'))
    .replaceAll(/ [su]ext/g, '')
    .split(', ');
  const values = types.map((type, i) => `v${i}: ${type}`).join(', ');
  const returns = /-> (.*)$/.exec(params)?.[1] ?? '';
  const results = returns === '' ? [] : returns.split(', ').map((_, i) => `v${count + i}`);
  return `function u0:1${params} system_v {
block0(${values}):
${body}
}
function %main${params} system_v {
    fn0 = colocated u0:1${params} system_v
block0(${values}):
    ${results.length === 0 ? '' : `${results.join(', ')} = `}call fn0(${types.map((_, i) => `v${i}`).join(', ')})
    return ${results.join(', ')}
}
`;
}

async function verdictOf(text: string, ...input: readonly bigint[]): Promise<Verdict> {
  return (await runCase(station.bench, caseOf(text, [input]))).verdict;
}

async function placeOf(text: string, ...input: readonly bigint[]): Promise<readonly [string, string]> {
  const verdict = await verdictOf(text, ...input);
  if (verdict.kind !== 'finding') throw new Error(verdict.kind);
  return [verdict.finding.kind, verdict.finding.place];
}

/** A call with nine floats, of which few are live at once: Cranelift does not save fs1 (F1 of docs/findings.md). */
function nineFloats(body: string): string {
  const list = Array.from({ length: 9 }, () => 'f64').join(', ');
  const params = Array.from({ length: 9 }, (_, i) => `v${i}: f64`).join(', ');
  return `function u0:1(${list}) -> f64 system_v {
block0(${params}):
${body}
}
function %main(f64, f64) -> f64 system_v {
    fn0 = colocated u0:1(${list}) -> f64 system_v
block0(v0: f64, v1: f64):
    v2 = call fn0(v0, v0, v0, v0, v0, v0, v0, v0, v1)
    return v2
}
`;
}

/** Calls itself as often as its parameter says: where it is foreign, only the outermost call is made. */
const RECURSIVE = `function u0:1(i64) -> i64 system_v {
    fn0 = colocated u0:1(i64) -> i64 system_v
block0(v0: i64):
    brif v0, block1, block2
block1:
    v1 = iadd_imm v0, -1
    v2 = call fn0(v1)
    v3 = iadd v2, v0
    return v3
block2:
    return v0
}
function %main(i64) -> i64 system_v {
    fn0 = colocated u0:1(i64) -> i64 system_v
block0(v0: i64):
    v1 = call fn0(v0)
    v2 = call fn0(v1)
    return v2
}
`;

const TWO = [0x4000_0000_0000_0001n, 0x4000_0000_0000_0002n];

describe('a module between foreign parties', () => {
  it('agrees where the psABI and Cranelift do', async () => {
    const verdicts = await Promise.all([
      verdictOf(passOn('(i8 sext, i128, f32) -> i8 sext', '    return v0'), 0x80n, 1n << 100n, 0x7fc00001n),
      verdictOf(passOn('(f32, f64) -> f64, f32', '    return v1, v0'), 0x7fa00000n, 5n),
      verdictOf(passOn('(i16 uext, f64) -> i16, f64', '    return v0, v1'), 0xffffn, 6n),
      verdictOf(passOn('(i64, i32) -> i64, i32', '    return v0, v1'), 7n, 0xffff_ffffn),
      verdictOf(RECURSIVE, 3n),
    ]);
    expect(verdicts).toEqual(verdicts.map(() => ({ kind: 'agree' })));
  });

  it('diverges with the clause where Cranelift keeps to rules of its own', async () => {
    expect(await placeOf(nineFloats('    return v8'), ...TWO)).toEqual([
      'psabi-divergence',
      'float-registers-used-up (argument)',
    ]);
    const words = Array.from({ length: 9 }, (_, i) => BigInt(i));
    const list = `(${words.map(() => 'i64').join(', ')}, i128) -> i128`;
    expect(await placeOf(passOn(list, '    return v9'), ...words, 1n << 70n)).toEqual([
      'psabi-divergence',
      'stack-alignment (argument)',
    ]);
    // A parameter that the callee does not look at, too.
    expect(await placeOf(nineFloats('    return v0'), ...TWO)).toEqual([
      'psabi-divergence',
      'float-registers-used-up (argument)',
    ]);
    expect(await placeOf(passOn('(i32 uext) -> i32 uext', '    return v0'), 0x8000_0000n)).toEqual([
      'psabi-divergence',
      'sign-extend-words (argument); sign-extend-words (result)',
    ]);
  });

  it('names the caller where it alone is wrong', async () => {
    // To the caller the parameter has no extension, so it leaves the high bits as they are.
    const text = `function u0:1(i8 sext) -> i64 system_v {
block0(v0: i8):
    v1 = sextend.i64 v0
    return v1
}
function %main(i64) -> i64 system_v {
    fn0 = colocated u0:1(i8) -> i64 system_v
block0(v0: i64):
    v1 = ireduce.i8 v0
    v2 = call fn0(v1)
    return v2
}
`;
    expect(await placeOf(text, 0x7f80n)).toEqual([
      'abi-violation',
      'caller: high bits of argument, widen-by-sign',
    ]);
  });

  it('stays in its bucket while it shrinks, and is the same case from its entry', async () => {
    const kase = caseOf(nineFloats('    v10 = fadd v0, v8\n    return v10'), [TWO, TWO]);
    const report = await shrinkFinding(station, kase, { maxAttempts: 300, timeLimitMs: 30_000 }, []);
    if (report === null) throw new Error('nothing was found');
    expect(report.finding.place).toBe('float-registers-used-up (argument)');
    expect(report.case.parties).toBe('psabi');
    expect(report.case.inputs.length).toBe(1);
    const provenance = { seed: null, caseSeed: 'x', caseIndex: null, profile: 'psabi', upstream: null };
    const entry = entryFromShrink(report, provenance, DEFAULT_CRANELIFT);
    const again = await runCase(station.bench, caseFromEntry(entry));
    expect(again.verdict).toMatchObject({ kind: 'finding', finding: { place: report.finding.place } });
  });
});

describe('profile psabi', () => {
  const profile = findProfile('psabi');
  if (profile === undefined) throw new Error('no profile psabi');
  const cases = Array.from({ length: 300 }, (_, i) =>
    caseFromSeed(profile, SAMPLE_ABILITIES, caseSeedFor('census', 'psabi', i)),
  );
  const callees = cases.flatMap((kase) => kase.module.functions.filter((fn) => fn.name.kind === 'user'));

  it('makes cases with parties, of functions that C has', () => {
    expect(cases.every((kase) => kase.parties === 'psabi')).toBe(true);
    expect(callees.map((fn) => whyNotPsabi(fn.signature)).filter((why) => why !== null)).toEqual([]);
    const settings = cases.flatMap((kase) => kase.configurations.map(({ shared }) => Object.keys(shared)));
    expect(settings.flat()).not.toContain('enable_multi_ret_implicit_sret');
  });

  it('comes by every clause that places or extends a value', () => {
    const seen = new Set<ClauseId>();
    for (const { signature } of callees) {
      const { params, returns } = layoutPsabi(signature);
      for (const part of [...params, ...returns].flatMap((value) => value.parts)) {
        if (part.clauses === undefined) continue;
        seen.add(part.clauses.place);
        if (part.clauses.rest !== null) seen.add(part.clauses.rest);
      }
    }
    const all: readonly ClauseId[] = [
      'xlen-scalar',
      'widen-by-sign',
      'sign-extend-words',
      'narrow-float-high-bits',
      'pair-order',
      'pair-split',
      'wide-float-as-aggregate',
      'stack-alignment',
      'stack-offset',
      'aggregate-in-memory-order',
      'aggregate-padding',
      'float-in-float-register',
      'float-registers-used-up',
      'nan-boxing',
      'two-floats',
      'float-and-integer',
      'float-and-integer-high-bits',
    ];
    expect(all.filter((id) => !seen.has(id))).toEqual([]);
  });
});
