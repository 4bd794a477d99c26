import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareInterpreters } from '../bench/interpreter/agreement.ts';
import type { Case } from '../src/clif/case.ts';
import { clifErrorText, parseClif } from '../src/clif/parse.ts';
import { expectedOutcomes } from '../src/campaign/run-case.ts';
import { differenceOf } from '../bench/interpreter/differences.ts';
import { ensureOpinions } from '../src/backend/opinions-build.ts';
import { Opinions, type OpinionMode } from '../src/backend/opinions.ts';
import type { Opinion } from '../src/backend/opinions-reply.ts';
import { ensureReady, ROOT, runCallfuzz, temporaryFolder } from './callfuzz-process.ts';

const HAS_NATIVE = process.arch === 'x64';

let scratch: string;
let binary: string;

beforeAll(async () => {
  await ensureReady();
  binary = await ensureOpinions();
  scratch = temporaryFolder('triage');
}, 900_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const EVERY_WIDTH = `test run
set enable_multi_ret_implicit_sret=true
target riscv64
target riscv64 has_zba

function %pair(i64, i128) -> i64, i128, i64 tail {
block0(v0: i64, v1: i128):
    return v0, v1, v0
}

function %main(i8, i64, i128, f32, f64) -> i8, i64, i128, f32, f64, i64 system_v {
    sig0 = (i64, i128) -> i64, i128, i64 tail
    fn0 = colocated %pair sig0
block0(v0: i8, v1: i64, v2: i128, v3: f32, v4: f64):
    v5, v6, v7 = call fn0(v1, v2)
    v8 = udiv v1, v7
    return v0, v5, v6, v3, v4, v8
}
; print: %main(-1, 7, 0x0123456789abcdef0123456789abcdef, 0x1.8p3, -0.0)
; print: %main(0, 0, 0, 0.0, 0.0)
`;

/** The folder's only corpus entry whose name has `part`. */
function entryFile(part: string): string {
  const corpus = join(ROOT, 'corpus');
  const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' });
  const file = files.find((name) => name.includes(part) && name.endsWith('.clif'));
  if (file === undefined) throw new Error(`no corpus entry ${part}`);
  return join(corpus, file);
}

async function askOne(
  mode: OpinionMode,
  functions: string,
  input: readonly bigint[],
): Promise<readonly Opinion[]> {
  const opinions = new Opinions(binary, mode);
  try {
    return await opinions.ask(functions, '%main', [input]);
  } finally {
    await opinions.close();
  }
}

describe('triage', () => {
  it('says that all agree, on values of every width and on a trap', async () => {
    const file = join(scratch, 'agree.clif');
    writeFileSync(file, EVERY_WIDTH);
    const { code, stdout } = await runCallfuzz(['triage', file]);
    const voters = HAS_NATIVE ? 4 : 3;
    expect(stdout.split(`=> all ${voters} that voted agree`)).toHaveLength(3);
    const value = '0xff, 0x7, 0x123456789abcdef0123456789abcdef, 0x41400000, 0x8000000000000000, 0x1';
    // riscv64 votes once for each target.
    expect(stdout.split(`returned (${value})`)).toHaveLength(voters + 2);
    expect(stdout.split('trapped with int_divz')).toHaveLength(voters + 2);
    expect(code).toBe(0);
  });

  it('names riscv64 where it alone is wrong', async () => {
    const { code, stdout } = await runCallfuzz(['triage', entryFile('f32-result')]);
    expect(stdout).toMatch(/cranelift-interpreter +returned \(0x80000000\)/);
    expect(stdout).toMatch(/riscv64 \[.*single_pass\] +returned \(0xffc00000\)/);
    expect(stdout).toMatch(/=> riscv64 \[.*single_pass\] stands alone/);
    expect(code).toBe(1);
  });

  it.runIf(HAS_NATIVE)('asks x86_64 once for each lot of settings that it can be given', async () => {
    const file = join(scratch, 'settings.clif');
    const head =
      'test run\nset opt_level=speed\nset is_pic=true\ntarget riscv64\ntarget riscv64 has_zba\n' +
      'set opt_level=none\nset enable_nan_canonicalization=true\ntarget riscv64\n';
    // 0 / 0: the NaN that the host makes is negative, the canonical one is not.
    const body =
      'function %main(f64) -> i64 system_v {\nblock0(v0: f64):\n    v1 = fdiv v0, v0\n    v2 = bitcast.i64 v1\n    return v2\n}\n; print: %main(0.0)\n';
    writeFileSync(file, `${head}\n${body}`);
    const { stdout } = await runCallfuzz(['triage', file]);
    const native = stdout.split('\n').filter((line) => /^ *x86_64/.test(line));
    expect(native.map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
      'x86_64 [opt_level=speed] returned (0xfff8000000000000)',
      'x86_64 [enable_nan_canonicalization=true opt_level=none] returned (0x7ff8000000000000)',
    ]);
  });

  it('says who could not vote and why', async () => {
    const file = join(scratch, 'silent.clif');
    writeFileSync(
      file,
      'function %main(f128) -> f128 system_v {\nblock0(v0: f128):\n    v1 = fneg v0\n    v2 = fabs v1\n    v3 = ceil v2\n    return v3\n}\n',
    );
    const { stdout } = await runCallfuzz(['triage', file]);
    expect(stdout).toMatch(/cranelift-interpreter +could not vote: panic: not implemented/);
  });

  it('gives one line for a file that is not there', async () => {
    const { code, stderr } = await runCallfuzz(['triage', join(scratch, 'none.clif')]);
    expect(stderr).toMatch(/none\.clif: no such file/);
    expect(code).toBe(2);
  });
});

const WILD = `function %main(i64) -> i64 system_v {
block0(v0: i64):
    v1 = load.i64 notrap v0
    return v1
}
`;
const ENDLESS = `function %main() system_v {
block0:
    jump block1
block1:
    jump block1
}
`;

/** What the interpreter makes of its known differences, and what is right. */
const DEPARTURES = [
  {
    name: 'bitcast of a scalar to a vector',
    text: `function %main(i64) -> i32x2 system_v {
block0(v0: i64):
    v1 = bitcast.i32x2 little v0
    return v1
}
`,
    input: [0x2_0000_0001n],
    ours: 0x2_0000_0001n,
    theirs: 1n,
  },
  {
    name: 'bitcast of a scalar to a vector',
    text: `function %main(i32) -> i32 system_v {
block0(v0: i32):
    v1 = bitcast.i8x4 little v0
    v2 = umin v1, v1
    v3 = bitcast.i32 little v2
    return v3
}
`,
    input: [0xe032n],
    ours: 0xe032n,
    theirs: 0x32n,
  },
  {
    name: 'result seen at another width',
    text: `function %word(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}

function %main(i64) -> i16 system_v {
    sig0 = (i64) -> i16 system_v
    fn0 = colocated %word sig0
block0(v0: i64):
    v1 = call fn0(v0)
    return v1
}
`,
    input: [0x1413_1211n],
    ours: 0x1211n,
    theirs: 0x1413_1211n,
  },
  {
    name: 'result seen at another width',
    text: `function %half(i64) -> i32 sext system_v {
block0(v0: i64):
    v1 = ireduce.i32 v0
    return v1
}

function %main(i64) -> i64 system_v {
    sig0 = (i64) -> i32 sext system_v
    fn0 = %half sig0
    sig1 = (i64) -> i64 system_v
block0(v0: i64):
    v1 = func_addr.i64 fn0
    v2 = call_indirect sig1, v1(v0)
    return v2
}
`,
    input: [0x8000_0000n],
    ours: 0xffff_ffff_8000_0000n,
    theirs: 0x8000_0000n,
  },
  {
    name: 'alignment of a stack slot',
    text: `function %main() -> i64 system_v {
    ss0 = explicit_slot 4
    ss1 = explicit_slot 16, align = 16
block0:
    v0 = stack_addr.i64 ss1
    v1 = iconst.i64 15
    v2 = band v0, v1
    return v2
}
`,
    input: [],
    ours: 0n,
    theirs: 4n,
  },
];

function caseOf(text: string, input: readonly bigint[]): Case {
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const { module } = parsed.file;
  return { seed: '', module, entry: { kind: 'test', name: 'main' }, inputs: [input], configurations: [] };
}

describe('the process of a third opinion', () => {
  it.runIf(HAS_NATIVE)('outlives what native code does', async () => {
    expect(await askOne('jit', WILD, [8n])).toEqual([{ kind: 'crashed', how: 'SIGSEGV' }]);
    expect(await askOne('jit', ENDLESS, [])).toEqual([{ kind: 'silent', reason: 'no end within 10 s' }]);
  });

  it('gives up on endless loops, and on what is not CLIF', async () => {
    const [endless] = await askOne('interpret', ENDLESS, []);
    expect(endless).toEqual({ kind: 'silent', reason: 'no end within 5000000 instructions' });
    const [garbage] = await askOne('interpret', 'function %main( {', []);
    expect(garbage).toMatchObject({ kind: 'silent' });
  });

  it('is replaced when it dies of a request, and only that request has no answer', async () => {
    // Cranelift's interpreter recurses on the host's stack.
    const deep = `function %main(i64) -> i64 system_v {
    sig0 = (i64) -> i64 system_v
    fn0 = colocated %main sig0
block0(v0: i64):
    v1 = call fn0(v0)
    return v1
}
`;
    const opinions = new Opinions(binary, 'interpret');
    try {
      const [dead] = await opinions.ask(deep, '%main', [[1n]]);
      const [alive] = await opinions.ask(
        'function %main(i64) -> i64 system_v {\nblock0(v0: i64):\n    return v0\n}\n',
        '%main',
        [[1n]],
      );
      expect(dead).toMatchObject({ kind: 'silent' });
      expect(alive).toEqual({ kind: 'returned', results: [1n] });
    } finally {
      await opinions.close();
    }
  });

  it('still departs from CLIF as docs/interpreter-differences.md says', async () => {
    const opinions = new Opinions(binary, 'interpret');
    try {
      for (const { name, text, input, ours, theirs } of DEPARTURES) {
        const kase = caseOf(text, input);
        const [said] = await opinions.ask(text, '%main', kase.inputs);
        expect(said, name).toEqual({ kind: 'returned', results: [theirs] });
        const [expected] = expectedOutcomes(kase);
        expect(expected, name).toEqual({ kind: 'returned', results: [ours] });
        if (said === undefined || expected === undefined) throw new Error('no opinion');
        const known = await differenceOf(opinions, kase, input, expected, said);
        expect(known).toEqual({ name, isKnown: true });
        // An oracle that is wrong about the same construct is not excused by that.
        const wrong = { kind: 'returned', results: [ours + 1n] } as const;
        const unknown = await differenceOf(opinions, kase, input, wrong, said);
        expect(unknown).toEqual({ name: 'ours returned, theirs returned', isKnown: false });
        // x86_64 has no vectors of 32 bits.
        if (HAS_NATIVE && !text.includes('i8x4'))
          expect(await askOne('jit', text, input)).toEqual([{ kind: 'returned', results: [ours] }]);
      }
    } finally {
      await opinions.close();
    }
  });

  it('agrees with the oracle on generated modules', async () => {
    const opinions = new Opinions(binary, 'interpret');
    try {
      const result = await compareInterpreters([opinions], 'triage', Array(60).keys(), () => undefined);
      expect(result.modules).toBe(60);
      expect(result.agreeing).toBeGreaterThan(40);
      expect([...result.differences.values()].filter(({ isKnown }) => !isKnown)).toEqual([]);
    } finally {
      await opinions.close();
    }
  });
});
