import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CRANELIFT } from '../src/backend/driver-spec.ts';
import { openEnvironment, readKnownIssues } from '../src/campaign/environment.ts';
import { judgeCase, type JudgedCase } from '../src/campaign/judge-case.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import type { Case, Configuration } from '../src/clif/case.ts';
import { parseClif } from '../src/clif/parse.ts';
import { ROOT } from './callfuzz-process.ts';

/* A case that shows F13 with inline probes, which a rewrite has to prove, and F14 without V. */

const TEXT = `function u0:2() system_v {
block0:
    return
}

function u0:1() preserve_all {
    ss0 = explicit_slot 4096
    fn0 = colocated u0:2() system_v

block0:
    call fn0()
    return
}

function %main() -> i64 system_v {
    fn0 = colocated u0:1() preserve_all

block0:
    call fn0()
    v0 = iconst.i64 7
    return v0
}
`;

const PROBED: Configuration = {
  shared: { enable_probestack: 'true', probestack_strategy: 'inline' },
  isa: ['has_v'],
};
const BARE: Configuration = { shared: {}, isa: [] };
const ISSUES = readKnownIssues(join(ROOT, 'known-issues'));

let station: Station;

beforeAll(async () => {
  const environment = await openEnvironment({ cranelift: DEFAULT_CRANELIFT, onProgress: () => {} });
  station = await openStation(environment, ISSUES);
}, 900_000);

afterAll(() => station.close());

function judge(configurations: readonly Configuration[], ids: readonly string[]): Promise<JudgedCase> {
  const parsed = parseClif(TEXT, { file: 'other configurations' });
  if (parsed.kind === 'error') throw new Error(parsed.message);
  const kase: Case = {
    seed: 'other configurations',
    module: parsed.file.module,
    entry: { kind: 'test', name: 'main' },
    inputs: [[]],
    configurations,
  };
  return judgeCase(
    station,
    kase,
    ISSUES.filter(({ id }) => ids.includes(id)),
  );
}

describe('the verdict of a case with findings under two configurations', () => {
  it('is what known issues do not explain, whichever comes first', async () => {
    for (const configurations of [
      [PROBED, BARE],
      [BARE, PROBED],
    ]) {
      expect(await judge(configurations, ['preserve-all-probe'])).toMatchObject({
        known: null,
        verdict: { finding: { kind: 'guest-fault', configuration: configurations.indexOf(BARE) } },
      });
    }
  });

  it('is the first where both are explained, and where neither is', async () => {
    const both = ['preserve-all-probe', 'vector-saves-without-vectors'];
    expect(await judge([PROBED, BARE], both)).toMatchObject({
      known: 'preserve-all-probe',
      verdict: { finding: { configuration: 0 } },
    });
    expect(await judge([PROBED, BARE], [])).toMatchObject({
      known: null,
      verdict: { finding: { configuration: 0 } },
    });
  });
});
