import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Artifact } from '../src/backend/artifact.ts';
import { defaultCacheDir } from '../src/backend/driver-build.ts';
import { abiParam } from '../src/clif/signature.ts';
import type { CallConv, Signature } from '../src/clif/signature.ts';
import type { Type } from '../src/clif/type.ts';
import type { LoggedCall, LoggedEntry, LoggedReturn } from '../src/emulator/call-log.ts';
import { executeCase } from '../src/emulator/execute.ts';
import type { ExecuteOptions } from '../src/emulator/execute.ts';
import { ensureGuest } from '../src/emulator/guest-build.ts';
import { Guest } from '../src/emulator/guest.ts';
import { planCall, readArguments, readResults, writeResults } from '../src/emulator/marshal.ts';
import type { Observation } from '../src/emulator/observe.ts';
import { probeQemu } from '../src/emulator/probe.ts';
import { findQemu } from '../src/emulator/qemu.ts';
import * as code from './guest-code.ts';
import { ENTRY, X } from './guest-code.ts';
import { calleeOf, framed, moduleOf } from './veneer-code.ts';

const { addi, ld, move, ret, sd } = code;
const program = ensureGuest({ cacheDir: defaultCacheDir(process.env) });
let guest: Guest;

beforeAll(async () => {
  const probed = await probeQemu(findQemu(), program);
  guest = new Guest({ emulated: probed.emulated, program });
  await guest.start();
});

afterAll(() => guest.close());

function signature(
  params: readonly Type[],
  returns: readonly Type[] = [],
  callConv: CallConv = 'system_v',
): Signature {
  return { params: params.map((t) => abiParam(t)), returns: returns.map((t) => abiParam(t)), callConv };
}

const NOTHING = signature([]);

async function run(
  artifact: Artifact,
  sig: Signature,
  options: Partial<ExecuteOptions> = {},
  input: readonly bigint[] = [],
): Promise<Observation> {
  const all = { implicitReturnArea: true, logBytes: 1 << 16, ...options };
  const [seen] = await executeCase(guest, artifact, ENTRY, sig, all, [input], [[5n]]);
  if (seen === undefined) throw new Error('no observation');
  return seen;
}

function entriesOf(seen: Observation): readonly LoggedEntry[] {
  expect(seen.calls?.isCut).toBe(false);
  return seen.calls?.entries ?? [];
}

const callsOf = (seen: Observation): readonly LoggedCall[] =>
  entriesOf(seen).flatMap((entry) => (entry.kind === 'call' ? [entry] : []));
const returnsOf = (seen: Observation): readonly LoggedReturn[] =>
  entriesOf(seen).flatMap((entry) => (entry.kind === 'return' ? [entry] : []));

/** `call f 1`, `tail call g 1`, `return g 1`: kind, callee, depth. */
function outline(seen: Observation): readonly string[] {
  return entriesOf(seen).map((entry) => {
    const name = entry.callee?.name.kind === 'test' ? entry.callee.name.name : 'main';
    const tail = entry.kind === 'call' && entry.isTail ? 'tail ' : '';
    return `${tail}${entry.kind} ${name} ${entry.depth}`;
  });
}

describe('the call log', () => {
  it('holds arguments and results of each call, which read back as CLIF values', async () => {
    const sig = signature(
      [...Array.from({ length: 7 }, () => 'i64' as const), 'i128', 'f32', 'i8', 'i8x16'],
      ['i64', 'i64', 'i16', 'f64'],
    );
    // The return area takes a0, so the i128 is in memory, the i8 at 16, the vector at 32.
    const main = framed(
      [
        ...[0, 1, 2, 3, 4, 5].flatMap((i) => [addi(X.t0, X.zero, 100 + i), sd(X.t0, X.sp, 8 * i)]),
        ...[11, 12, 13, 14, 15, 16, 17].map((r) => addi(r, X.zero, r)),
        addi(X.t0, X.zero, -1),
        code.fmvDX(10, X.t0),
        addi(X.a0, X.sp, 48),
        { call: 'f' },
      ],
      96,
    );
    const f = [
      addi(X.t0, X.zero, 77),
      sd(X.t0, X.a0, 0),
      addi(X.a0, X.zero, 5),
      addi(X.a1, X.zero, 6),
      code.fmvDX(10, X.zero),
      ret,
    ];
    const callee = calleeOf('f', sig);
    const seen = await run(moduleOf({ main, f }, [callee]), NOTHING);
    expect(seen.violations).toEqual([]);
    const plan = planCall(sig, true);
    const [call] = callsOf(seen);
    const [back] = returnsOf(seen);
    if (call === undefined || back === undefined) throw new Error('nothing logged');
    expect(call.callee).toBe(callee);
    expect(call.sp).toBe(back.sp);
    expect(call.returnAddress).toBe(back.returnAddress);
    const values = readArguments(plan, call.row);
    expect(values).toEqual([
      11n,
      12n,
      13n,
      14n,
      15n,
      16n,
      17n,
      (101n << 64n) | 100n,
      0xffffffffn,
      102n,
      (105n << 64n) | 104n,
    ]);
    expect(readResults(plan, back.results)).toEqual([5n, 6n, 77n, 0n]);
  });

  it('tells calls, tail calls and returns with their depth', async () => {
    const TAIL = signature([], [], 'tail');
    const artifact = moduleOf(
      {
        main: framed([{ call: 'f' }, { call: 'h' }]),
        f: framed([{ call: 'g' }, { call: 'h' }]),
        g: [{ tailCall: 'h' }],
        h: [ret],
      },
      [calleeOf('f', NOTHING), calleeOf('g', TAIL), calleeOf('h', TAIL)],
    );
    expect(outline(await run(artifact, NOTHING))).toEqual([
      'call f 1',
      'call g 2',
      'tail call h 2',
      'return h 2',
      'call h 2',
      'return h 2',
      'return f 1',
      'call h 1',
      'return h 1',
    ]);
    const entry = moduleOf({ main: [{ tailCall: 'g' }], g: [ret] }, [calleeOf('g', TAIL)]);
    expect(outline(await run(entry, TAIL))).toEqual(['tail call g 0']);
  });

  it('is there up to a fault, and says where it was cut', async () => {
    const artifact = moduleOf({ main: framed([{ call: 'f' }, code.unimp]), f: [ret] }, [
      calleeOf('f', NOTHING),
    ]);
    const stopped = await run(artifact, NOTHING);
    expect(stopped.outcome.kind).toBe('faulted');
    expect(outline(stopped)).toEqual(['call f 1', 'return f 1']);
    const cut = await run(artifact, NOTHING, { logBytes: 200 });
    expect(cut.calls?.isCut).toBe(true);
    expect(cut.calls?.entries.map((entry) => entry.kind)).toEqual(['call']);
    expect((await run(artifact, NOTHING, { logBytes: 0 })).calls).toBeNull();
  });
});

describe('a foreign callee', () => {
  const sig = signature(['i64', 'f64'], ['i64', 'f32', 'i64', 'i64']);
  const plan = planCall(sig, true);
  const foreign = calleeOf('f', sig, { kind: 'foreign', stackWords: 4 });

  it('shows every register and the stack, and answers call after call', async () => {
    const main = framed(
      [
        addi(18, X.zero, 0),
        ...[0, 1, 2].flatMap(() => [
          addi(X.a0, X.sp, 32),
          addi(X.a1, X.zero, 9),
          addi(X.t1, X.zero, 8),
          sd(X.t1, X.sp, 24),
          { call: 'f' } as const,
          code.add(18, 18, X.a0),
          ld(X.t0, X.sp, 32),
          code.add(18, 18, X.t0),
        ]),
        move(X.a0, 18),
      ],
      64,
    );
    const artifact = moduleOf({ main }, [foreign]);
    const rows = [
      [1n, 0x3f800000n, 10n, 100n],
      [2n, 0x40000000n, 20n, 200n],
    ].map((results) => writeResults(plan, results));
    const seen = await run(artifact, signature([], ['i64']), { answers: [{ callee: 0, rows }] });
    // s2 is the caller's own in this test; nothing else may be complained of.
    expect(seen.violations.map((v) => v.name)).toEqual(['s2']);
    expect(seen.outcome).toEqual({ kind: 'returned', results: [BigInt(1 + 100 + 2 + 200 + 1 + 100)] });
    const [call] = callsOf(seen);
    expect(call?.registers?.x[11]).toBe(9n);
    expect(call?.registers?.x[6]).toBe(8n);
    expect(call?.registers?.x[2]).toBe(call?.sp);
    expect(call?.registers?.x[1]).toBe(call?.returnAddress);
    expect(call?.row.getBigUint64(16 * 8 + 24, true)).toBe(8n);
    const back = returnsOf(seen).map((entry) => readResults(plan, entry.results));
    expect(back).toEqual([
      [1n, 0x3f800000n, 10n, 100n],
      [2n, 0x40000000n, 20n, 200n],
      [1n, 0x3f800000n, 10n, 100n],
    ]);
  });

  it('spoils what it may and keeps what it must', async () => {
    const result = async (body: readonly number[]): Promise<readonly (bigint | undefined)[]> => {
      const narrow = calleeOf('f', signature(['i64'], ['i8']), { kind: 'foreign' });
      const main = framed([addi(X.t0, X.zero, 7), addi(X.a7, X.zero, 7), { call: 'f' }, ...body]);
      const artifact = moduleOf({ main }, [narrow]);
      const answers = [{ callee: 0, rows: [BigUint64Array.of(3n, 0n, 0n, 0n)] }];
      const options = { implicitReturnArea: false, answers };
      const seen = await executeCase(
        guest,
        artifact,
        ENTRY,
        signature([], ['i64']),
        options,
        [[]],
        [[1n, 2n]],
      );
      return seen.map(({ outcome, violations }) => {
        expect(violations).toEqual([]);
        return outcome.kind === 'returned' ? outcome.results[0] : undefined;
      });
    };
    for (const body of [[], [move(X.a0, X.t0)], [move(X.a0, X.a7)], [ld(X.a0, X.sp, -64)]]) {
      const [first, second] = await result(body);
      expect(first).not.toBe(second);
    }
    expect((await result([])).map((bits) => (bits ?? 0n) & 0xffn)).toEqual([3n, 3n]);
  });

  it('is held against its signature as any callee is: alignment and extension', async () => {
    const narrow = calleeOf(
      'f',
      { params: [abiParam('i8', 'uext')], returns: [], callConv: 'system_v' },
      { kind: 'foreign' },
    );
    const main = framed([addi(X.a0, X.zero, -1), { call: 'f' }], 8);
    const seen = await run(moduleOf({ main }, [narrow]), NOTHING);
    expect(seen.violations.map((v) => v.name)).toEqual(['sp', 'high bits of uext argument in a0']);
  });

  it('pops under tail, and can be tail-called', async () => {
    const stacked = signature(
      Array.from({ length: 9 }, () => 'i64' as const),
      ['i64'],
      'tail',
    );
    const callee = calleeOf('f', stacked, { kind: 'foreign' });
    const answers = [{ callee: 0, rows: [BigUint64Array.of(42n, 0n, 0n, 0n)] }];
    const direct = moduleOf({ main: framed([{ call: 'f' }, addi(X.sp, X.sp, -16)], 16) }, [callee]);
    const seen = await run(direct, signature([], ['i64']), { answers });
    expect([seen.violations, seen.outcome]).toEqual([[], { kind: 'returned', results: [42n] }]);
    const none = signature([], ['i64'], 'tail');
    const through = moduleOf(
      { main: framed([{ call: 'g' }]), g: [addi(X.sp, X.sp, -16), { tailCall: 'f' }] },
      [callee, calleeOf('g', none)],
    );
    const tail = await run(through, signature([], ['i64']), {
      answers,
    });
    expect([tail.violations, tail.outcome]).toEqual([[], { kind: 'returned', results: [42n] }]);
    expect(outline(tail)).toEqual(['call g 1', 'tail call f 1', 'return f 1']);
  });
});
