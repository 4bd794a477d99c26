import { expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { printModule } from '../clif/print.ts';
import { contextsAsIntegers, narrowContexts } from './integer-contexts.ts';

const TEXT = `function %main(i64, f64) -> i64 system_v {
    sig0 = (i64) -> i64 system_v
    fn0 = %main0 sig0

block0(v0: i64, v1: f64):
    try_call fn0(v0), sig0, block1(ret0), [ context v1, tag1: block1(exn0), context v0, default: block1(exn1) ]

block1(v2: i64):
    return v2
}

function %main0(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}
`;

function rewritten(text: string, rewrite: (kase: Case) => Case = contextsAsIntegers): string {
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const { module } = parsed.file;
  const kase: Case = {
    seed: 'x',
    module,
    entry: { kind: 'test', name: 'main' },
    inputs: [],
    configurations: [],
  };
  const after = rewrite(kase).module;
  expect(checkModule(after)).toEqual([]);
  return printModule(after);
}

it('carries a float context as its bits, and leaves the others', () => {
  const text = rewritten(TEXT);
  expect(text).toContain(
    'v3 = bitcast.i64 v1\n    try_call fn0(v0), sig0, block1(ret0), [ context v3, tag1:',
  );
  expect(text).toContain('context v0, default: block1(exn1)');
});

it('changes nothing where no context is a float', () => {
  const plain = TEXT.replace('context v1, ', '');
  expect(rewritten(plain)).toBe(plain);
});

it('takes the low half of an i128, and leaves other contexts alone', () => {
  const wide = TEXT.replaceAll('f64', 'i128');
  expect(rewritten(wide, narrowContexts)).toContain(`    v3, v4 = isplit v1
    try_call fn0(v0), sig0, block1(ret0), [ context v3, tag1: block1(exn0), context v0, default: block1(exn1) ]`);
  expect(rewritten(TEXT, narrowContexts)).not.toContain('isplit');
});
