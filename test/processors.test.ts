import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEnvironment, readKnownIssues, type Environment } from '../src/campaign/environment.ts';
import { explainFinding } from '../src/campaign/explain-finding.ts';
import { runCase } from '../src/campaign/run-case.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import { linkModule } from '../src/backend/link.ts';
import type { Case, Configuration } from '../src/clif/case.ts';
import { outcomeText } from '../src/compare/outcomes.ts';
import type { Verdict } from '../src/compare/verdict.ts';
import { caseFromClif } from '../src/corpus/entry-case.ts';
import { executeCase } from '../src/emulator/execute.ts';

const ISSUES = readKnownIssues(join(import.meta.dirname, '../known-issues'));

/** F14 of docs/findings.md. */
const SAVES = `function u0:0() system_v {
block0:
    return
}

function %main() preserve_all {
    fn0 = colocated u0:0() system_v

block0:
    call fn0()
    return
}
; run: %main() == []
`;

/** F14, and behind it F3. */
const SAVES_AND_RESULTS = `function u0:0() -> f32, f32, f32 system_v {
block0:
    v0 = f32const 0x1.8p1
    return v0, v0, v0
}

function u0:1() system_v {
block0:
    return
}

function u0:2() preserve_all {
    fn0 = colocated u0:1() system_v

block0:
    call fn0()
    return
}

function %main() -> f32 system_v {
    fn0 = colocated u0:0() -> f32, f32, f32 system_v
    fn1 = colocated u0:1() system_v
    fn2 = colocated u0:2() preserve_all

block0:
    v0, v1, v2 = call fn0()
    call fn1()
    call fn2()
    v3 = fadd v2, v2
    return v3
}
; run: %main() == 0x1.8p2
`;

/** Without unwinding information, of which F25 would be said first. */
const BARE: Configuration = { shared: { unwind_info: 'false' }, isa: [] };
const SPILLING: Configuration = {
  shared: {
    enable_multi_ret_implicit_sret: 'true',
    regalloc_algorithm: 'single_pass',
    unwind_info: 'false',
  },
  isa: [],
};

let environment: Environment;
let station: Station;

beforeAll(async () => {
  environment = await openEnvironment({ cranelift: '0.135.8', onProgress: () => undefined });
  station = await openStation(environment);
}, 900_000);

afterAll(() => station.close());

function caseOf(text: string, configuration: Configuration): Case {
  const [kase] = caseFromClif(text, 'processors.clif');
  if (kase === undefined) throw new Error('the text has no case');
  return { ...kase, configurations: [configuration] };
}

async function verdictOf(kase: Case): Promise<Verdict> {
  return (await runCase(station.bench, kase)).verdict;
}

function explain(kase: Case, verdict: Verdict, issues = ISSUES): Promise<string | null> {
  return explainFinding(station, kase, verdict, issues, '0.135.8');
}

describe('processors without V', () => {
  it('are one that has rv64gc alone, and one with all else that the richest has', () => {
    const optional = environment.abilities.isa.filter(
      (flag) => !/^has_([mafdv]|zicsr|zifencei|zca|zcd|zv.*)$/.test(flag),
    );
    expect(optional).toContain('has_zba');
    const [bare, scalar] = environment.lesserCpus.map(({ isaFlags }) => isaFlags);
    expect(optional.filter((flag) => bare?.includes(flag))).toEqual([]);
    expect(optional.filter((flag) => scalar?.includes(flag))).toEqual(optional);
    expect(bare).toContain('has_zca');
  });

  it('run what has no V, so that vector registers saved in vain are an illegal instruction', async () => {
    const kase = caseOf(SAVES, BARE);
    const verdict = await verdictOf(kase);
    expect(verdict).toMatchObject({ kind: 'finding', finding: { kind: 'guest-fault', place: 'SIGILL' } });
    expect(await explain(kase, verdict)).toBe('vector-saves-without-vectors');
    expect(await verdictOf(caseOf(SAVES, { ...BARE, isa: ['has_v'] }))).toEqual({ kind: 'agree' });
    expect(await verdictOf(caseOf(SAVES.replaceAll('preserve_all', 'system_v'), BARE))).toEqual({
      kind: 'agree',
    });
  });
});

describe('a bug behind a known one', () => {
  it('needs an issue of its own', async () => {
    const kase = caseOf(SAVES_AND_RESULTS, SPILLING);
    const verdict = await verdictOf(kase);
    expect(verdict).toMatchObject({ kind: 'finding', finding: { place: 'SIGILL' } });
    expect(await explain(kase, verdict)).toBe('narrow-float-result-spilled+vector-saves-without-vectors');
    const others = ISSUES.filter(({ id }) => id !== 'narrow-float-result-spilled');
    expect(await explain(kase, verdict, others)).toBeNull();
  });
});

/** One instruction of Zba where that is promised. */
const EXTENDS = `function %main(i32) -> i64 system_v {
block0(v0: i32):
    v1 = uextend.i64 v0
    return v1
}
; run: %main(5) == 5
`;

describe('a processor with the extensions of a configuration and no others', () => {
  it.each([
    [['has_zba'], 'returned (0x5)'],
    [['has_zbb', 'has_zbs', 'has_zcb'], 'SIGILL'],
    [['has_v', 'has_zba', 'has_zvl256b'], 'returned (0x5)'],
    [['has_v', 'has_zfhmin'], 'SIGILL'],
  ])('%j', async (isa, expected) => {
    const { module, entry } = caseOf(EXTENDS, BARE);
    const [signature] = module.functions.map((fn) => fn.signature);
    if (signature === undefined) throw new Error('no function');
    const [compiled] = await station.bench.driver.compile(EXTENDS, [{ shared: {}, isa: ['has_zba'] }]);
    if (compiled?.kind !== 'compiled') throw new Error('not compiled');
    const guest = await station.bench.guests.exact({ shared: {}, isa });
    try {
      const artifact = linkModule(compiled.functions, guest.base);
      const options = { implicitReturnArea: false };
      const [run] = await executeCase(guest, artifact, entry, signature, options, [[5n]], [[1n]]);
      expect(run === undefined ? '' : outcomeText(run.outcome)).toContain(expected);
    } finally {
      await guest.close();
    }
  });
});
