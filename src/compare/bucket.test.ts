import { describe, expect, it } from 'vitest';
import type { Case, Configuration } from '../clif/case.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { coarseBucket, fineBucket, staysInBucket } from './bucket.ts';
import type { Finding } from './verdict.ts';

function finding(kind: Finding['kind'], place: string, configuration = 0): Finding {
  return { kind, place, detail: 'detail', configuration, input: 0, expected: null, observed: null };
}

const PLAIN: Configuration = { shared: {}, isa: [] };
const SPEED: Configuration = { shared: { opt_level: 'speed' }, isa: ['has_v'] };

function caseOf(text: string, configurations: readonly Configuration[] = [PLAIN]): Case {
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return {
    seed: 's',
    module: parsed.file.module,
    entry: { kind: 'test', name: 'main' },
    inputs: [[]],
    configurations,
  };
}

const CALLS = caseOf(
  `function u0:1() tail {
block0:
    return
}
function %main() system_v {
    sig0 = () tail
    fn0 = colocated u0:1 sig0
block0:
    call fn0()
    v0 = func_addr.i64 fn0
    call_indirect sig0, v0()
    call fn0()
    return
}
`,
  [PLAIN, SPEED],
);

describe('coarseBucket', () => {
  it('is the same for whichever result of a signature was hit', () => {
    const a = coarseBucket(finding('miscompile', 'result i8x16 in the return area'));
    expect(coarseBucket(finding('miscompile', 'result f32 in a float register'))).toBe(a);
  });

  it('keeps kinds and other places apart', () => {
    const buckets = [
      finding('miscompile', 'result i64 in integer registers'),
      finding('miscompile', 'a return instead of a trap'),
      finding('abi-violation', 's5 not restored'),
      finding('abi-violation', 's6 not restored'),
      finding('guest-fault', 'SIGSEGV'),
      finding('hang', 'never returns'),
      finding('compiler-panic', 'src/machinst/abi.rs:7'),
    ].map(coarseBucket);
    expect(new Set(buckets).size).toBe(buckets.length);
  });
});

describe('fineBucket', () => {
  it('names the ways of calling, each once, and the configuration that failed', () => {
    const place = 'result i64 in integer registers';
    expect(fineBucket(finding('miscompile', place, 1), CALLS)).toBe(
      `miscompile, ${place}, call tail, call_indirect tail, opt_level=speed, has_v`,
    );
    expect(fineBucket(finding('miscompile', place, 0), CALLS)).toBe(
      `miscompile, ${place}, call tail, call_indirect tail`,
    );
  });

  it('tells types and places apart that a coarse one does not', () => {
    const a = fineBucket(finding('miscompile', 'result i64 in integer registers'), CALLS);
    const b = fineBucket(finding('miscompile', 'result i8 in integer registers'), CALLS);
    expect(a).not.toBe(b);
  });

  it('does not hang on names or numbers of the case', () => {
    const renamed = caseOf('function %main() system_v {\nblock3:\n    v7 = iconst.i64 3\n    return\n}\n');
    const same = caseOf('function %main() system_v {\nblock0:\n    v0 = iconst.i64 5\n    return\n}\n');
    const failing = finding('abi-violation', 's5 not restored');
    expect(fineBucket(failing, renamed)).toBe(fineBucket(failing, same));
  });

  it('sees tail calls', () => {
    const tail = caseOf(`function %main() tail {
    sig0 = () tail
    fn0 = colocated %main sig0
block0:
    return_call fn0()
}
`);
    expect(fineBucket(finding('guest-fault', 'SIGSEGV'), tail)).toBe(
      'guest-fault, SIGSEGV, return_call tail',
    );
  });
});

describe('staysInBucket', () => {
  it('lets some of several broken rules go, and takes no new one', () => {
    const first = finding('abi-violation', 's2 not restored; s3 not restored');
    expect(staysInBucket(first, finding('abi-violation', 's3 not restored'))).toBe(true);
    expect(staysInBucket(first, finding('abi-violation', 's3 not restored; s4 not restored'))).toBe(false);
    expect(staysInBucket(first, finding('miscompile', 's3 not restored'))).toBe(false);
  });

  it('goes by the coarse bucket elsewhere', () => {
    const first = finding('miscompile', 'result i64 in integer registers');
    expect(staysInBucket(first, finding('miscompile', 'result f64 in a float register'))).toBe(true);
    expect(staysInBucket(first, finding('guest-fault', 'SIGSEGV'))).toBe(false);
  });
});
