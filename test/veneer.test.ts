import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { F_NAMES, X_NAMES } from '../src/abi/registers.ts';
import type { Artifact } from '../src/backend/artifact.ts';
import { defaultCacheDir } from '../src/backend/driver-build.ts';
import { abiParam } from '../src/clif/signature.ts';
import type { AbiParam, CallConv, Signature } from '../src/clif/signature.ts';
import type { Type } from '../src/clif/type.ts';
import { executeCase } from '../src/emulator/execute.ts';
import type { ExecuteOptions } from '../src/emulator/execute.ts';
import { ensureGuest } from '../src/emulator/guest-build.ts';
import { Guest } from '../src/emulator/guest.ts';
import type { Observation } from '../src/emulator/observe.ts';
import { probeQemu } from '../src/emulator/probe.ts';
import { findQemu } from '../src/emulator/qemu.ts';
import * as code from './guest-code.ts';
import { ENTRY, X } from './guest-code.ts';
import { calleeOf, framed, moduleOf } from './veneer-code.ts';
import type { Item } from './veneer-code.ts';

const { addi, jalr, ld, move, ret, sd, xori } = code;
const FP = 8;
const program = ensureGuest({ cacheDir: defaultCacheDir(process.env) });
let guest: Guest;
let hasVectors = false;

beforeAll(async () => {
  const probed = await probeQemu(findQemu(), program);
  hasVectors = probed.isaFlags.has('has_v');
  guest = new Guest({ emulated: probed.emulated, program });
  await guest.start();
});

afterAll(() => guest.close());

type Value = Type | AbiParam;

function signature(
  params: readonly Value[],
  returns: readonly Value[] = [],
  callConv: CallConv = 'system_v',
): Signature {
  const param = (value: Value): AbiParam => (typeof value === 'string' ? abiParam(value) : value);
  return { params: params.map(param), returns: returns.map(param), callConv };
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

function complaints({ outcome, violations }: Observation): string {
  expect(outcome.kind).toBe('returned');
  return violations.map((v) => `${v.kind} ${v.name} (${v.call ?? 'outermost'})`).join('; ');
}

/** What both runs complain of when `main` calls `f`. */
async function complaint(
  f: readonly Item[],
  fSignature: Signature = NOTHING,
  main: readonly Item[] = framed([{ call: 'f' }]),
  others: Readonly<Record<string, readonly Item[]>> = {},
  otherSignature: Signature = NOTHING,
): Promise<string> {
  const names = Object.keys(others);
  const callees = [calleeOf('f', fSignature), ...names.map((name) => calleeOf(name, otherSignature))];
  const [first, second] = await execute(moduleOf({ main, f, ...others }, callees), NOTHING);
  if (first === undefined || second === undefined) throw new Error('no observation');
  expect(complaints(second)).toBe(complaints(first));
  return complaints(first);
}

/** a0 of both runs after `main` called `f`; nothing may be complained of. */
async function results(
  f: readonly Item[],
  fSignature: Signature,
  main: readonly Item[],
): Promise<readonly bigint[]> {
  const module = moduleOf({ main, f }, [calleeOf('f', fSignature)]);
  const seen = await execute(module, signature([], ['i64']));
  return seen.map((observation) => {
    expect(complaints(observation)).toBe('');
    return observation.outcome.kind === 'returned' ? (observation.outcome.results[0] ?? 0n) : 0n;
  });
}

const flipF = (register: number): readonly Item[] => [
  code.fmvXD(X.t0, register),
  xori(X.t0, X.t0, 1),
  code.fmvDX(register, X.t0),
  ret,
];

describe('a call through a stub', () => {
  it('passes arguments and results as if there were none, whatever way it is made', async () => {
    const sig = signature(['i64', 'i64'], ['i64']);
    const f = [code.add(X.a0, X.a0, X.a1), ret];
    const prepare = [addi(X.a0, X.zero, 30), addi(X.a1, X.zero, 12)];
    expect(await results(f, sig, framed([...prepare, { call: 'f' }]))).toEqual([42n, 42n]);
    const indirect = framed([...prepare, { address: 'f', to: X.t1 }, jalr(X.ra, X.t1, 0)]);
    expect(await results(f, sig, indirect)).toEqual([42n, 42n]);
    // What t0 holds after a call through a pointer is spoilt, so the call was seen.
    expect(
      new Set(
        await results(f, sig, framed([{ address: 'f', to: X.t1 }, jalr(X.ra, X.t1, 0), move(X.a0, X.t1)])),
      ).size,
    ).toBe(2);
  });

  it('is also what the entry calls itself by', async () => {
    const main = framed([code.beqz(X.a0, 16), addi(X.a0, X.zero, 0), { call: 'main' }]);
    const artifact = moduleOf({ main }, [calleeOf('main', signature(['i64']))]);
    const seen = await execute(artifact, signature(['i64']), [1n], { logBytes: 4096 });
    expect(seen.map(complaints)).toEqual(['', '']);
    expect(seen[0]?.calls?.entries.map((entry) => entry.kind)).toEqual(['call', 'return']);
  });
});

describe('after a call', () => {
  const unpromised = X_NAMES.map((name, register) => [name, register] as const).filter(([name]) =>
    /^(ra|t[0-5]|a[1-7])$/.test(name),
  );
  it.each(unpromised)('%s is poison', async (_, register) => {
    const [first, second] = await results(
      [ret],
      NOTHING,
      framed([addi(register, X.zero, 7), { call: 'f' }, move(X.a0, register)]),
    );
    expect(first).not.toBe(second);
  });

  const floats = F_NAMES.map((name, register) => [name, register] as const).filter(([name]) =>
    /^f[ta]/.test(name),
  );
  it.each(floats)('%s is poison', async (_, register) => {
    const main = framed([code.fmvDX(register, X.zero), { call: 'f' }, code.fmvXD(X.a0, register)]);
    const [first, second] = await results([ret], NOTHING, main);
    expect(first).not.toBe(second);
  });

  it('the stack below sp and the outgoing arguments are poison', async () => {
    for (const offset of [-8, -16, -256, -512]) {
      const main = framed([sd(X.zero, X.sp, offset), { call: 'f' }, ld(X.a0, X.sp, offset)], 1024);
      const [first, second] = await results([ret], NOTHING, main);
      expect(first).not.toBe(second);
    }
    const stacked = signature(Array.from({ length: 9 }, () => 'i64' as const));
    const [first, second] = await results(
      [ret],
      stacked,
      framed([sd(X.zero, X.sp, 0), { call: 'f' }, ld(X.a0, X.sp, 0)], 32),
    );
    expect(first).not.toBe(second);
    const above = framed([sd(X.zero, X.sp, 16), { call: 'f' }, ld(X.a0, X.sp, 16)], 32);
    expect(await results([ret], stacked, above)).toEqual([0n, 0n]);
  });

  it('vector registers, vl and vtype are poison', async () => {
    if (!hasVectors) return;
    for (const register of [0, 8, 17, 31]) {
      const main = framed(
        [
          code.vsetE8x16,
          code.vmvVI(register, 3),
          { call: 'f' },
          code.vsetE8x16,
          code.vse8(register, X.sp),
          ld(X.a0, X.sp, 0),
        ],
        32,
      );
      const [first, second] = await results([ret], NOTHING, main);
      expect(first).not.toBe(second);
      expect(first).not.toBe(0x0303030303030303n);
    }
    const [vtype] = await results(
      [ret],
      NOTHING,
      framed([code.vsetE8x16, { call: 'f' }, code.csrr(X.a0, 0xc21)]),
    );
    expect(vtype).not.toBe(0xc0n);
  });

  it('bits above a narrow result are garbage, and stay where they are defined', async () => {
    const f = [addi(X.a0, X.zero, 5), ret];
    const [first, second] = await results(f, signature([], ['i8']), framed([{ call: 'f' }]));
    expect([(first ?? 0n) & 0xffn, (second ?? 0n) & 0xffn]).toEqual([5n, 5n]);
    expect(first).not.toBe(second);
    expect(await results(f, signature([], [abiParam('i8', 'uext')]), framed([{ call: 'f' }]))).toEqual([
      5n,
      5n,
    ]);
    const many = (extension: AbiParam['extension']): Signature =>
      signature([], ['i64', 'i64', abiParam('i16', extension)]);
    const store = [addi(X.t0, X.zero, 9), sd(X.t0, X.a0, 0), ret];
    const fetch = framed([move(X.a0, X.sp), { call: 'f' }, ld(X.a0, X.sp, 0)], 16);
    const [third, fourth] = await results(store, many('none'), fetch);
    expect([(third ?? 0n) & 0xffffn, (fourth ?? 0n) & 0xffffn]).toEqual([9n, 9n]);
    expect(third).not.toBe(fourth);
    expect(await results(store, many('sext'), fetch)).toEqual([9n, 9n]);
  });

  it('a declared sret is in a0', async () => {
    const sig = signature([abiParam('i64', 'none', { kind: 'sret' })]);
    const main = framed([move(X.a0, X.sp), { call: 'f' }, code.sub(X.a0, X.a0, X.sp)]);
    expect(await results([ret], sig, main)).toEqual([0n, 0n]);
    expect(await complaint([addi(X.a0, X.a0, 8), ret], sig, framed([{ call: 'f' }]))).toBe(
      'register a0 (%f, returns to u0:1+0x1c)',
    );
  });
});

describe('before a callee runs', () => {
  it('registers that carry no argument and the return area are poison', async () => {
    const unused = signature(['i64'], ['i64']);
    for (const register of [5, 11, 17, 28]) {
      const main = framed([addi(register, X.zero, 7), { call: 'f' }]);
      const [first, second] = await results([move(X.a0, register), ret], unused, main);
      expect(first).not.toBe(second);
    }
    const area = signature([], ['i64', 'i64', 'i64']);
    const main = framed([sd(X.zero, X.sp, 0), move(X.a0, X.sp), { call: 'f' }], 16);
    const [first, second] = await results([ld(X.a0, X.a0, 0), ret], area, main);
    expect(first).not.toBe(second);
  });
});

describe('a callee that does not restore', () => {
  const saved = [3, 4, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];
  it.each(saved.map((r) => [X_NAMES[r] ?? '', r] as const))('%s is named', async (name, register) => {
    const main = framed([move(X.t0, register), sd(X.t0, X.sp, 0), { call: 'f' }, ld(register, X.sp, 0)], 16);
    expect(await complaint([xori(register, register, 1), ret], NOTHING, main)).toBe(
      `register ${name} (%f, returns to u0:1+0x24)`,
    );
  });

  const savedFloats = [8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];
  it.each(savedFloats.map((r) => [F_NAMES[r] ?? '', r] as const))('%s is named', async (name, register) => {
    const main = framed(
      [
        code.fmvXD(X.t0, register),
        sd(X.t0, X.sp, 0),
        { call: 'f' },
        ld(X.t0, X.sp, 0),
        code.fmvDX(register, X.t0),
      ],
      16,
    );
    expect(await complaint(flipF(register), NOTHING, main)).toBe(
      `register ${name} (%f, returns to u0:1+0x24)`,
    );
  });

  it('fp, ra, frm and sp is named', async () => {
    expect(await complaint([xori(FP, FP, 16), ret])).toBe('register s0 (%f, returns to u0:1+0x1c)');
    const throughT0 = [move(X.t0, X.ra), addi(X.ra, X.ra, 4), jalr(X.zero, X.t0, 0)];
    expect(await complaint(throughT0)).toBe('register ra (%f, returns to u0:1+0x1c)');
    const main = framed([{ call: 'f' }, code.csrwi(2, 0)]);
    expect(await complaint([code.csrwi(2, 1), ret], NOTHING, main)).toBe(
      'register frm (%f, returns to u0:1+0x1c)',
    );
    const mended = [...framed([{ call: 'f' }, addi(X.sp, X.sp, -16)])];
    expect(await complaint([addi(X.sp, X.sp, 16), ret], NOTHING, mended)).toBe(
      'sp sp (%f, returns to u0:1+0x1c)',
    );
  });

  it('sp because it does not pop is named, and one that pops is not', async () => {
    const stacked = signature(
      Array.from({ length: 9 }, () => 'i64' as const),
      [],
      'tail',
    );
    const call: readonly Item[] = [{ call: 'f' }, addi(X.sp, FP, -32)];
    expect(await complaint([ret], stacked, framed(call, 32))).toBe('sp sp (%f, returns to u0:1+0x1c)');
    expect(await complaint([addi(X.sp, X.sp, 16), ret], stacked, framed(call, 32))).toBe('');
  });

  it('the frame record of its caller is named', async () => {
    const spoil = (offset: number): readonly Item[] => [
      ld(X.t0, FP, offset),
      xori(X.t0, X.t0, 1),
      sd(X.t0, FP, offset),
      ret,
    ];
    const main = framed(
      [
        ld(X.t0, FP, 0),
        sd(X.t0, X.sp, 0),
        ld(X.t0, FP, 8),
        sd(X.t0, X.sp, 8),
        { call: 'f' },
        ld(X.t0, X.sp, 0),
        sd(X.t0, FP, 0),
        ld(X.t0, X.sp, 8),
        sd(X.t0, FP, 8),
      ],
      16,
    );
    expect(await complaint(spoil(0), NOTHING, main)).toBe('frame saved fp (%f, returns to u0:1+0x2c)');
    expect(await complaint(spoil(8), NOTHING, main)).toBe('frame saved ra (%f, returns to u0:1+0x2c)');
  });

  it('what preserve_all promises is named, and what it keeps is not spoilt', async () => {
    const sig = signature([], [], 'preserve_all');
    const at = '(%f, returns to u0:1+0x1c)';
    expect(await complaint([xori(X.t0, X.t0, 1), ret], sig)).toBe(`register t0 ${at}`);
    expect(await complaint([xori(X.a7, X.a7, 1), ret], sig)).toBe(`register a7 ${at}`);
    expect(await complaint([code.fmvDX(0, X.sp), ret], sig)).toBe(`register ft0 of preserve_all ${at}`);
    // Of others it is known that they lose it (docs/findings.md, F1).
    expect(await complaint([code.fmvDX(9, X.sp), ret], sig)).toMatch(/^register fs1 of preserve_all /);
    expect(await complaint([ret], sig)).toBe('');
    const main = framed([addi(X.a1, X.zero, 7), { call: 'f' }, move(X.a0, X.a1)]);
    expect(await results([ret], sig, main)).toEqual([7n, 7n]);
    if (!hasVectors) return;
    expect(await complaint([code.vsetE8x16, code.vmvVI(5, 3), ret], sig)).toBe(`register v5 ${at}`);
    const vector = framed(
      [
        code.vsetE8x16,
        code.vmvVI(5, 3),
        { call: 'f' },
        code.vsetE8x16,
        code.vse8(5, X.sp),
        ld(X.a0, X.sp, 0),
      ],
      16,
    );
    expect(await results([ret], sig, vector)).toEqual([0x0303030303030303n, 0x0303030303030303n]);
  });

  it('one register again and again does not hide another', async () => {
    const loop = framed([
      addi(18, X.zero, 200),
      { call: 'f' },
      addi(18, 18, -1),
      code.bnez(18, -12),
      { call: 'g' },
    ]);
    const main = framed(
      [sd(18, X.sp, 0), sd(9, X.sp, 8), ...loop.slice(5, -5), ld(18, X.sp, 0), ld(9, X.sp, 8)],
      16,
    );
    const seen = await complaint(
      [code.fmvXD(X.t0, 9), xori(X.t0, X.t0, 1), code.fmvDX(9, X.t0), ret],
      NOTHING,
      main,
      {
        g: [xori(9, 9, 1), ret],
      },
    );
    expect(seen).toContain('register fs1 (%f');
    expect(seen).toContain('register s1 (%g');
  });
});

describe('values across a call', () => {
  const at = '(%f, returns to u0:1+0x1c)';

  it('are held against the extension that the callee declares', async () => {
    const sext = signature([abiParam('i8', 'sext')]);
    const uext = signature(['i64', abiParam('i32', 'uext')]);
    expect(await complaint([ret], sext, framed([code.lui(X.a0, 1), { call: 'f' }]))).toBe(
      'register high bits of sext argument in a0 (%f, returns to u0:1+0x20)',
    );
    expect(await complaint([ret], sext, framed([addi(X.a0, X.zero, -3), { call: 'f' }]))).toBe('');
    expect(await complaint([ret], uext, framed([addi(X.a1, X.zero, -3), { call: 'f' }]))).toBe(
      'register high bits of uext argument in a1 (%f, returns to u0:1+0x20)',
    );
    const stacked = signature([...Array.from({ length: 8 }, () => 'i64' as const), abiParam('i16', 'uext')]);
    expect(
      await complaint([ret], stacked, framed([addi(X.t0, X.zero, -1), sd(X.t0, X.sp, 0), { call: 'f' }], 16)),
    ).toBe('register high bits of uext argument on the stack (%f, returns to u0:1+0x24)');
    expect(await complaint([ret], stacked, framed([sd(X.zero, X.sp, 0), { call: 'f' }], 16))).toBe('');
  });

  it('are not held against an extension that a call site does not owe', async () => {
    const f = calleeOf('f', signature([abiParam('i8', 'sext')]), { isExtensionChecked: () => false });
    const main = framed([code.lui(X.a0, 1), { call: 'f' }]);
    const [seen] = await execute(moduleOf({ main, f: [ret] }, [f]), NOTHING);
    expect(seen === undefined ? '' : complaints(seen)).toBe('');
  });

  it('are NaN-boxed', async () => {
    expect(
      await complaint([ret], signature(['f64', 'f32']), framed([code.fmvDX(11, X.zero), { call: 'f' }])),
    ).toBe('register high bits of NaN-boxed argument in fa1 (%f, returns to u0:1+0x20)');
    expect(await complaint([code.fmvDX(10, X.zero), ret], signature([], ['f16']))).toBe(
      `register high bits of NaN-boxed result in fa0 ${at}`,
    );
  });

  it('come back extended, in registers and in the return area', async () => {
    expect(await complaint([code.lui(X.a0, 1), ret], signature([], [abiParam('i8', 'sext')]))).toBe(
      `register high bits of sext result in a0 ${at}`,
    );
    const area = signature([], ['i64', 'i64', abiParam('i16', 'uext')]);
    const main = framed([move(X.a0, X.sp), { call: 'f' }], 16);
    expect(await complaint([addi(X.t0, X.zero, -1), sd(X.t0, X.a0, 0), ret], area, main)).toBe(
      'register high bits of uext result in the return area (%f, returns to u0:1+0x20)',
    );
    expect(await complaint([sd(X.zero, X.a0, 0), ret], area, main)).toBe('');
  });

  it('are passed with sp aligned', async () => {
    expect(await complaint([ret], NOTHING, framed([{ call: 'f' }], 8))).toBe(
      'alignment sp (%f, returns to u0:1+0x1c)',
    );
  });
});

describe('a tail call', () => {
  const TAIL = signature([], [], 'tail');
  const main = framed([sd(18, X.sp, 0), { call: 'f' }, ld(18, X.sp, 0)], 16);

  it('is no call: what was promised is promised by the last', async () => {
    const g = [ret];
    expect(await complaint([{ tailCall: 'g' }], TAIL, main, { g }, TAIL)).toBe('');
    expect(await complaint([xori(18, 18, 1), { tailCall: 'g' }], TAIL, main, { g }, TAIL)).toBe(
      'register s2 (%f, tail-calling %g, returns to u0:1+0x20); register s2 (%g, returns to u0:1+0x20)'.split(
        '; ',
      )[0],
    );
    expect(await complaint([{ tailCall: 'g' }], TAIL, main, { g: [xori(18, 18, 1), ret] }, TAIL)).toBe(
      'register s2 (%g, returns to u0:1+0x20)',
    );
  });

  it('leaves as much for its callee as that pops', async () => {
    const stacked = signature(
      Array.from({ length: 9 }, () => 'i64' as const),
      [],
      'tail',
    );
    const mended = framed([{ call: 'f' }, addi(X.sp, FP, -32)], 32);
    const g = [addi(X.sp, X.sp, 16), ret];
    expect(await complaint([addi(X.sp, X.sp, -16), { tailCall: 'g' }], TAIL, mended, { g }, stacked)).toBe(
      '',
    );
    expect(await complaint([{ tailCall: 'g' }], TAIL, mended, { g }, stacked)).toBe(
      'tail-sp sp (%f, tail-calling %g, returns to u0:1+0x1c); sp sp (%g, returns to u0:1+0x1c)',
    );
  });

  it('from the entry is seen and comes back to the trampoline', async () => {
    const artifact = moduleOf({ main: [xori(18, 18, 1), { tailCall: 'f' }], f: [xori(18, 18, 1), ret] }, [
      calleeOf('f', TAIL),
    ]);
    const [seen] = await execute(artifact, TAIL);
    expect(seen === undefined ? '' : complaints(seen)).toBe(
      'register s2 (the entry, tail-calling %f, returns to the outermost caller)',
    );
  });

  it('spoils what carries no argument', async () => {
    const sig = signature([], ['i64'], 'tail');
    const artifact = moduleOf(
      {
        main: framed([{ call: 'f' }]),
        f: [addi(X.t0, X.zero, 7), { tailCall: 'g' }],
        g: [move(X.a0, X.t0), ret],
      },
      [calleeOf('f', sig), calleeOf('g', sig)],
    );
    const [first, second] = await execute(artifact, signature([], ['i64']));
    expect(first?.outcome).not.toEqual(second?.outcome);
  });

  it('a million times over grows nothing', async () => {
    const sig = signature(['i64'], ['i64'], 'tail');
    const artifact = moduleOf(
      {
        main: framed([code.lui(X.a0, 244), { call: 'f' }]),
        f: [code.beqz(X.a0, 16), addi(X.a0, X.a0, -1), { tailCall: 'f' }, addi(X.a0, X.zero, 42), ret],
      },
      [calleeOf('f', sig)],
    );
    const seen = await execute(artifact, signature([], ['i64']), [], { limitMs: 30_000 });
    expect(seen.map(complaints)).toEqual(['', '']);
    expect(seen[0]?.outcome).toEqual({ kind: 'returned', results: [42n] });
  });
});

describe('what does not come back', () => {
  it('recursion without end hits the guard page, or ends as a hang where it takes no stack', async () => {
    const overflow = moduleOf({ main: framed([{ call: 'f' }]), f: framed([{ call: 'f' }]) }, [
      calleeOf('f', NOTHING),
    ]);
    const [first] = await execute(overflow, NOTHING, [], { limitMs: 30_000 });
    expect(first?.outcome).toMatchObject({
      kind: 'faulted',
      signal: 'SIGSEGV in the guard page below the stack',
    });
    const endless = moduleOf({ main: framed([{ call: 'f' }]), f: [{ call: 'f' }, ret] }, [
      calleeOf('f', NOTHING),
    ]);
    const [second] = await execute(endless, NOTHING, [], { limitMs: 30_000 });
    expect(second?.outcome).toEqual({ kind: 'hung', place: '%f+0x0' });
    expect(await complaint([ret])).toBe('');
  });

  it('a return that nobody called for is a fault', async () => {
    // f keeps its return address and main jumps to it once more.
    const main = framed([{ call: 'f' }, ld(X.t0, X.sp, -1024), jalr(X.zero, X.t0, 0)]);
    const f = [sd(X.ra, X.sp, -1024), ret];
    const [seen] = await execute(moduleOf({ main, f }, [calleeOf('f', NOTHING)]), NOTHING);
    expect(seen?.outcome).toMatchObject({ kind: 'faulted', signal: 'SIGILL' });
  });

  it('a signal or a hang in a callee is told of the callee, with what was broken before', async () => {
    const main = framed([{ call: 'f' }, { call: 'g' }]);
    const run = async (g: readonly Item[]): Promise<Observation | undefined> => {
      const callees = [calleeOf('f', NOTHING), calleeOf('g', NOTHING)];
      return (await execute(moduleOf({ main, f: flipF(9), g }, callees), NOTHING, [], { limitMs: 100 }))[0];
    };
    const stopped = await run([move(0, 0), code.unimp]);
    expect(stopped?.outcome).toMatchObject({ kind: 'faulted', signal: 'SIGILL', place: '%g+0x4' });
    expect(stopped?.violations.map((v) => v.name)).toEqual(['fs1']);
    expect((await run([code.jumpBack(0)]))?.outcome).toEqual({ kind: 'hung', place: '%g+0x0' });
  });

  it('a wild sp is a violation, not the end of the guest', async () => {
    const main = framed([{ call: 'f' }, addi(X.sp, FP, 0)]);
    expect(await complaint([move(X.sp, X.zero), ret], NOTHING, main)).toBe(
      'sp sp (%f, returns to u0:1+0x1c)',
    );
  });
});
