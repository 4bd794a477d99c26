import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { F_NAMES, X_NAMES } from '../src/abi/registers.ts';
import type { Artifact } from '../src/backend/artifact.ts';
import { abiParam } from '../src/clif/signature.ts';
import type { AbiParam, CallConv, Signature } from '../src/clif/signature.ts';
import type { Type } from '../src/clif/type.ts';
import { executeCase } from '../src/emulator/execute.ts';
import type { ExecuteOptions } from '../src/emulator/execute.ts';
import { Guest } from '../src/emulator/guest.ts';
import { defaultCacheDir } from '../src/backend/driver-build.ts';
import { ensureGuest } from '../src/emulator/guest-build.ts';
import type { Violation } from '../src/abi/violation.ts';
import type { Observation } from '../src/emulator/observe.ts';
import { probeQemu } from '../src/emulator/probe.ts';
import type { ProbedCpu } from '../src/emulator/probe.ts';
import { CODE_BASE, STACK_BASE, STACK_BYTES } from '../src/emulator/protocol.ts';
import { findQemu } from '../src/emulator/qemu.ts';
import * as code from './guest-code.ts';
import { artifactOf, ENTRY, X } from './guest-code.ts';

const { addi, ebreak, jumpBack, ld, move, ret, sd, unimp } = code;
const program = ensureGuest({ cacheDir: defaultCacheDir(process.env) });
let probed: ProbedCpu;
let guest: Guest;

beforeAll(async () => {
  probed = await probeQemu(findQemu(), program);
  guest = new Guest({ emulated: probed.emulated, program });
  await guest.start();
});

afterAll(() => guest.close());

function signature(
  params: readonly Type[],
  returns: readonly Type[] = [],
  callConv: CallConv = 'system_v',
): Signature {
  return {
    params: params.map((type) => abiParam(type)),
    returns: returns.map((type) => abiParam(type)),
    callConv,
  };
}

const NOTHING = signature([]);
const SEEDS = [11n, 0xfedcba9876543210n];

function execute(
  artifact: Artifact,
  sig: Signature,
  input: readonly bigint[] = [],
  options: Partial<ExecuteOptions> = {},
): Promise<readonly Observation[]> {
  return executeCase(guest, artifact, ENTRY, sig, { implicitReturnArea: true, ...options }, [input], [SEEDS]);
}

async function results(
  words: readonly number[],
  sig: Signature,
  input: readonly bigint[] = [],
): Promise<readonly (readonly bigint[])[]> {
  const observations = await execute(artifactOf(words), sig, input);
  return observations.map(({ outcome, violations: broken }) => {
    expect(broken).toEqual([]);
    if (outcome.kind !== 'returned') throw new Error(`did not return: ${outcome.kind}`);
    return outcome.results;
  });
}

/** Violations of each run, each expected to have returned. */
async function violations(
  words: readonly number[],
  sig: Signature = NOTHING,
  input: readonly bigint[] = [],
): Promise<readonly (readonly Violation[])[]> {
  const observations = await execute(artifactOf(words), sig, input);
  return observations.map((observation) => {
    expect(observation.outcome.kind).toBe('returned');
    return observation.violations;
  });
}

/** The one name each run complains of. */
async function complaint(
  words: readonly number[],
  sig: Signature = NOTHING,
  input: readonly bigint[] = [],
): Promise<string> {
  const all = (await violations(words, sig, input)).map((list) =>
    list.map((v) => `${v.kind} ${v.name}`).join(', '),
  );
  expect(all[1]).toBe(all[0]);
  return all[0] ?? '';
}

describe('values', () => {
  it('passes and returns integers, floats, halves of i128 and vectors', async () => {
    const words = [
      code.add(X.t0, X.a1, X.a2), // i64 + low of i128; high is in a3
      move(X.a1, 13),
      ld(X.t1, X.sp, 0),
      sd(X.t1, X.a0, 0),
      ld(X.t1, X.sp, 8),
      sd(X.t1, X.a0, 8),
      move(X.a0, X.t0),
      // Swap fa0 and fa1.
      code.fsgnj(0, 10),
      code.fsgnj(10, 11),
      code.fsgnj(11, 0),
      ret,
    ];
    const sig = signature(['i64', 'i128', 'f64', 'f32', 'i8x16'], ['i64', 'i64', 'f32', 'f64', 'i32x4']);
    const vector = 0x100f0e0d0c0b0a090807060504030201n;
    const input = [5n, (0x1122334455667788n << 64n) | 7n, 0x7ff0000000000123n, 0x7fa00001n, vector];
    const expected = [12n, 0x1122334455667788n, 0x7fa00001n, 0x7ff0000000000123n, vector];
    expect(await results(words, sig, input)).toEqual([expected, expected]);
  });

  it('puts arguments on the stack in order, each at its own width', async () => {
    const params: Type[] = [...Array.from({ length: 8 }, () => 'i64' as const), 'i16', 'i64'];
    const input = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 0xabcdn, 9n];
    const [first, second] = await results(
      [ld(X.a0, X.sp, 0), ld(X.a1, X.sp, 8), ret],
      signature(params, ['i64', 'i64']),
      input,
    );
    expect((first?.[0] ?? 0n) & 0xffffn).toBe(0xabcdn);
    expect(first?.[0]).not.toBe(second?.[0]);
    expect([first?.[1], second?.[1]]).toEqual([9n, 9n]);
  });

  it('leaves poison above a narrow argument, and extends where the signature says so', async () => {
    const [first, second] = await results([ret], signature(['i8'], ['i64']), [0x80n]);
    expect((first?.[0] ?? 0n) & 0xffn).toBe(0x80n);
    expect(first?.[0]).not.toBe(second?.[0]);
    const extended = (extension: AbiParam['extension']): Signature => ({
      ...signature([], ['i64']),
      params: [abiParam('i8', extension)],
    });
    expect((await results([ret], extended('sext'), [0x80n]))[0]).toEqual([0xffffffffffffff80n]);
    expect((await results([ret], extended('uext'), [0x80n]))[1]).toEqual([0x80n]);
  });

  it('boxes narrow floats', async () => {
    expect((await results([code.fmvXD(X.a0, 10), ret], signature(['f16'], ['i64']), [0x1234n]))[0]).toEqual([
      0xffffffffffff1234n,
    ]);
  });

  it('passes each input to its own runs', async () => {
    const inputs = [[1n], [2n], [3n]];
    const seeds = [[1n, 2n], [3n, 4n], [5n]];
    const options = { implicitReturnArea: false };
    const seen = await executeCase(
      guest,
      artifactOf([addi(X.a0, X.a0, 1), ret]),
      ENTRY,
      signature(['i64'], ['i64']),
      options,
      inputs,
      seeds,
    );
    expect(seen.map(({ outcome }) => (outcome.kind === 'returned' ? outcome.results[0] : null))).toEqual([
      2n,
      2n,
      3n,
      3n,
      4n,
    ]);
  });

  it('answers many requests in order, each with fresh code at the same place', async () => {
    const sig = signature([], ['i64']);
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) => execute(artifactOf([addi(X.a0, X.zero, i), ret]), sig)),
    );
    expect(all.map(([o]) => (o?.outcome.kind === 'returned' ? o.outcome.results[0] : null))).toEqual(
      all.map((_, i) => BigInt(i)),
    );
  });
});

describe('poison', () => {
  const unspecified = [5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31];
  it.each(unspecified)('is in caller-saved x%i', async (register) => {
    const [first, second] = await results([move(X.a0, register), ret], signature([], ['i64']));
    expect(first?.[0]).not.toBe(second?.[0]);
    expect(await results([move(X.a0, register), ret], signature([], ['i64']))).toEqual([first, second]);
  });

  it('is in caller-saved f registers and below sp, as far down as asked', async () => {
    for (const words of [
      [code.fmvXD(X.a0, 0), ret],
      [code.fmvXD(X.a0, 31), ret],
      [ld(X.a0, X.sp, -8), ret],
      [ld(X.a0, X.sp, -2048), ret],
    ]) {
      const [first, second] = await results(words, signature([], ['i64']));
      expect(first?.[0]).not.toBe(second?.[0]);
      expect(first?.[0]).not.toBe(0n);
    }
    const deep = [code.lui(X.t0, 0xfffc0), code.add(X.t0, X.t0, X.sp), ld(X.a0, X.t0, 0), ret]; // sp - 256 KiB
    const options = { poisonBytes: 512 << 10 };
    const [deepFirst, deepSecond] = await execute(artifactOf(deep), signature([], ['i64']), [], options);
    expect(deepFirst?.outcome).not.toEqual(deepSecond?.outcome);
  });

  it('is in vector registers and in a legal vtype', async () => {
    if (!probed.isaFlags.has('has_v')) return;
    const [vtypes] = await results([code.csrr(X.a0, 0xc21), ret], signature([], ['i64']));
    expect((vtypes?.[0] ?? 0n) >> 63n).toBe(0n);
    const store = [code.vsetE8x16, code.vse8(17, X.a0), ret];
    const sig = signature([], ['i64', 'i64', 'i8x16']);
    const [first, second] = await results(store, sig);
    expect(first?.[2]).not.toBe(second?.[2]);
  });

  it('moves sp by 16 bytes, never by less', async () => {
    const sps = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const [seen] = await executeCase(
          guest,
          artifactOf([move(X.a0, X.sp), ret]),
          ENTRY,
          signature([], ['i64']),
          { implicitReturnArea: false },
          [[]],
          [[BigInt(i)]],
        );
        return seen?.outcome.kind === 'returned' ? (seen.outcome.results[0] ?? 0n) : 0n;
      }),
    );
    expect(sps.every((sp) => sp % 16n === 0n)).toBe(true);
    expect(sps.some((sp) => sp % 32n !== 0n)).toBe(true);
  });
});

describe('violations', () => {
  const saved = [3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];
  it.each(saved.map((r) => [X_NAMES[r] ?? '', r] as const))(
    'names %s when it is not restored',
    async (name, register) => {
      expect(await complaint([code.xori(register, register, 1), ret])).toBe(`register ${name}`);
      const [[violation] = []] = await violations([code.xori(register, register, 1), ret]);
      expect((violation?.expected ?? 0n) ^ (violation?.found ?? 0n)).toBe(1n);
    },
  );

  const savedFloats = [8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];
  it.each(savedFloats.map((r) => [F_NAMES[r] ?? '', r] as const))(
    'names %s when it is not restored',
    async (name, register) => {
      const flip = [code.fmvXD(X.t0, register), code.xori(X.t0, X.t0, 1), code.fmvDX(register, X.t0), ret];
      expect(await complaint(flip)).toBe(`register ${name}`);
      expect(await complaint(flip, signature([], [], 'preserve_all'))).toBe(
        `register t0, register ${name} of preserve_all`,
      );
    },
  );

  it('names ra and frm', async () => {
    expect(await complaint([move(X.t0, X.ra), addi(X.ra, X.ra, 4), code.jalr(X.zero, X.t0, 0)])).toBe(
      'register ra',
    );
    expect(await complaint([code.csrwi(2, 1), ret])).toBe('register frm');
  });

  it('names sp: moved, useless, and not popped by a tail callee', async () => {
    expect(await complaint([addi(X.sp, X.sp, 16), ret])).toBe('sp sp');
    expect(await complaint([move(X.sp, X.zero), ret])).toBe('sp sp');
    const stacked = signature(
      Array.from({ length: 10 }, () => 'i64' as const),
      [],
      'tail',
    );
    const input = stacked.params.map(() => 0n);
    expect(await complaint([ret], stacked, input)).toBe('sp sp');
    expect(await complaint([addi(X.sp, X.sp, 16), ret], stacked, input)).toBe('');
    const [[violation] = []] = await violations([ret], stacked, input);
    expect((violation?.expected ?? 0n) - (violation?.found ?? 0n)).toBe(16n);
  });

  it('names canaries above the arguments and around the return area', async () => {
    expect(await complaint([sd(X.zero, X.sp, 0), ret])).toBe('canary sp+0x0');
    const stacked = signature(Array.from({ length: 9 }, () => 'i64' as const));
    const input = stacked.params.map(() => 0n);
    expect(await complaint([sd(X.zero, X.sp, 0), sd(X.zero, X.sp, 8), ret], stacked, input)).toBe('');
    expect(await complaint([sd(X.zero, X.sp, 16), ret], stacked, input)).toBe('canary sp+0x10');
    const area = signature([], ['i64', 'i64', 'i64']);
    expect(await complaint([sd(X.zero, X.a0, 0), sd(X.zero, X.a0, 8), ret], area)).toBe('');
    expect(await complaint([sd(X.zero, X.a0, -8), ret], area)).toBe('canary return area-0x8');
    expect(await complaint([sd(X.zero, X.a0, 16), ret], area)).toBe('canary return area+0x10');
  });

  it('names results that are not extended, not boxed, and a declared sret that does not come back', async () => {
    const narrow: Signature = {
      params: [],
      returns: [abiParam('i8', 'sext'), abiParam('i8', 'uext')],
      callConv: 'system_v',
    };
    expect(await complaint([ret], narrow)).toBe(
      'register high bits of sext result in a0, register high bits of uext result in a1',
    );
    expect(await complaint([ret], signature([], ['f32']))).toBe(
      'register high bits of NaN-boxed result in fa0',
    );
    const sret: Signature = {
      params: [abiParam('i64'), abiParam('i64', 'none', { kind: 'sret' })],
      returns: [],
      callConv: 'fast',
    };
    expect(await complaint([ret], sret, [1n, 2n])).toBe('register a0');
    expect(await complaint([move(X.a0, X.a1), ret], sret, [1n, 2n])).toBe('');
  });
});

describe('signals', () => {
  async function outcome(
    words: readonly number[],
    traps: Readonly<Record<number, string>> = {},
  ): Promise<Observation['outcome']> {
    const [first, second] = await execute(artifactOf(words, traps), NOTHING);
    expect(second?.outcome.kind).toBe(first?.outcome.kind);
    if (first === undefined) throw new Error('no observation');
    return first.outcome;
  }

  it('are traps where Cranelift recorded one', async () => {
    expect(await outcome([move(0, 0), unimp], { 1: 'user3' })).toEqual({ kind: 'trapped', code: 'user3' });
    expect(await outcome([ld(X.a0, X.zero, 0), ret], { 0: 'heap_oob' })).toEqual({
      kind: 'trapped',
      code: 'heap_oob',
    });
  });

  it('are faults elsewhere, with place, pc and address', async () => {
    expect(await outcome([move(0, 0), unimp], { 0: 'user3' })).toMatchObject({
      kind: 'faulted',
      signal: 'SIGILL',
      place: 'u0:1+0x4',
    });
    expect(await outcome([ebreak])).toMatchObject({ kind: 'faulted', signal: 'SIGTRAP', pc: CODE_BASE });
    expect(await outcome([ld(X.a0, X.zero, 24)])).toMatchObject({
      kind: 'faulted',
      signal: 'SIGSEGV',
      address: 24n,
    });
    expect(await outcome([code.jalr(X.zero, X.zero, 64)])).toMatchObject({
      kind: 'faulted',
      signal: 'SIGSEGV',
      pc: 64n,
      place: '0x40',
    });
  });

  it('are caught although gp, tp and sp are damaged', async () => {
    const words = [move(X.gp, X.zero), move(X.tp, X.zero), move(X.sp, X.zero), unimp];
    expect(await outcome(words)).toMatchObject({ kind: 'faulted', place: 'u0:1+0xc' });
  });

  it('say which guard page was hit', async () => {
    const page = 1024;
    const down = [sd(X.zero, X.sp, 0), addi(X.sp, X.sp, -page), jumpBack(8)];
    const overflow = await outcome(down, { 0: 'heap_oob' });
    expect(overflow).toMatchObject({ kind: 'faulted', signal: 'SIGSEGV in the guard page below the stack' });
    expect(overflow.kind === 'faulted' && overflow.address < STACK_BASE).toBe(true);
    const up = [sd(X.zero, X.sp, 0), addi(X.sp, X.sp, page), jumpBack(8)];
    const overrun = await outcome(up);
    expect(overrun).toMatchObject({ kind: 'faulted', signal: 'SIGSEGV in the guard page above the stack' });
    expect(overrun.kind === 'faulted' && overrun.address >= STACK_BASE + STACK_BYTES).toBe(true);
  });

  it('end a hang, and the next request is answered', async () => {
    const [first] = await execute(artifactOf([move(0, 0), jumpBack(0)]), NOTHING, [], { limitMs: 100 });
    expect(first?.outcome).toEqual({ kind: 'hung', place: 'u0:1+0x4' });
    expect(await complaint([ret])).toBe('');
  });
});

describe('a guest that dies', () => {
  it('is started again, and only the request that kills it is blamed', async () => {
    const symbols = spawnSync('riscv64-linux-gnu-nm', [program], { encoding: 'utf8' }).stdout;
    const address = parseInt(/^([0-9a-f]+) \w harness_registers$/m.exec(symbols)?.[1] ?? '', 16);
    // Wipes the registers the guest itself returns with. Adding 2 KiB and taking it off again serves addresses whose bit 11 is set.
    const wild = [
      ...code.loadAddress(X.t0, address & ~0x800),
      addi(X.t0, X.t0, (address & 0x800) >> 1),
      addi(X.t0, X.t0, (address & 0x800) >> 1),
      sd(X.zero, X.t0, 8),
      ret,
    ];
    const good = artifactOf([addi(X.a0, X.zero, 7), ret]);
    const sig = signature([], ['i64']);
    const all = await Promise.all(
      [good, good, artifactOf(wild), good, good].map((artifact) => execute(artifact, sig)),
    );
    expect(all.map(([o]) => o?.outcome.kind)).toEqual([
      'returned',
      'returned',
      'died',
      'returned',
      'returned',
    ]);
  });

  it('by a signal from outside is started again and every request is answered', async () => {
    const before = guest.restarts;
    const sig = signature([], ['i64']);
    const asked = Array.from({ length: 50 }, (_, i) =>
      execute(artifactOf([addi(X.a0, X.zero, i), ret]), sig),
    );
    process.kill(guest.pid ?? 0, 'SIGKILL');
    const all = await Promise.all(asked);
    expect(all.map(([o]) => (o?.outcome.kind === 'returned' ? o.outcome.results[0] : null))).toEqual(
      all.map((_, i) => BigInt(i)),
    );
    expect(guest.restarts).toBeGreaterThan(before);
  });

  it('or does not answer is killed by the watchdog', async () => {
    const impatient = new Guest({ emulated: probed.emulated, program, watchdogMs: 300 });
    await impatient.start();
    process.kill(impatient.pid ?? 0, 'SIGSTOP');
    const options = { implicitReturnArea: false };
    const [seen] = await executeCase(impatient, artifactOf([ret]), ENTRY, NOTHING, options, [[]], [[1n]]);
    expect(seen?.outcome).toEqual({ kind: 'returned', results: [] });
    expect(impatient.restarts).toBe(1);
    await impatient.close();
  });
});

describe('probe', () => {
  it('finds the extensions every supported QEMU executes', () => {
    for (const flag of [
      'has_m',
      'has_a',
      'has_f',
      'has_d',
      'has_zba',
      'has_zbb',
      'has_zbs',
      'has_zca',
      'has_v',
      'has_zvl128b',
    ]) {
      expect(probed.isaFlags).toContain(flag);
    }
    expect(probed.isaFlags).not.toContain('has_zvl256b');
  });
});
