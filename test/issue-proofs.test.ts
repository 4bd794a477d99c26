import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Driver } from '../src/backend/driver.ts';
import { openEnvironment, readKnownIssues } from '../src/campaign/environment.ts';
import { explainFinding } from '../src/campaign/explain-finding.ts';
import { runCase } from '../src/campaign/run-case.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import { configurationText, type Case, type Configuration } from '../src/clif/case.ts';
import type { Finding } from '../src/compare/verdict.ts';
import { caseFromClif } from '../src/corpus/entry-case.ts';

const CRANELIFT = '0.135.8';
const ISSUES = readKnownIssues(join(import.meta.dirname, '../known-issues'));

/** F21, and behind it F12 (docs/findings.md). F3 may look like what is left, as `u0:1` returns an f32, and has no part in it. */
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

const WIDE_VECTORS: Configuration = { shared: {}, isa: ['has_v', 'has_zvl512b'] };

/**
 * F3 in a module that sees an `i8 sext` as an i64. It comes in a0: in the return area it would come without its extension (F2), and bits of `v0` in
 * its place.
 */
const WIDER_VIEW = `function u0:0(i64) -> f32, f32, f32, i8 sext system_v {
block0(v0: i64):
    v1 = f32const 0x1.8p1
    v2 = ireduce.i8 v0
    return v1, v1, v1, v2
}

function u0:1() system_v {
block0:
    return
}

function %main(i64) -> f32, i64 system_v {
    sig0 = (i64) -> f32, f32, f32, i64 system_v
    sig1 = () system_v
    fn0 = colocated u0:0 sig0
    fn1 = colocated u0:1 sig1

block0(v0: i64):
    v1, v2, v3, v4 = call fn0(v0)
    call fn1()
    v5 = fadd v3, v3
    return v5, v4
}
; run: %main(0x1280) == [0x1.8p2, -128]
`;

const SPILLED_RESULTS: Configuration = {
  shared: { enable_multi_ret_implicit_sret: 'true', regalloc_algorithm: 'single_pass' },
  isa: [],
};

/** F20 (docs/findings.md) where nobody returns by the address that is lost: the exception that `u0:0` throws is not caught. */
const LOST_RETURN_ADDRESS = `function u0:0() tail {
    sig0 = (i64, i64, i64, i32, i64, i64, i64) system_v
    fn0 = colocated %callfuzz_throw_to sig0

block0:
    v0 = iconst.i64 0
    v1 = iconst.i32 0
    v2 = iconst.i64 9223372036854775792
    v3 = get_frame_pointer.i64
    v4 = func_addr.i64 fn0
    call_indirect sig0, v4(v2, v3, v0, v1, v0, v0, v0)
    return
}

function u0:1(i128, i128, i128, i128, i64) -> i64 tail {
block0(v0: i128, v1: i128, v2: i128, v3: i128, v4: i64):
    return v4
}

function %main() -> i64 tail {
    ss0 = explicit_slot 4133
    sig0 = () tail
    sig1 = (i128, i128, i128, i128, i64) -> i64 tail
    fn0 = colocated u0:0 sig0
    fn1 = colocated u0:1 sig1

block0:
    v0 = iconst.i64 0
    v1 = uextend.i128 v0
    try_call fn0(), sig0, block1, [ tag11: block2 ]

block1:
    return v0

block2:
    return_call fn1(v1, v1, v1, v1, v0)
}
; run: %main() == 0
`;

/** F4 in a frame that is large for its spilled vectors alone: `v13` of `u0:0` lies beyond what a store reaches. */
const BEYOND_VECTORS = `function u0:0(f16, f16, i64x2, i8x2, f32x4, f16, f16, f16, f16, i64, f16, i64, f16, f16) -> i8x4, i16x8, i16x8, f16 tail {
block0(v0: f16, v1: f16, v2: i64x2, v3: i8x2, v4: f32x4, v5: f16, v6: f16, v7: f16, v8: f16, v9: i64, v10: f16, v11: i64, v12: f16, v13: f16):
    v14 = vconst.i16x8 0x00000000000000000000000000000000
    v15 = vconst.i8x4 0x00000000
    return v15, v14, v14, v13
}

function %main(f16) -> i8x4, i16x8, i16x8, f16 tail {
    ss0 = explicit_slot 1
    sig0 = (f16, f16, i64x2, i8x2, f32x4, f16, f16, f16, f16, i64, f16, i64, f16, f16) -> i8x4, i16x8, i16x8, f16 tail
    fn0 = colocated u0:0 sig0

block0(v0: f16):
    v1 = iconst.i64 0
    v2 = vconst.i64x2 0x00000000000000000000000000000000
    v3 = vconst.i8x2 0x0000
    v4 = vconst.f32x4 0x00000000000000000000000000000000
    v5 = vconst.i8x8 0x0000000000000000
    v6 = vconst.f64x2 0x00000000000000000000000000000000
    v7 = vconst.i16x8 0x00000000000000000000000000000000
    v8 = f16const 0.0
    v9 = vconst.i8x4 0x00000000
    try_call fn0(v8, v8, v2, v3, v4, v8, v8, v8, v8, v1, v8, v1, v8, v8), sig0, block1, [ tag8: block2 ]

block1:
    v10 = bitcast.i64 little v5
    v11 = bitcast.i128 little v6
    v12 = ireduce.i64 v11
    return_call fn0(v0, v8, v2, v3, v4, v8, v8, v8, v8, v10, v8, v12, v8, v8)

block2:
    return v9, v7, v7, v8
}

; run: %main(0.0) == [[0 0 0 0], [0 0 0 0 0 0 0 0], [0 0 0 0 0 0 0 0], 0.0]
`;

const OUTLINE_PROBES: Configuration = {
  shared: {
    unwind_info: 'false',
    enable_probestack: 'true',
    preserve_frame_pointers: 'true',
    probestack_strategy: 'outline',
  },
  isa: [],
};

let station: Station;

beforeAll(async () => {
  const environment = await openEnvironment({ cranelift: CRANELIFT, onProgress: () => undefined });
  station = await openStation(environment);
}, 900_000);

afterAll(() => station.close());

function caseOf(text: string, configuration: Configuration): Case {
  const [kase] = caseFromClif(text, 'issue-proofs.clif');
  if (kase === undefined) throw new Error('the text has no case');
  return { ...kase, configurations: [configuration] };
}

interface Alone {
  readonly text: string;
  readonly configuration: Configuration;
  readonly finding: Pick<Finding, 'kind' | 'place'>;
  readonly known: string;
}

describe('a known issue that explains a finding alone', () => {
  it.each<[string, Alone]>([
    [
      'an extended result that a call site sees as a wider one',
      {
        text: WIDER_VIEW,
        configuration: SPILLED_RESULTS,
        finding: { kind: 'miscompile', place: 'result f32 in a float register' },
        known: 'narrow-float-result-spilled',
      },
    ],
    [
      'a frame that only spilled vectors make large',
      {
        text: BEYOND_VECTORS,
        configuration: { shared: { enable_multi_ret_implicit_sret: 'true' }, isa: ['has_v'] },
        finding: { kind: 'miscompile', place: 'result f16 in a float register' },
        known: 'far-half-store',
      },
    ],
    [
      'a lost return address that only the frame record shows',
      {
        text: LOST_RETURN_ADDRESS,
        configuration: OUTLINE_PROBES,
        finding: { kind: 'abi-violation', place: 'frame record of the caller overwritten' },
        known: 'outline-probe',
      },
    ],
  ])('is not kept from it by %s', async (_, { text, configuration, finding, known }) => {
    const kase = caseOf(text, configuration);
    const { verdict } = await runCase(station.bench, kase);
    expect(verdict).toMatchObject({ kind: 'finding', finding });
    expect(await explainFinding(station, kase, verdict, ISSUES, CRANELIFT)).toBe(known);
  });
});

describe('known issues that explain a finding together', () => {
  it('are found and named without another that looks like them', async () => {
    const kase = caseOf(LIMIT_AND_VECTOR, WIDE_VECTORS);
    const { verdict } = await runCase(station.bench, kase);
    expect(verdict).toMatchObject({ kind: 'finding', finding: { kind: 'guest-fault', place: 'SIGSEGV' } });
    const known = await explainFinding(station, kase, verdict, ISSUES, CRANELIFT);
    expect(known).toBe('far-stack-limit+wide-vector-spilled');
  });

  it('are all needed', async () => {
    const kase = caseOf(LIMIT_AND_VECTOR, WIDE_VECTORS);
    const { verdict } = await runCase(station.bench, kase);
    for (const missing of ['far-stack-limit', 'wide-vector-spilled']) {
      const issues = ISSUES.filter((issue) => issue.id !== missing);
      expect(await explainFinding(station, kase, verdict, issues, CRANELIFT)).toBeNull();
    }
  });

  it('are each tried once', async () => {
    const kase = caseOf(LIMIT_AND_VECTOR, WIDE_VECTORS);
    const { verdict } = await runCase(station.bench, kase);
    const asked: string[] = [];
    const { driver } = station.bench;
    const compile = vi.spyOn(driver, 'compile').mockImplementation((text, configurations) => {
      asked.push([Buffer.from(text).toString(), ...configurations.map(configurationText)].join('\n'));
      return Driver.prototype.compile.call(driver, text, configurations);
    });
    await explainFinding(station, kase, verdict, ISSUES, CRANELIFT);
    compile.mockRestore();
    expect(asked.length).toBeGreaterThan(2);
    expect(new Set(asked).size).toBe(asked.length);
  });
});
