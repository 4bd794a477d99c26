import { readdirSync, readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DEFAULT_CRANELIFT, ensureDriver } from '../src/backend/driver-build.ts';
import type { CompileResult } from '../src/backend/compile-result.ts';
import { declinedReason } from '../src/backend/declined.ts';
import { Driver } from '../src/backend/driver.ts';
import { linkModule } from '../src/backend/link.ts';
import type { Configuration } from '../src/clif/case.ts';

const PLAIN: Configuration = { shared: {}, isa: [] };
const VECTOR: Configuration = { shared: { opt_level: 'speed' }, isa: ['has_v'] };

const MODULE = `function %main(i64) -> i64 system_v {
    fn0 = colocated %callee(i64) -> i64 tail
    fn1 = u0:1(i64) -> i64 system_v
block0(v0: i64):
    v1 = call fn0(v0)
    v2 = call fn1(v1)
    trapz v2, user3
    return v2
}
function %callee(i64) -> i64 tail {
block0(v0: i64):
    return v0
}
function u0:1(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}
`;

const TWO_VECTORS = `function %f(i8x16, i8x16) -> i8x16, i8x16 system_v {
block0(v0: i8x16, v1: i8x16):
    return v1, v0
}
`;

function codeOf(result: CompileResult): string {
  if (result.kind !== 'compiled') throw new Error(JSON.stringify(result));
  return result.functions.map(({ code }) => Buffer.from(code).toString('hex')).join();
}

const WINCH = 'function %f() winch {\nblock0:\n    return\n}\n';

/** The reader allocates up to the highest value number. */
const HUGE_VALUE_NUMBER = `function %f() -> i64 system_v {
block0:
    v400000000 = iconst.i64 1
    return v400000000
}
`;

let binary: string;
let driver: Driver;

beforeAll(async () => {
  binary = (await ensureDriver(DEFAULT_CRANELIFT)).path;
  driver = await Driver.start(binary);
}, 900_000);

afterAll(async () => {
  await driver.close();
});

/** Returns when every thread of the process has stopped, which is some time after the signal. */
async function stop(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const tasks = `/proc/${pid}/task`;
  const isStopped = (task: string): boolean => / T \d/.test(readFileSync(`${tasks}/${task}/stat`, 'utf8'));
  await expect.poll(() => readdirSync(tasks).every(isStopped)).toBe(true);
}

async function withDriver(
  timeoutMs: number,
  work: (driver: Driver, pid: number) => Promise<void>,
): Promise<void> {
  const own = await Driver.start(binary, { timeoutMs });
  try {
    const { pid } = own;
    if (pid === undefined) throw new Error('no child');
    await work(own, pid);
  } finally {
    await own.close();
  }
}

describe('the default driver', () => {
  it('says what it is and what it knows', () => {
    const hello = driver.hello();
    expect(hello.version).toBe(DEFAULT_CRANELIFT);
    expect(hello.shared.find(({ name }) => name === 'opt_level')).toMatchObject({
      kind: 'enum',
      values: ['none', 'speed', 'speed_and_size'],
      default: 'none',
    });
    expect(hello.isa.find(({ name }) => name === 'has_v')).toMatchObject({ kind: 'bool', default: 'false' });
    expect(hello.isa.find(({ name }) => name === 'has_c')?.kind).toBe('preset');
  });

  it('is found in the cache at once', async () => {
    const start = performance.now();
    const { path, isNew } = await ensureDriver(DEFAULT_CRANELIFT);
    expect({ path, isNew }).toEqual({ path: binary, isNew: false });
    expect(performance.now() - start).toBeLessThan(200);
  });

  it('compiles a module that links, under each configuration', async () => {
    const results = await driver.compile(MODULE, [PLAIN, { shared: { is_pic: 'true' }, isa: ['has_c'] }]);
    expect(results).toHaveLength(2);
    const kinds: string[] = [];
    for (const result of results) {
      if (result.kind !== 'compiled') throw new Error(JSON.stringify(result));
      expect(result.functions.map(({ name }) => name)).toEqual([
        { kind: 'test', name: 'main' },
        { kind: 'test', name: 'callee' },
        { kind: 'user', namespace: 0, index: 1 },
      ]);
      const [main] = result.functions;
      kinds.push(...(main?.relocations ?? []).map(({ kind }) => kind));
      expect(main?.traps.map(({ code }) => code)).toEqual(['user3']);
      const artifact = linkModule(result.functions, 0x10000n);
      expect(artifact.functions).toHaveLength(3);
      expect(artifact.traps).toHaveLength(1);
    }
    expect(kinds).toEqual(['RiscvCallPlt', 'Abs8', 'RiscvCallPlt', 'RiscvGotHi20', 'RiscvPCRelLo12I']);
  });

  it('gives the same code again, and VCode where it is asked for', async () => {
    const [first] = await driver.compile(MODULE, [VECTOR]);
    const [again] = await driver.compile(MODULE, [VECTOR]);
    const [withVcode] = await driver.compile(MODULE, [VECTOR], { wantVcode: true });
    expect(again).toEqual(first);
    if (withVcode?.kind !== 'compiled') throw new Error(JSON.stringify(withVcode));
    expect(withVcode.functions[0]?.vcode).toContain('call %callee');
    expect(withVcode.functions.map(({ code }) => Buffer.from(code))).toEqual(
      first?.kind === 'compiled' ? first.functions.map(({ code }) => Buffer.from(code)) : [],
    );
  });

  it('repeats a control-plane seed', async () => {
    const bigger = MODULE.replace(
      'trapz v2, user3',
      'brif v2, block1, block2\nblock1:\n return v1\nblock2:\n trap user3\nblock3:',
    );
    const codes = await Promise.all(
      [1, 1, 2, 3, 4].map(async (chaos) => {
        const [result] = await driver.compile(bigger, [{ ...PLAIN, chaos }]);
        return result === undefined ? '' : codeOf(result);
      }),
    );
    expect(codes[1]).toBe(codes[0]);
    expect(new Set(codes).size).toBeGreaterThan(1);
    const seeds = [1, undefined, 2, 1];
    const mixed = await driver.compile(
      bigger,
      seeds.map((chaos) => ({ ...PLAIN, chaos })),
    );
    const [plain] = await driver.compile(bigger, [PLAIN]);
    expect(mixed.map(codeOf)).toEqual([
      codes[0],
      plain === undefined ? '' : codeOf(plain),
      codes[2],
      codes[0],
    ]);
  });

  it('lists handlers of a try_call', async () => {
    const text = `function %f(i64) -> i64 system_v {
    sig0 = (i64) -> i64 system_v
    fn0 = colocated %f sig0
block0(v0: i64):
    try_call fn0(v0), sig0, block1(ret0), [ tag5: block2(exn0), default: block2(exn1) ]
block1(v1: i64):
    return v1
block2(v2: i64):
    return v2
}
`;
    const [result] = await driver.compile(text, [PLAIN]);
    if (result?.kind !== 'compiled') throw new Error(JSON.stringify(result));
    const [site] = result.functions[0]?.callSites ?? [];
    expect(site?.handlers.map(({ tag }) => tag)).toEqual([5, null]);
    // What a walk of the stack needs: the frame's extent at the call.
    expect(site?.frameOffset).toBe(result.functions[0]?.frameSizeBytes);
  });

  it('says where the context of a handler lies', async () => {
    const text = `function %f(i64) -> i64 system_v {
    sig0 = (i64) -> i64 tail
    fn0 = colocated %f sig0
block0(v0: i64):
    v5 = iadd v0, v0
    try_call fn0(v0), sig0, block1(ret0), [ tag5: block2(exn0), context v5, tag5: block2(exn1) ]
block1(v1: i64):
    return v1
block2(v2: i64):
    return v2
}
`;
    const [result] = await driver.compile(text, [PLAIN]);
    if (result?.kind !== 'compiled') throw new Error(JSON.stringify(result));
    const [site] = result.functions[0]?.callSites ?? [];
    // A tail callee that throws keeps no register: the context is on the stack.
    expect(site?.handlers.map(({ context }) => context?.kind)).toEqual([undefined, 'sp']);
  });

  it('says where values lie, and labels change no code', async () => {
    const text = `function %f(i64, f64) -> i64, f64 system_v {
    ss0 = explicit_slot 8
    sig0 = (i64) -> i64 system_v
    fn0 = colocated %f sig0
block0(v0: i64, v1: f64):
    v2 = call fn0(v0)
    v3 = stack_addr.i64 ss0
    store v2, v3
    v4 = iadd v0, v2
    return v4, v1
}
`;
    const options = { wantValues: true, wantAllCallSites: true, wantUnwind: true };
    const [result] = await driver.compile(text, [PLAIN], options);
    const [plain] = await driver.compile(text, [PLAIN]);
    if (result?.kind !== 'compiled' || plain?.kind !== 'compiled') throw new Error(JSON.stringify(result));
    const [fn] = result.functions;
    const site = fn?.callSites[0]?.offset ?? 0;
    const across = fn?.values?.ranges.filter(({ start, end }) => start < site && end > site + 1);
    expect(across?.map(({ value, place }) => [value, place.kind])).toEqual([
      [0, 'x'],
      [1, 'f'],
    ]);
    expect(fn?.values?.isSameCode).toBe(true);
    expect(fn?.code).toEqual(plain.functions[0]?.code);
    expect(fn?.values?.stackSlots.size).toBe(1);
    expect(
      fn?.values?.instructions.some(({ index, start, end }) => index === 0 && start < site && site <= end),
    ).toBe(true);
    expect(fn?.unwind).toContain('CfaOffset(16)');
    expect(plain.functions[0]?.callSites).toEqual([]);
  });
});

describe('what cannot be compiled comes back as data', () => {
  it('a parse error, with its line', async () => {
    const [result] = await driver.compile('function %f() system_v {\nblock0:\n    nonsense v1\n}\n', [PLAIN]);
    expect(result).toEqual({ kind: 'parse-error', line: 3, message: "Unknown opcode: 'nonsense'" });
  });

  it('a verifier error, also one that hangs on a setting', async () => {
    const text =
      'function %f() -> i64 system_v {\nblock0:\n    v0 = get_frame_pointer.i64\n    return v0\n}\n';
    const results = await driver.compile(text, [
      PLAIN,
      { shared: { preserve_frame_pointers: 'true' }, isa: [] },
    ]);
    expect(results.map(({ kind }) => kind)).toEqual(['verifier-error', 'compiled']);
    expect(results[0]).toMatchObject({
      function: '%f',
      message: expect.stringContaining('preserve_frame_pointers'),
    });
  });

  it('a refusal, which is on the list of those by design', async () => {
    const results = await driver.compile(TWO_VECTORS, [
      VECTOR,
      { shared: { enable_multi_ret_implicit_sret: 'true' }, isa: ['has_v'] },
    ]);
    expect(results[0]).toMatchObject({ kind: 'codegen-error', function: '%f', error: 'Unsupported' });
    expect(results[1]?.kind).toBe('compiled');
    expect(results.map((result) => declinedReason(result, null)?.id)).toEqual([
      'too-many-results',
      undefined,
    ]);
  });

  it('a panic, with its place, after which the same child goes on', async () => {
    const pid = driver.pid;
    const [result] = await driver.compile(WINCH, [PLAIN]);
    expect(result).toMatchObject({
      kind: 'panic',
      function: '%f',
      file: `cranelift-codegen-${DEFAULT_CRANELIFT}/src/isa/riscv64/abi.rs`,
    });
    expect((await driver.compile(MODULE, [PLAIN]))[0]?.kind).toBe('compiled');
    expect(driver.pid).toBe(pid);
  });

  it('a flag or value it does not know', async () => {
    const results = await driver.compile(MODULE, [
      { shared: {}, isa: ['has_nothing'] },
      PLAIN,
      { shared: { opt_level: 'best' }, isa: [] },
    ]);
    expect(results.map(({ kind }) => kind)).toEqual(['bad-flag', 'compiled', 'bad-flag']);
    expect(results[0]).toMatchObject({ message: expect.stringContaining('has_nothing') });
    expect(results[2]).toMatchObject({ message: expect.stringContaining('none, speed, speed_and_size') });
  });
});

describe('a child that ends', () => {
  it('of too much memory takes no other request with it', async () => {
    const answers = [MODULE, HUGE_VALUE_NUMBER, MODULE].map((text) => driver.compile(text, [PLAIN]));
    const results = (await Promise.all(answers)).flat();
    expect(results.map(({ kind }) => kind)).toEqual(['compiled', 'crashed', 'compiled']);
    expect(results[1]).toMatchObject({
      how: 'memory',
      detail: expect.stringContaining('memory allocation of'),
    });
  }, 30_000);

  it('of an abort: its request is crashed, the others are sent again', async () => {
    await withDriver(10_000, async (own, pid) => {
      await stop(pid);
      const answers = [
        own.compile(MODULE, [PLAIN]),
        own.compile(MODULE, [PLAIN]),
        own.compile(WINCH, [PLAIN]),
      ];
      process.kill(pid, 'SIGKILL');
      const results = (await Promise.all(answers)).flat();
      expect(results.map(({ kind }) => kind)).toEqual(['crashed', 'compiled', 'panic']);
      expect(results[0]).toEqual({ kind: 'crashed', how: 'abort', detail: 'killed by SIGKILL' });
      expect(own.pid).not.toBe(pid);
    });
  });

  it('under one of several configurations: each is tried alone', async () => {
    await withDriver(10_000, async (own, pid) => {
      await stop(pid);
      const answer = own.compile(MODULE, [PLAIN, VECTOR]);
      process.kill(pid, 'SIGKILL');
      expect((await answer).map(({ kind }) => kind)).toEqual(['compiled', 'compiled']);
    });
  });

  it('of its time running out', async () => {
    await withDriver(300, async (own, pid) => {
      await stop(pid);
      const results = (
        await Promise.all([own.compile(MODULE, [PLAIN]), own.compile(MODULE, [PLAIN])])
      ).flat();
      expect(results[0]).toEqual({ kind: 'crashed', how: 'timeout', detail: 'no answer within 300 ms' });
      expect(results[1]?.kind).toBe('compiled');
    });
  });

  it('while nothing was asked is replaced at the next request', async () => {
    await withDriver(10_000, async (own, pid) => {
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => own.pid).toBeUndefined();
      expect((await own.compile(MODULE, [PLAIN]))[0]?.kind).toBe('compiled');
    });
  });

  it('before it said anything is a harness fault', async () => {
    await expect(Driver.start('/bin/false')).rejects.toThrow('ended at its start: exit code 1');
    await expect(Driver.start('/nowhere/driver')).rejects.toThrow('cannot run the driver /nowhere/driver');
  });
});
