import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEnvironment, readKnownIssues } from '../src/campaign/environment.ts';
import { explainFinding } from '../src/campaign/explain-finding.ts';
import { runCase } from '../src/campaign/run-case.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import type { Case } from '../src/clif/case.ts';
import { caseFromClif } from '../src/corpus/entry-case.ts';

const CRANELIFT = '0.135.8';
const ISSUES = readKnownIssues(join(import.meta.dirname, '../known-issues'));

/**
 * F21, and behind it F12 (docs/findings.md). F3 may look like what is left, but its rewrite makes the f32 an integer, and `u0:1` then returns
 * more of them than Cranelift has registers for.
 */
const LIMIT_AND_VECTOR = `function u0:0() system_v {
block0:
    return
}

function u0:1(i64 vmctx) -> f32, i128 system_v {
    gv0 = vmctx
    gv1 = load.i64 notrap aligned gv0+40
    gv2 = load.i64 notrap aligned gv1-2056
    sig0 = () system_v
    fn0 = colocated u0:0 sig0
    stack_limit = gv2

block0(v0: i64):
    call fn0()
    v1 = uextend.i128 v0
    v2 = f32const 0.0
    return v2, v1
}

function %main() -> i64 system_v {
    ss0 = explicit_slot 2064
    ss1 = explicit_slot 48
    sig0 = (i64 vmctx) -> f32, i128 system_v
    fn0 = colocated u0:1 sig0

block0:
    v0 = iconst.i64 0
    v1 = splat.i64x8 v0
    v2 = stack_addr.i64 ss0
    store v0, v2
    v3 = stack_addr.i64 ss0+2056
    v4 = stack_addr.i64 ss1
    store v3, v4+40
    v5, v6 = call fn0(v4)
    v7 = extractlane v1, 7
    return v7
}
; run: %main() == 0
`;

let station: Station;

beforeAll(async () => {
  const environment = await openEnvironment({ cranelift: CRANELIFT, onProgress: () => undefined });
  station = await openStation(environment);
}, 900_000);

afterAll(() => station.close());

function caseOf(text: string): Case {
  const [kase] = caseFromClif(text, 'joint-proofs.clif');
  if (kase === undefined) throw new Error('the text has no case');
  return { ...kase, configurations: [{ shared: {}, isa: ['has_v', 'has_zvl512b'] }] };
}

describe('known issues that explain a finding together', () => {
  it('are found although the rewrite of another that looks like them is refused', async () => {
    const kase = caseOf(LIMIT_AND_VECTOR);
    const { verdict } = await runCase(station.bench, kase);
    expect(verdict).toMatchObject({ kind: 'finding', finding: { kind: 'guest-fault', place: 'SIGSEGV' } });
    const known = await explainFinding(station, kase, verdict, ISSUES, CRANELIFT);
    expect(known).toBe('far-stack-limit+wide-vector-spilled');
  });

  it('are all needed', async () => {
    const kase = caseOf(LIMIT_AND_VECTOR);
    const { verdict } = await runCase(station.bench, kase);
    for (const missing of ['far-stack-limit', 'wide-vector-spilled']) {
      const issues = ISSUES.filter((issue) => issue.id !== missing);
      expect(await explainFinding(station, kase, verdict, issues, CRANELIFT)).toBeNull();
    }
  });
});
