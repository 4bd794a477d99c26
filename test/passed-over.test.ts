import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CRANELIFT } from '../src/backend/driver-spec.ts';
import { openEnvironment, readKnownIssues } from '../src/campaign/environment.ts';
import { runCase } from '../src/campaign/run-case.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import { versionVerdict } from '../src/campaign/version-verdict.ts';
import type { Case, Configuration } from '../src/clif/case.ts';
import { parseClif } from '../src/clif/parse.ts';
import type { Finding } from '../src/compare/verdict.ts';
import { ROOT } from './callfuzz-process.ts';

/* A case that shows F2 wherever it has a return area, and F13 where it comes to its call under probes. */

const TEXT = `function u0:1() preserve_all {
    ss0 = explicit_slot 4096

block0:
    return
}

function %main(i8, i32) -> i64, i64, i8 sext system_v {
    fn0 = colocated u0:1() preserve_all

block0(v0: i8, v1: i32):
    v2 = iconst.i64 7
    brif v1, block1, block2

block1:
    call fn0()
    jump block2

block2:
    return v2, v2, v0
}
`;

const AREA = { enable_multi_ret_implicit_sret: 'true' };
const PROBED = { ...AREA, enable_probestack: 'true', probestack_strategy: 'inline' };
const PLAIN: readonly bigint[] = [1n, 0n];
const CALLING: readonly bigint[] = [1n, 1n];

const F2 = 'high bits of sext result in the return area';

let naive: Station;
let knowing: Station;

beforeAll(async () => {
  const environment = await openEnvironment({ cranelift: DEFAULT_CRANELIFT, onProgress: () => {} });
  const issues = readKnownIssues(join(ROOT, 'known-issues'));
  naive = await openStation(environment);
  knowing = await openStation(
    environment,
    issues.filter(({ id }) => id === 'return-area-extension'),
  );
});

afterAll(async () => {
  await Promise.all([naive.close(), knowing.close()]);
});

function caseOf(shared: readonly Configuration['shared'][], inputs: Case['inputs']): Case {
  const parsed = parseClif(TEXT, { file: 'passed over' });
  if (parsed.kind === 'error') throw new Error(parsed.message);
  return {
    seed: 'passed over',
    module: parsed.file.module,
    entry: { kind: 'test', name: 'main' },
    inputs,
    configurations: shared.map((own) => ({ shared: own, isa: [] })),
  };
}

async function findingOf(
  station: Station,
  shared: readonly Configuration['shared'][],
  inputs: Case['inputs'],
): Promise<Finding | null> {
  const { verdict } = await runCase(station.bench, caseOf(shared, inputs));
  return verdict.kind === 'finding' ? verdict.finding : null;
}

describe('behind a finding that a known issue explains by its match', () => {
  it('a second one under another configuration is the verdict', async () => {
    expect(await findingOf(naive, [AREA, PROBED], [CALLING])).toMatchObject({ configuration: 0, place: F2 });
    expect(await findingOf(knowing, [AREA, PROBED], [CALLING])).toMatchObject({
      configuration: 1,
      place: expect.stringContaining('t3 not restored'),
    });
  });

  it('a second one on another input is the verdict', async () => {
    expect(await findingOf(naive, [PROBED], [PLAIN, CALLING])).toMatchObject({ input: 0, place: F2 });
    expect(await findingOf(knowing, [PROBED], [PLAIN, CALLING])).toMatchObject({
      input: 1,
      place: expect.stringContaining('t3 not restored'),
    });
  });

  it('the one asked about is what another version is judged by', async () => {
    const kase = caseOf([AREA, PROBED], [PLAIN, CALLING]);
    const asked = await findingOf(knowing, [PROBED], [CALLING]);
    const build = { cranelift: DEFAULT_CRANELIFT };
    const quiet = (): void => undefined;
    expect(await versionVerdict(build, kase, asked, quiet)).toMatchObject({
      kind: 'fails',
      finding: { configuration: 1, input: 1, place: asked?.place },
    });
    expect(await versionVerdict(build, kase, null, quiet)).toMatchObject({
      kind: 'fails',
      finding: { configuration: 0, place: F2 },
    });
  });

  it('nothing leaves the known one as the verdict', async () => {
    expect(await findingOf(knowing, [AREA, PROBED], [PLAIN])).toMatchObject({ configuration: 0, place: F2 });
  });
});
