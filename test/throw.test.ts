import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEnvironment } from '../src/campaign/environment.ts';
import { linkCase } from '../src/campaign/link-case.ts';
import { poisonSeeds } from '../src/clif/poison-seeds.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import { DEFAULT_CRANELIFT } from '../src/backend/driver-build.ts';
import type { CallSite, CompiledFunction } from '../src/backend/compile-result.ts';
import type { Configuration } from '../src/clif/case.ts';
import { checkModule } from '../src/clif/check.ts';
import { findFunction, type FunctionName, type Module } from '../src/clif/module.ts';
import { clifErrorText, parseClif } from '../src/clif/parse.ts';
import { printModule } from '../src/clif/print.ts';
import { UNCAUGHT } from '../src/clif/throw-routine.ts';
import { executeCase } from '../src/emulator/execute.ts';
import type { Observation } from '../src/emulator/observe.ts';
import { interpret } from '../src/oracle/interpret.ts';
import { prepare } from '../src/oracle/prepare.ts';

/** Exceptions thrown and caught by code that Cranelift compiled, under QEMU, against the oracle and numbers worked out by hand. */

const MAIN: FunctionName = { kind: 'test', name: 'main' };
const CONFIGURATIONS: readonly Configuration[] = [
  { shared: { preserve_frame_pointers: 'true', enable_multi_ret_implicit_sret: 'true' }, isa: ['has_v'] },
  {
    shared: {
      preserve_frame_pointers: 'true',
      enable_multi_ret_implicit_sret: 'true',
      opt_level: 'speed',
      is_pic: 'true',
    },
    isa: ['has_v', 'has_zca', 'has_zba'],
  },
];
const ALL_ONES = (1n << 64n) - 1n;

let station: Station;

beforeAll(async () => {
  station = await openStation(
    await openEnvironment({ cranelift: DEFAULT_CRANELIFT, onProgress: () => undefined }),
  );
}, 900_000);

afterAll(() => station.close());

function moduleOf(text: string): Module {
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const { module } = parsed.file;
  expect(checkModule(module)).toEqual([]);
  return module;
}

type Change = (functions: readonly CompiledFunction[]) => readonly CompiledFunction[];

/** What each configuration showed for the input under two poisons. */
async function observe(
  text: string,
  input: readonly bigint[],
  change: Change = (functions) => functions,
): Promise<readonly Observation[]> {
  const module = moduleOf(text);
  const main = findFunction(module, MAIN);
  if (main === undefined) throw new Error('no %main');
  const results = await station.bench.driver.compile(
    printModule(module, { cranelift: station.bench.cranelift }),
    CONFIGURATIONS,
  );
  const seen = CONFIGURATIONS.map(async (configuration, i) => {
    const result = results[i];
    if (result?.kind !== 'compiled') throw new Error(JSON.stringify(result));
    const guest = await station.bench.guests.for(configuration);
    const artifact = linkCase(
      guest,
      module,
      configuration,
      change(result.functions),
      false,
      station.bench.cranelift,
    );
    return executeCase(
      guest,
      artifact,
      MAIN,
      main.signature,
      { implicitReturnArea: true },
      [input],
      [poisonSeeds('throw')],
    );
  });
  return (await Promise.all(seen)).flat();
}

/** Machine and oracle give these results, and nothing breaks a rule on the way. */
async function expectResults(
  text: string,
  input: readonly bigint[],
  results: readonly bigint[],
): Promise<void> {
  const outcome = { kind: 'returned', results };
  expect(interpret(prepare(moduleOf(text)), MAIN, input)).toEqual(outcome);
  for (const one of await observe(text, input)) expect(one).toMatchObject({ outcome, violations: [] });
}

/** Throws (tag, first, second) where the tag is not 0, else returns second. */
function raise(callConv: string, name = 'raise'): string {
  return `function %${name}(i32, i64, i64) -> i64 ${callConv} {
    fn0 = %__cranelift_throw(i64, i64, i64, i32, i64, i64) system_v
block0(v0: i32, v1: i64, v2: i64):
    brif v0, block1, block2
block1:
    v3 = iconst.i64 0x7fff_ffff_ffff_fff0
    v4 = get_frame_pointer.i64
    v5 = iconst.i64 1
    call fn0(v3, v4, v5, v0, v1, v2)
    return v2
block2:
    return v2
}
`;
}

/** %main(tag) tries %raise(tag, 1000, 1) and gives 1, exn0 + 10 for tag 1, exn1 + 20 for tag 2, 30 for any other where caught. */
function catching(handlers: string, middle = '', callee = 'raise', callConv = 'tail'): string {
  return `${raise(callConv)}${middle}
function %main(i32) -> i64 system_v {
    sig0 = (i32, i64, i64) -> i64 ${callConv}
    fn0 = %${callee} sig0
block0(v0: i32):
    v1 = iconst.i64 1000
    v2 = iconst.i64 1
    try_call fn0(v0, v1, v2), sig0, block4(ret0), [ ${handlers} ]
block1(v3: i64):
    v4 = iadd_imm v3, 10
    return v4
block2(v5: i64):
    v6 = iadd_imm v5, 20
    return v6
block3:
    v7 = iconst.i64 30
    return v7
block4(v8: i64):
    return v8
}
`;
}

const HANDLERS = 'tag1: block1(exn0), tag2: block2(exn1), default: block3';

/** Calls `callee` after it used stack, registers and more. */
function through(name: string, callee: string, callConv: string, calleeConv: string): string {
  return `function %${name}(i32, i64, i64) -> i64 ${callConv} {
    ss0 = explicit_slot 4096
    fn0 = %${callee}(i32, i64, i64) -> i64 ${calleeConv}
block0(v0: i32, v1: i64, v2: i64):
    v3 = stack_addr.i64 ss0
    store v1, v3+4000
    v4 = imul_imm v1, 7
    v5 = imul_imm v1, 11
    v6 = call fn0(v0, v1, v2)
    v7 = load.i64 v3+4000
    v8 = isub v7, v1
    v9 = iadd v6, v8
    v10 = isub v4, v5
    v11 = imul_imm v1, 4
    v12 = iadd v10, v11
    v13 = iadd v9, v12
    return v13
}
`;
}

describe.each(['tail', 'system_v'])('an exception thrown by a %s function', (callConv) => {
  const table: readonly (readonly [bigint, bigint, string])[] = [
    [0n, 1n, 'is not there where nothing is thrown'],
    [1n, 1010n, 'goes to the handler of its tag with its first payload'],
    [2n, 21n, 'goes to another with its second'],
    [7n, 30n, 'goes to the default'],
  ];
  it.each(table)('tag %i gives %i: it %s', async (tag, result) => {
    await expectResults(catching(HANDLERS, '', 'raise', callConv), [tag], [result]);
  });

  it('goes through frames without handlers', async () => {
    const middle = through('f', 'g', callConv, 'system_v') + through('g', 'raise', 'system_v', callConv);
    await expectResults(catching(HANDLERS, middle, 'f', callConv), [1n], [1010n]);
    await expectResults(catching(HANDLERS, middle, 'f', callConv), [0n], [1n]);
  });
});

describe('an exception', () => {
  it('goes to the first of two handlers that take it', async () => {
    await expectResults(catching('tag1: block2(exn1), tag1: block1(exn0)'), [1n], [21n]);
  });

  it('that nothing takes ends the run', async () => {
    const text = catching('tag1: block1(exn0), tag2: block2(exn1)');
    expect(interpret(prepare(moduleOf(text)), MAIN, [3n])).toEqual(UNCAUGHT);
    for (const one of await observe(text, [3n]))
      expect(one).toMatchObject({ outcome: UNCAUGHT, violations: [] });
  });

  it('leaves tail calls that took the place of one another, whatever stack they were given', async () => {
    const wide = Array.from({ length: 20 }, (_, i) => `v${i + 10}`).join(', ');
    const types = Array.from({ length: 20 }, () => 'i64').join(', ');
    const middle = `function %f(i32, i64, i64) -> i64 tail {
    fn0 = %g(i32, i64, i64, ${types}) -> i64 tail
block0(v0: i32, v1: i64, v2: i64):
${Array.from({ length: 20 }, (_, i) => `    v${i + 10} = iadd_imm v1, ${i}`).join('\n')}
    return_call fn0(v0, v1, v2, ${wide})
}
function %g(i32, i64, i64, ${types}) -> i64 tail {
    fn0 = %raise(i32, i64, i64) -> i64 tail
block0(v0: i32, v1: i64, v2: i64, ${wide.replaceAll(/v\d+/g, '$&: i64')}):
    v3 = isub v29, v10
    v4 = iadd v3, v1
    return_call fn0(v0, v4, v2)
}
`;
    await expectResults(catching(HANDLERS, middle, 'f'), [1n], [1029n]);
  });

  it('is caught by the nearest of nested try_calls, and thrown on by its handler to the next', async () => {
    const middle = `function %f(i32, i64, i64) -> i64 tail {
    sig0 = (i32, i64, i64) -> i64 tail
    fn0 = %raise sig0
block0(v0: i32, v1: i64, v2: i64):
    try_call fn0(v0, v1, v2), sig0, block1(ret0), [ tag1: block2(exn0, exn1), tag2: block3(exn0) ]
block1(v3: i64):
    return v3
block2(v4: i64, v5: i64):
    v6 = iadd v4, v5
    v7 = iconst.i32 2
    v8 = call fn0(v7, v5, v6)
    return v8
block3(v9: i64):
    v10 = iadd_imm v9, 5
    return v10
}
`;
    const text = catching(HANDLERS, middle, 'f');
    await expectResults(text, [1n], [1021n]);
    await expectResults(text, [2n], [1005n]);
    await expectResults(text, [4n], [30n]);
  });

  it('comes out of recursion, a frame of which catches it where it may', async () => {
    const text = `${raise('system_v')}
function %f(i32, i64) -> i64 system_v {
    sig0 = (i32, i64) -> i64 system_v
    fn0 = %f sig0
    fn1 = %raise(i32, i64, i64) -> i64 system_v
    ss0 = explicit_slot 64
block0(v0: i32, v1: i64):
    v2 = stack_addr.i64 ss0
    store v1, v2+56
    brif v1, block1, block2
block1:
    v3 = iadd_imm v1, -1
    v4 = ireduce.i32 v1
    v5 = iadd_imm v4, -3
    brif v5, block3, block4
block2:
    v6 = iconst.i64 100
    v7 = call fn1(v0, v6, v1)
    return v7
block3:
    v8 = call fn0(v0, v3)
    v9 = load.i64 v2+56
    v10 = iadd v8, v9
    return v10
block4:
    try_call fn0(v0, v3), sig0, block5(ret0), [ tag1: block6(exn0) ]
block5(v11: i64):
    return v11
block6(v12: i64):
    v13 = load.i64 v2+56
    v14 = imul_imm v13, 1000
    v15 = iadd v12, v14
    return v15
}
function %main(i32) -> i64 tail {
    sig0 = (i32, i64) -> i64 system_v
    fn0 = %f sig0
block0(v0: i32):
    v1 = iconst.i64 6
    try_call fn0(v0, v1), sig0, block1(ret0), [ default: block1(exn0) ]
block1(v2: i64):
    return v2
}
`;
    await expectResults(text, [1n], [3115n]);
    await expectResults(text, [2n], [100n]);
    await expectResults(text, [0n], [18n]);
  });

  it('thrown right at a try_call is caught there, be it called directly or through its address', async () => {
    for (const [address, call] of [
      ['', 'try_call fn0(v3, v1, v2, v0, v4, v5)'],
      ['v6 = func_addr.i64 fn0', 'try_call_indirect v6(v3, v1, v2, v0, v4, v5)'],
    ]) {
      const text = `function %main(i32) -> i64 system_v {
    sig0 = (i64, i64, i64, i32, i64, i64) system_v
    fn0 = %__cranelift_throw sig0
block0(v0: i32):
    v1 = get_frame_pointer.i64
    v2 = iconst.i64 1
    v3 = iconst.i64 0x7fff_ffff_ffff_fff0
    v4 = iconst.i64 40
    v5 = iadd_imm v4, 2
    ${address}
    ${call}, sig0, block1, [ tag3: block2(exn1) ]
block1:
    trap user1
block2(v7: i64):
    v8 = iadd v7, v4
    return v8
}
`;
      await expectResults(text, [3n], [82n]);
    }
  });
});

describe('an instance', () => {
  const text = (callConv: string): string => `function %raise(i64) -> i64 ${callConv} {
    fn0 = %callfuzz_throw_to(i64, i64, i64, i32, i64, i64, i64) system_v
block0(v0: i64):
    v1 = iconst.i64 0x7fff_ffff_ffff_fff0
    v2 = get_frame_pointer.i64
    v3 = iconst.i32 9
    v4 = iconst.i64 1
    call fn0(v1, v2, v4, v3, v0, v0, v0)
    return v0
}
function %main(i64, i64) -> i64 system_v {
    sig0 = (i64) -> i64 ${callConv}
    fn0 = %raise sig0
block0(v0: i64, v1: i64):
    v2 = iadd_imm v1, 1
    v3 = imul_imm v1, 3
    try_call fn0(v0), sig0, block1(ret0), [ context v1, tag9: block2, context v2, tag8: block1(exn0), tag9: block3, context v3, default: block4 ]
block1(v4: i64):
    return v4
block2:
    v5 = iadd v1, v2
    return v5
block3:
    v6 = iadd v2, v3
    return v6
block4:
    v7 = iadd v3, v3
    return v7
}
`;
  it.each(['tail', 'system_v'])('is the context of the handler that takes it, of a %s call', async (conv) => {
    await expectResults(text(conv), [5n, 5n], [11n]);
    await expectResults(text(conv), [6n, 5n], [21n]);
    await expectResults(text(conv), [7n, 5n], [30n]);
  });
});

/** %main holds values of every class across the try_call, more of each than registers survive, and folds all in the handler. */
function live(callConv: string): string {
  const count = 14;
  const values = Array.from({ length: count }, (_, i) => i);
  return `${raise(callConv)}
function %clobber(i32, i64, i64) -> i64 ${callConv} {
    fn0 = %raise(i32, i64, i64) -> i64 ${callConv}
block0(v0: i32, v1: i64, v2: i64):
${values.map((i) => `    v${10 + i} = imul_imm v1, ${i + 100}\n    v${40 + i} = fcvt_from_sint.f64 v${10 + i}`).join('\n')}
    v3 = call fn0(v0, v1, v2)
${values.map((i) => `    v${70 + i} = fcvt_to_sint_sat.i64 v${40 + i}\n    v${100 + i} = iadd v${10 + i}, v${70 + i}`).join('\n')}
    v130 = iadd v100, v3
${values
  .slice(1)
  .map((i) => `    v${130 + i} = iadd v${129 + i}, v${100 + i}`)
  .join('\n')}
    return v${129 + count}
}
function %main(i32, i64) -> i64, i64 system_v {
    sig0 = (i32, i64, i64) -> i64 ${callConv}
    fn0 = %clobber sig0
block0(v0: i32, v1: i64):
${values
  .map(
    (i) => `    v${10 + i} = imul_imm v1, ${2 * i + 1}
    v${40 + i} = bitcast.f64 v${10 + i}
    v${70 + i} = splat.i64x2 v${10 + i}`,
  )
  .join('\n')}
    try_call fn0(v0, v1, v1), sig0, block1(ret0, ret0), [ tag1: block2(exn0, exn1), default: block3(exn0) ]
block1(v2: i64, v3: i64):
    return v2, v3
block2(v4: i64, v5: i64):
${values
  .map(
    (i) => `    v${100 + i} = bitcast.i64 v${40 + i}
    v${130 + i} = extractlane v${70 + i}, 1
    v${160 + i} = iadd v${10 + i}, v${100 + i}
    v${190 + i} = iadd v${160 + i}, v${130 + i}`,
  )
  .join('\n')}
    v220 = iadd v4, v190
${values
  .slice(1)
  .map((i) => `    v${220 + i} = iadd v${219 + i}, v${190 + i}`)
  .join('\n')}
    return v${219 + count}, v5
block3(v6: i64):
    return v6, v1
}
`;
}

describe.each(['tail', 'system_v'])('a handler at a call of a %s function', (callConv) => {
  it('has the values that live across the call, in registers and spilled', async () => {
    const n = 12345n;
    // 1 + 3 + … + 27 = 196, three times; and the payload.
    await expectResults(live(callConv), [1n, n], [n * 196n * 3n + n, n]);
    await expectResults(live(callConv), [2n, ALL_ONES], [ALL_ONES, ALL_ONES]);
  });

  it('of a call that gives results in memory does not see them, and the normal way does', async () => {
    const results = Array.from({ length: 6 }, (_, i) => i);
    const types = results.map(() => 'i64').join(', ');
    const list = (from: number): string => results.map((i) => `v${from + i}`).join(', ');
    const text = `${raise('system_v')}
function %f(i32, i64) -> ${types} ${callConv} {
    fn0 = %raise(i32, i64, i64) -> i64 system_v
block0(v0: i32, v1: i64):
    v2 = call fn0(v0, v1, v1)
${results.map((i) => `    v${10 + i} = iadd_imm v2, ${i}`).join('\n')}
    return ${list(10)}
}
function %main(i32, i64) -> i64 system_v {
    sig0 = (i32, i64) -> ${types} ${callConv}
    fn0 = %f sig0
block0(v0: i32, v1: i64):
    v2 = imul_imm v1, 3
    try_call fn0(v0, v1), sig0, block1(ret0, ret1, ret5), [ default: block2(exn0, exn1, v1) ]
block1(v3: i64, v4: i64, v5: i64):
    v6 = iadd v3, v4
    v7 = iadd v6, v5
    return v7
block2(v8: i64, v9: i64, v10: i64):
    v11 = iadd v8, v9
    v12 = iadd v11, v10
    v13 = iadd v12, v2
    return v13
}
`;
    await expectResults(text, [0n, 10n], [36n]);
    await expectResults(text, [5n, 10n], [60n]);
  });
});

it('a preserve_all function can be thrown through, and keeps nothing then', async () => {
  const text = `${raise('system_v')}
function %f(i32, i64) preserve_all {
    fn0 = %raise(i32, i64, i64) -> i64 system_v
block0(v0: i32, v1: i64):
    v2 = call fn0(v0, v1, v1)
    return
}
function %main(i32, i64) -> i64 system_v {
    sig0 = (i32, i64) preserve_all
    fn0 = %f sig0
block0(v0: i32, v1: i64):
    v2 = imul_imm v1, 3
    v3 = bitcast.f64 v2
    try_call fn0(v0, v1), sig0, block1, [ tag1: block2(exn0) ]
block1:
    return v1
block2(v4: i64):
    v5 = bitcast.i64 v3
    v6 = iadd v4, v5
    v7 = iadd v6, v2
    return v7
}
`;
  await expectResults(text, [0n, 10n], [10n]);
  await expectResults(text, [1n, 10n], [70n]);
});

/** %f throws an instance, and says that it returns to where `place` names. */
function telling(place: string): string {
  return `function %f(i64) -> i64 system_v {
    fn0 = %callfuzz_throw_to(i64, i64, i64, i32, i64, i64, i64) system_v
block0(v0: i64):
    v1 = get_frame_pointer.i64
    v2 = iconst.i64 -16
    v3 = ${place}
    v4 = iconst.i32 1
    call fn0(v2, v1, v3, v4, v0, v0, v0)
    return v0
}
function %main(i64) -> i64 system_v {
    sig0 = (i64) -> i64 system_v
    fn0 = %f sig0
block0(v0: i64):
    try_call fn0(v0), sig0, block1(ret0), [ tag1: block1(exn0) ]
block1(v1: i64):
    return v1
}
`;
}

describe('a return address', () => {
  it('that the frame record holds, or none, is as good', async () => {
    for (const place of ['get_return_address.i64', 'iconst.i64 0', 'iconst.i64 1'])
      await expectResults(telling(place), [7n], [7n]);
  });

  it('that it does not hold is told of, and means nothing to the oracle', async () => {
    const text = telling('get_frame_pointer.i64');
    const told = expect.objectContaining({ kind: 'return-address', name: 'return address' });
    for (const { violations } of await observe(text, [7n])) expect(violations).toContainEqual(told);
    expect(interpret(prepare(moduleOf(text)), MAIN, [7n]).kind).toBe('exhausted');
  });
});

/** The same functions with every call site changed. */
function withSites(change: (site: CallSite) => CallSite): Change {
  return (functions) => functions.map((fn) => ({ ...fn, callSites: fn.callSites.map(change) }));
}

describe('call-site metadata', () => {
  it('whose frame offset is not how far sp lies below fp is told of', async () => {
    const change = withSites((site) => ({ ...site, frameOffset: (site.frameOffset ?? 0) + 16 }));
    for (const { violations } of await observe(catching(HANDLERS), [1n], change))
      expect(violations).toContainEqual(expect.objectContaining({ kind: 'sp', name: 'sp at a handler' }));
  });

  it('decides which handler runs', async () => {
    const change = withSites((site) => ({ ...site, handlers: site.handlers.toReversed() }));
    for (const { outcome } of await observe(catching(HANDLERS), [1n], change))
      expect(outcome).toEqual({ kind: 'returned', results: [30n] });
  });

  it('without a site leaves the exception to nobody', async () => {
    const change = withSites((site) => ({ ...site, offset: site.offset + 4 }));
    for (const { outcome } of await observe(catching(HANDLERS), [1n], change))
      expect(outcome).toEqual(UNCAUGHT);
  });
});
