import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CRANELIFT } from '../src/backend/driver-build.ts';
import type { CompiledFunction } from '../src/backend/compile-result.ts';
import { openEnvironment } from '../src/campaign/environment.ts';
import { linkCase } from '../src/campaign/link-case.ts';
import { poisonSeeds } from '../src/clif/poison-seeds.ts';
import { isRunLonger } from '../src/clif/vlen.ts';
import { runCase } from '../src/campaign/run-case.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import { NO_REGISTER } from '../src/campaign/unwind-fault.ts';
import type { Configuration } from '../src/clif/case.ts';
import { findFunction, functionNameText, type FunctionName } from '../src/clif/module.ts';
import { printModule } from '../src/clif/print.ts';
import { caseFromClif } from '../src/corpus/entry-case.ts';
import { executeCase } from '../src/emulator/execute.ts';

/** Unwinding information of code that Cranelift compiled, right and changed by hand, held against calls under QEMU. */

const MAIN: FunctionName = { kind: 'test', name: 'main' };
const PLAIN: Configuration = { shared: {}, isa: ['has_v'] };

let station: Station;

beforeAll(async () => {
  station = await openStation(
    await openEnvironment({ cranelift: DEFAULT_CRANELIFT, onProgress: () => undefined }),
  );
}, 900_000);

afterAll(() => station.close());

/** Keeps an integer and floats across its calls, so that it saves s2 and fs2 for its caller. */
const SAVING = `function %g(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}

function %f(i64, f64) -> i64, f64 system_v {
    fn0 = %g(i64) -> i64 system_v
block0(v0: i64, v1: f64):
    v2 = fadd v1, v1
    v5 = iadd v0, v0
    v3 = call fn0(v0)
    v6 = fadd v2, v1
    v4 = iadd v3, v5
    v7 = call fn0(v4)
    v8 = fadd v6, v2
    v9 = iadd v7, v5
    return v9, v8
}

function %main() -> i64 system_v {
    fn0 = %f(i64, f64) -> i64, f64 system_v
block0:
    v0 = iconst.i64 20
    v1 = f64const 0x1.0
    v2, v3 = call fn0(v0, v1)
    return v2
}
; run: %main() == 100
`;

/** %f makes its area of arguments 32 bytes larger for its tail call, and comes to be entered by one itself. */
const GROWING = `function %g(${Array(12).fill('i64').join(', ')}) -> i64 tail {
    fn0 = %h(i64) -> i64 system_v
block0(${Array.from({ length: 12 }, (_, i) => `v${i}: i64`).join(', ')}):
    v12 = call fn0(v0)
    v13 = iadd v12, v11
    return v13
}

function %h(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}

function %f(i64) -> i64 tail {
    fn0 = %h(i64) -> i64 system_v
    fn1 = %g(${Array(12).fill('i64').join(', ')}) -> i64 tail
block0(v0: i64):
    v1 = call fn0(v0)
    v2 = iadd v1, v0
    return_call fn1(${Array(11).fill('v2').join(', ')}, v0)
}

function %e(i64) -> i64 tail {
    fn0 = %f(i64) -> i64 tail
block0(v0: i64):
    return_call fn0(v0)
}

function %main() -> i64 system_v {
    fn0 = %e(i64) -> i64 tail
block0:
    v0 = iconst.i64 20
    v1 = call fn0(v0)
    return v1
}
; run: %main() == 60
`;

/** %f saves all there is. */
const PRESERVING = `function %g() system_v {
block0:
    return
}

function %f() preserve_all {
    fn0 = %g() system_v
block0:
    call fn0()
    call fn0()
    return
}

function %main() system_v {
    fn0 = %f() preserve_all
block0:
    call fn0()
    return
}
; run: %main() == []
`;

/** %f throws, past what it saved. */
const THROWING = `function %f(i64) -> i64 system_v {
    fn0 = %__cranelift_throw(i64, i64, i64, i32, i64, i64) system_v
    fn1 = %g(i64) -> i64 system_v
block0(v0: i64):
    v8 = iadd v0, v0
    v1 = call fn1(v0)
    v11 = iadd v1, v8
    v9 = call fn1(v11)
    v10 = isub v8, v9
    v2 = iadd v9, v10
    v3 = iconst.i64 0x7fff_ffff_ffff_fff0
    v4 = get_frame_pointer.i64
    v5 = iconst.i64 1
    v6 = iconst.i32 1
    call fn0(v3, v4, v5, v6, v2, v2)
    v7 = iadd v2, v0
    return v7
}

function %g(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}

function %main() -> i64 system_v {
    sig0 = (i64) -> i64 system_v
    fn0 = %f sig0
block0:
    v0 = iconst.i64 20
    try_call fn0(v0), sig0, block1(ret0), [ tag1: block1(exn0) ]
block1(v1: i64):
    return v1
}
; run: %main() == 40
`;

type Change = (unwind: string) => string;

const AS_IT_IS: Change = (unwind) => unwind;

/** The rules that both poisons show broken, with what is said of %f changed. */
async function complaints(
  text: string,
  change: Change,
  configuration: Configuration = PLAIN,
): Promise<readonly string[]> {
  const [kase] = caseFromClif(text, 'unwinding.clif');
  if (kase === undefined) throw new Error('no case');
  const { bench } = station;
  const [result] = await bench.driver.compile(
    printModule(kase.module, { cranelift: bench.cranelift }),
    [configuration],
    { wantUnwind: true },
  );
  if (result?.kind !== 'compiled') throw new Error(JSON.stringify(result));
  const functions = result.functions.map((fn): CompiledFunction => {
    if (functionNameText(fn.name) !== '%f' || fn.unwind === undefined || change === AS_IT_IS) return fn;
    const unwind = change(fn.unwind);
    expect(unwind).not.toBe(fn.unwind);
    return { ...fn, unwind };
  });
  const guest = await bench.guests.for(configuration);
  const main = findFunction(kase.module, MAIN);
  if (main === undefined) throw new Error('no %main');
  const observations = await executeCase(
    guest,
    linkCase(guest, kase.module, configuration, functions, true, bench.cranelift),
    MAIN,
    main.signature,
    { implicitReturnArea: false },
    [[]],
    [poisonSeeds('unwinding')],
  );
  for (const { outcome } of observations) expect(outcome.kind).toBe('returned');
  const seen = observations.map(({ violations }) => violations.map(({ kind, name }) => `${kind} ${name}`));
  expect(seen[1]).toEqual(seen[0]);
  return seen[0] ?? [];
}

function replaced(from: RegExp, to: string): Change {
  return (unwind) => unwind.replace(from, to);
}

/** Without the instruction, which is not the first. */
function without(instruction: string): Change {
  return replaced(new RegExp(`, \\(\\d+, ${instruction}\\)`), '');
}

function moved(register: number, bytes: number): Change {
  return (unwind) =>
    unwind.replace(
      new RegExp(`Offset\\(${register}, (-\\d+)\\)`),
      (_, offset: string) => `Offset(${register}, ${Number(offset) + bytes})`,
    );
}

const THROWN: Configuration = { ...PLAIN, shared: { preserve_frame_pointers: 'true' } };

describe('unwinding information as Cranelift gives it', () => {
  it.each([
    ['where registers are saved', SAVING, PLAIN],
    ['where registers are saved, with compressed instructions', SAVING, { shared: {}, isa: ['has_zca'] }],
    ['where tail calls enlarge the argument area', GROWING, PLAIN],
    ['where everything is saved', PRESERVING, PLAIN],
    ['where an exception is thrown', THROWING, THROWN],
  ] as const)('holds at every call %s', async (_, text, configuration) => {
    expect(await complaints(text, AS_IT_IS, configuration)).toEqual([]);
  });
});

describe('unwinding information that is wrong', () => {
  it.each([
    ['another offset of the CFA', SAVING, replaced(/CfaOffset\(16\)/, 'CfaOffset(24)'), ['unwinding CFA']],
    ['a CFA that goes with sp', SAVING, without('CfaRegister\\(8\\)'), ['unwinding CFA']],
    [
      'a CFA that goes with a register of no use',
      SAVING,
      replaced(/CfaRegister\(8\)/, 'Cfa(40, 16)'),
      ['unwinding CFA'],
    ],
    ['another place of ra', SAVING, moved(1, -8), ['unwinding ra']],
    ['no place of ra', SAVING, without('Offset\\(1, -?\\d+\\)'), ['unwinding ra left out']],
    ['another place of s0', SAVING, moved(8, 8), ['unwinding s0']],
    ['another place of s2', SAVING, moved(18, 8), ['unwinding s2']],
    ['no place of s2', SAVING, without('Offset\\(18, -?\\d+\\)'), ['unwinding s2 left out']],
    [
      'that s2 has its value, after all',
      SAVING,
      replaced(/\], len/, ', (28, SameValue(18))], len'),
      ['unwinding s2 left out'],
    ],
    ['another place of fs2', SAVING, moved(50, -8), ['unwinding fs2']],
    ['no place of fs2', SAVING, without('Offset\\(50, -?\\d+\\)'), ['unwinding fs2 left out']],
    ['a CFA above sp at entry', GROWING, replaced(/CfaOffset\(16\)/, 'CfaOffset(64)'), ['unwinding CFA']],
    [
      'a CFA below the enlarged area',
      GROWING,
      replaced(/CfaOffset\(16\)/, 'CfaOffset(8)'),
      ['unwinding CFA'],
    ],
    [
      'a CFA within the enlarged area',
      GROWING,
      replaced(/CfaOffset\(16\)/, 'CfaOffset(32)'),
      ['unwinding ra', 'unwinding s0', 'unwinding s1'],
    ],
    ['another place of a vector', PRESERVING, moved(74, -16), ['unwinding v10']],
    ['no place of a vector', PRESERVING, without('Offset\\(74, -?\\d+\\)'), ['unwinding v10 left out']],
    ['another place of a float', PRESERVING, moved(41, 8), ['unwinding fs1 of preserve_all']],
    ['another place of s2 where an exception is thrown', THROWING, moved(18, 8), ['unwinding s2']],
  ] as const)('says %s', async (_, text, change, expected) => {
    expect(await complaints(text, change, text === THROWING ? THROWN : PLAIN)).toEqual(expected);
  });

  it('is not looked at where none was to be made', async () => {
    const off: Configuration = { shared: { unwind_info: 'false' }, isa: ['has_v'] };
    expect(await complaints(SAVING, replaced(/\[.*\]/, '[(0, CfaOffset(160))]'), off)).toEqual([]);
  });
});

describe('of all cases', () => {
  /** What a case shows that has this seed. */
  async function placeOf(seed: string, configuration: Configuration): Promise<string> {
    const [kase] = caseFromClif(PRESERVING, 'unwinding.clif');
    if (kase === undefined) throw new Error('no case');
    const { verdict } = await runCase(station.bench, { ...kase, seed, configurations: [configuration] });
    return verdict.kind === 'finding' ? verdict.finding.place : verdict.kind;
  }

  /** As generated cases have it, and none that runs on longer registers, where F12 would be said as well. */
  const SEEDS = Array.from({ length: 110 }, (_, i) => i.toString(16).padStart(16, '0')).filter(
    (seed) => !isRunLonger(poisonSeeds(seed)[0]),
  );

  it('one in 16, which the seed says, looks at unwinding information', async () => {
    const places = new Map<string, number>();
    for (const seed of SEEDS) {
      const place = await placeOf(seed, PLAIN);
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    expect([...places.keys()].toSorted()).toEqual(['agree', NO_REGISTER].toSorted());
    expect(places.get(NO_REGISTER)).toBeLessThan(16);
  });

  it('every one from a file does', async () => {
    for (const name of ['one', 'two', 'three', 'four', 'five'])
      expect(await placeOf(`${name}.clif %main`, PLAIN)).toContain(NO_REGISTER);
  });

  it('none does where there is none', async () => {
    for (const seed of SEEDS)
      expect(await placeOf(seed, { shared: { unwind_info: 'false' }, isa: ['has_v'] })).toBe('agree');
  });
});
