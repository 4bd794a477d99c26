import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEnvironment, readKnownIssues, type Environment } from '../src/campaign/environment.ts';
import { expectedOutcomes, runCase } from '../src/campaign/run-case.ts';
import { linkCase } from '../src/campaign/link-case.ts';
import { runGuards } from '../src/campaign/guard-runs.ts';
import { runLimits } from '../src/campaign/limit-runs.ts';
import { explainFinding } from '../src/campaign/explain-finding.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import type { CompiledFunction } from '../src/backend/compile-result.ts';
import type { Case, Configuration } from '../src/clif/case.ts';
import { findFunction } from '../src/clif/module.ts';
import { printModuleBytes } from '../src/clif/print.ts';
import { caseFromClif } from '../src/corpus/entry-case.ts';

const ISSUES = readKnownIssues(join(import.meta.dirname, '../known-issues'));

const probed = (shared: Readonly<Record<string, string>>): Configuration => ({
  shared: { enable_probestack: 'true', probestack_strategy: 'inline', ...shared },
  isa: [],
});
const PLAIN: Configuration = { shared: { enable_probestack: 'false' }, isa: [] };

/** Two functions whose frames have this many bytes of slots. */
const nested = (outer: number, inner: number): string => `function u0:0() system_v {
    ss0 = explicit_slot ${inner}

block0:
    return
}

function %main() system_v {
    ss0 = explicit_slot ${outer}
    fn0 = colocated u0:0() system_v

block0:
    call fn0()
    return
}
; run: %main() == []
`;

/** An entry with a limit below every stack, a frame, and arguments for another. */
const limited = (
  slot: number,
): string => `function u0:0(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64) -> i64 system_v {
block0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64, v5: i64, v6: i64, v7: i64, v8: i64, v9: i64, v10: i64, v11: i64):
    return v11
}

function %main(i64 vmctx, i64) -> i64 system_v {
    ss0 = explicit_slot ${slot}
    gv0 = vmctx
    fn0 = colocated u0:0(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64) -> i64 system_v
    stack_limit = gv0

block0(v0: i64, v1: i64):
    v2 = call fn0(v1, v1, v1, v1, v1, v1, v1, v1, v1, v1, v1, v1)
    return v2
}
; run: %main(0, 7) == 7
`;

/** A frame of one guard area and nearly another, which calls a leaf, below one with a slot of so many bytes. */
function beneath(slotBytes: number): string {
  return `function u0:0(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}

function u0:1(i64) -> i64 system_v {
    ss0 = explicit_slot 8144
    fn0 = u0:0(i64) -> i64 system_v

block0(v0: i64):
    v1 = call fn0(v0)
    return v1
}

function %main(i64) -> i64 system_v {
    ss0 = explicit_slot ${slotBytes}
    fn0 = u0:1(i64) -> i64 system_v

block0(v0: i64):
    stack_store v0, ss0
    v1 = call fn0(v0)
    return v1
}
; run: %main(7) == 7
`;
}

let environment: Environment;
let station: Station;

beforeAll(async () => {
  environment = await openEnvironment({ cranelift: '0.135.8', onProgress: () => undefined });
  station = await openStation(environment, ISSUES);
}, 900_000);

afterAll(() => station.close());

function caseOf(text: string, configuration: Configuration): Case {
  const [kase] = caseFromClif(text, 'stack-runs.clif');
  if (kase === undefined) throw new Error('the text has no case');
  return { ...kase, configurations: [configuration] };
}

/** What is told of `claimed` where the code is that of `kase`, with frames as `functions` has them. */
async function runAs(
  kase: Case,
  claimed: Case,
  functions: (compiled: readonly CompiledFunction[]) => readonly CompiledFunction[] = (all) => all,
): Promise<readonly string[]> {
  const [configuration] = kase.configurations;
  const [meant] = claimed.configurations;
  const entry = findFunction(claimed.module, claimed.entry);
  if (configuration === undefined || meant === undefined || entry === undefined) throw new Error('no case');
  const [result] = await station.bench.driver.compile(printModuleBytes(kase.module), [configuration]);
  if (result?.kind !== 'compiled') throw new Error('not compiled');
  const guest = await station.bench.guests.for(configuration);
  const stack = {
    guest,
    artifact: linkCase(guest, kase.module, configuration, result.functions, true, environment.cranelift),
    kase: claimed,
    entry,
    configuration: meant,
    index: 0,
    functions: functions(result.functions),
    told: expectedOutcomes(claimed).map((outcome, input) => ({ outcome, input })),
    seed: 1n,
    cranelift: environment.cranelift,
  };
  const findings = [...(await runLimits(stack)), ...(await runGuards(stack))];
  return findings.map(({ place }) => place);
}

describe('frames and the guard', () => {
  it('nothing is said of frames that are probed one area after the other', async () => {
    const kase = caseOf(nested(8192, 12_000), probed({}));
    expect(await runAs(kase, kase)).toEqual([]);
  });

  it('nor of what this tool itself writes below sp where a call has come back', async () => {
    // Nothing touches the page at the far end of the caller's frame, wherever that lies, before the leaf is called.
    for (let above = 256; above <= 4096; above += 256) {
      const kase = caseOf(beneath(above), probed({}));
      expect(await runAs(kase, kase), `${above} bytes above`).toEqual([]);
    }
  });

  it('nor of frames probed by a call', async () => {
    const kase = caseOf(nested(20_000, 40_000), probed({ probestack_strategy: 'outline' }));
    expect(await runAs(kase, kase)).toEqual([]);
  });

  it('a frame that is not probed passes over the guard', async () => {
    const kase = caseOf(nested(20_000, 8), PLAIN);
    expect(await runAs(kase, { ...kase, configurations: [probed({})] })).toContain('stack guard passed over');
  });

  it('larger guards are passed over where only smaller ones are probed for', async () => {
    const text = nested(20_000, 8);
    const large = probed({ probestack_size_log2: '13' });
    expect(await runAs(caseOf(text, large), caseOf(text, large))).toEqual([]);
    expect(await runAs(caseOf(text, large), caseOf(text, probed({})))).toContain('stack guard passed over');
  });

  it('F24: a loop of probes leaves out the nearest area and begins at the far end', async () => {
    const kase = caseOf(nested(30_000, 8), probed({}));
    const { verdict } = await runCase(station.bench, kase);
    expect(verdict).toMatchObject({ kind: 'finding', finding: { kind: 'abi-violation' } });
    expect(await runAs(kase, kase)).toEqual(
      expect.arrayContaining(['stack guard touched late', 'stack guard next to a frame passed over']),
    );
    expect(await explainFinding(station, kase, verdict, ISSUES, environment.cranelift)).toBe('probe-loop');
  });
});

describe('the entry and its limit', () => {
  const kase = caseOf(limited(100), PLAIN);

  it('nothing is said of a check that counts the frame and no more', async () => {
    expect(await runAs(kase, kase)).toEqual([]);
  });

  it('a limit that nobody looks at is passed', async () => {
    const bare = caseOf(limited(100).replace('    stack_limit = gv0\n', ''), PLAIN);
    expect(await runAs(bare, kase)).toEqual(['stack limit passed']);
  });

  it('so is one that is held against a smaller frame', async () => {
    const larger = (all: readonly CompiledFunction[]): readonly CompiledFunction[] =>
      all.map((fn) => ({ ...fn, frameSizeBytes: fn.frameSizeBytes + 16 }));
    expect(await runAs(kase, kase, larger)).toEqual(['stack limit passed']);
  });

  it('and one that is held against a larger frame stops what has room', async () => {
    const smaller = (all: readonly CompiledFunction[]): readonly CompiledFunction[] =>
      all.map((fn) => ({ ...fn, frameSizeBytes: fn.frameSizeBytes - 16 }));
    expect(await runAs(kase, kase, smaller)).toEqual(['stack limit that leaves room traps']);
  });
});
