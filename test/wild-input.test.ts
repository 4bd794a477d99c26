import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_CRANELIFT } from '../src/backend/driver-spec.ts';
import { openEnvironment } from '../src/campaign/environment.ts';
import { runCase } from '../src/campaign/run-case.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import { parseClif } from '../src/clif/parse.ts';

/* Told so, it writes over the callee's stub, or code, before it calls it. */
const TEXT = `function u0:1() -> i64 system_v {
block0:
    v0 = iconst.i64 9
    return v0
}

function %main(i64) -> i64 system_v {
    fn0 = colocated u0:1() -> i64 system_v

block0(v0: i64):
    v1 = iconst.i64 0
    brif v0, block1, block2

block1:
    v2 = func_addr.i64 fn0
    store v1, v2
    jump block2

block2:
    v3 = call fn0()
    return v3
}
`;

let station: Station;

beforeAll(async () => {
  const environment = await openEnvironment({ cranelift: DEFAULT_CRANELIFT, onProgress: () => {} });
  station = await openStation(environment);
});

afterAll(() => station.close());

it('an input with a wild access is not executed, and spoils no other', async () => {
  const parsed = parseClif(TEXT, { file: 'wild' });
  if (parsed.kind === 'error') throw new Error(parsed.message);
  const { verdict, expected } = await runCase(station.bench, {
    seed: 'wild',
    module: parsed.file.module,
    entry: { kind: 'test', name: 'main' },
    inputs: [[1n], [0n]],
    configurations: [{ shared: {}, isa: [] }],
  });
  expect(expected.map(({ kind }) => kind)).toEqual(['exhausted', 'returned']);
  expect(verdict).toEqual({ kind: 'agree' });
});
