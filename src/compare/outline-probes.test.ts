import { describe, expect, it } from 'vitest';
import type { Configuration } from '../clif/case.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { withoutOutlineProbes } from './outline-probes.ts';

/** What becomes of `shared` where the module has a function of this signature with this end. */
function rewritten(
  signature: string,
  params = '',
  end = 'trap user1',
  shared: Configuration['shared'] = { enable_probestack: 'true' },
): Configuration['shared'] {
  const parsed = parseClif(`function %main() system_v {
block0:
    return
}

function u0:1${signature} {
    fn0 = u0:1${signature}
block0${params}:
    ${end}
}
`);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const [configuration] = withoutOutlineProbes({
    seed: '0',
    module: parsed.file.module,
    entry: { kind: 'test', name: 'main' },
    inputs: [],
    configurations: [{ shared, isa: [] }],
  }).configurations;
  return configuration?.shared ?? {};
}

describe('withoutOutlineProbes', () => {
  it.each([
    ['(i8) system_v', '(v0: i8)', undefined],
    ['(f64, i128) tail', '(v0: f64, v1: i128)', undefined],
    ['() -> i64, i64, i64 system_v', '', undefined],
    ['() preserve_all', '', undefined],
    ['() tail', '', 'return_call fn0()'],
  ])('ends probes where a function may miss what they overwrite: %s', (signature, params, end) => {
    expect(rewritten(signature, params, end)).toEqual({ enable_probestack: 'false' });
  });

  it.each([
    ['() system_v', ''],
    ['(f64, f32) -> i64, i64, f64 tail', '(v0: f64, v1: f32)'],
  ])('leaves the case as it is where none does: %s', (signature, params) => {
    expect(rewritten(signature, params)).toEqual({ enable_probestack: 'true' });
  });

  it('leaves probes that are no calls', () => {
    const inline = { enable_probestack: 'true', probestack_strategy: 'inline' };
    expect(rewritten('(i8) system_v', '(v0: i8)', undefined, inline)).toEqual(inline);
  });
});
