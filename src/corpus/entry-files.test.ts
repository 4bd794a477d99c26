import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HarnessError, UsageError } from '../clif/harness-error.ts';
import type { Module } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { parseClif } from '../clif/parse.ts';
import { printModule } from '../clif/print.ts';
import { runValueBits } from '../clif/run-value.ts';
import { bitMask, typeInfo } from '../clif/type.ts';
import { bucketSlug } from './bucket-slug.ts';
import type { Entry } from './entry.ts';
import { entryClif, withMainEntry } from './entry-clif.ts';
import { listEntries, readEntry, writeEntry } from './entry-files.ts';

const TYPES = ['i8', 'i64', 'i128', 'f16', 'f32', 'f64', 'f128', 'i8x16', 'f32x4', 'i64x2'] as const;
type EntryType = (typeof TYPES)[number];

function moduleOf(types: readonly EntryType[]): Module {
  const list = types.join(', ');
  const params = types.map((type, index) => `v${index}: ${type}`).join(', ');
  const values = types.map((_, index) => `v${index}`).join(', ');
  const results = types.length === 0 ? '' : `-> ${list} `;
  const text = `function %main(${list}) ${results}system_v {\nblock0${types.length === 0 ? '' : `(${params})`}:\n    return ${values}\n}\n`;
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  return parsed.file.module;
}

const BITS = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const SETTINGS = fc.record(
  {
    opt_level: fc.constantFrom('none', 'speed', 'speed_and_size'),
    is_pic: fc.constantFrom('true', 'false'),
    unwind_info: fc.constantFrom('true', 'false'),
    enable_multi_ret_implicit_sret: fc.constantFrom('true', 'false'),
  },
  { requiredKeys: [] },
);
const CONFIGURATION = fc.record(
  {
    shared: SETTINGS,
    isa: fc.subarray(['has_v', 'has_zba', 'has_zbb']),
    chaos: fc.maxSafeNat(),
  },
  { requiredKeys: ['shared', 'isa'] },
);

const BAD_OUTCOME: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ kind: fc.constant('trapped' as const), code: fc.constantFrom('user1', 'int_divz') }),
  fc.record({
    kind: fc.constant('faulted' as const),
    signal: fc.constant('SIGSEGV'),
    pc: BITS,
    address: BITS,
    place: fc.constant('%main+0x8'),
  }),
  fc.record({ kind: fc.constant('hung' as const), place: fc.constant('%main+0x0') }),
);

const ENTRY: fc.Arbitrary<Entry> = fc.array(fc.constantFrom(...TYPES), { maxLength: 5 }).chain((types) => {
  const row = fc.tuple(...types.map((type) => BITS.map((bits) => bits & bitMask(typeInfo(type).bits))));
  return fc
    .record({
      caseSeed: fc.stringMatching(/^[0-9a-f]{16}$/),
      note: fc.constantFrom('', 'result 0 comes from the wrong slot', 'one line\nrun: another'),
      status: fc.constantFrom('open' as const, 'fixed' as const),
      upstream: fc.constantFrom(null, 'https://github.com/bytecodealliance/wasmtime/issues/11133'),
      configurations: fc.array(CONFIGURATION, { minLength: 1, maxLength: 3 }),
      cells: fc.array(fc.tuple(row, fc.boolean(), fc.option(BAD_OUTCOME)), { maxLength: 4 }),
    })
    .map(({ cells, ...rest }) => ({
      ...rest,
      bucket: 'miscompile: result i8x16 in the return area',
      kind: 'miscompile' as const,
      seed: '1',
      caseIndex: 17,
      profile: 'default',
      cranelift: { fails: ['0.135.8'], passes: ['0.121.0'] },
      module: moduleOf(types),
      inputs: cells.map(([input]) => input),
      expected: cells.map(
        ([input, traps]): Outcome => (traps ? { kind: 'trapped', code: 'user1' } : { kind: 'returned', results: input }),
      ),
      observed: cells.map(([, , bad]) => bad),
    }));
});

const [SAMPLE] = fc.sample(ENTRY, { numRuns: 1, seed: 1 });

function sample(change: Partial<Entry> = {}): Entry {
  if (SAMPLE === undefined) throw new Error('no sample');
  return { ...SAMPLE, ...change };
}

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'callfuzz-corpus-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('corpus entries', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(ENTRY, (entry) => {
        const path = writeEntry(dir, entry, entry.caseSeed);
        expect(readEntry(path).entry).toEqual(entry);
        expect(readEntry(path.replace('.clif', '.json')).entry).toEqual(entry);
        expect(listEntries(dir)).toContain(path);
      }),
      { numRuns: 60, seed: 5 },
    );
    expect(readdirSync(dirname(listEntries(dir)[0] ?? dir)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });

  it('say in CLIF what they say in JSON: settings, flags, run lines', () => {
    fc.assert(
      fc.property(ENTRY, (entry) => {
        const parsed = parseClif(entryClif(entry));
        if (parsed.kind === 'error') throw new Error(parsed.message);
        expect(parsed.file.tests).toEqual(['run']);
        expect(parsed.file.targets.map((target) => target.flags)).toEqual(entry.configurations.map((c) => c.isa));
        parsed.file.targets.forEach((target, index) => {
          expect(target.shared).toMatchObject(entry.configurations[index]?.shared ?? {});
          for (const [name, value] of Object.entries(target.shared)) {
            const wanted = entry.configurations[index]?.shared[name];
            const byDefault = name === 'opt_level' ? 'none' : String(name === 'unwind_info');
            expect(value).toBe(wanted ?? byDefault);
          }
        });
        const runs = parsed.file.directives.map((directive) =>
          directive.args.map((arg) => runValueBits(arg.text, arg.type)),
        );
        expect(runs).toEqual(entry.inputs.filter((_, index) => entry.expected[index]?.kind === 'returned'));
      }),
      { numRuns: 60, seed: 6 },
    );
  });

  it('are written once, and never over another', () => {
    const first = writeEntry(dir, sample(), 'a');
    expect(writeEntry(dir, sample(), 'a')).toBe(first);
    const second = writeEntry(dir, sample({ caseSeed: 'ffff' }), 'a');
    expect(second).toBe(first.replace('a.clif', 'a-2.clif'));
    expect(readEntry(first).entry).toEqual(sample());
    expect(readEntry(second).entry.caseSeed).toBe('ffff');
    expect(listEntries(dir)).toEqual([second, first].toSorted());
  });

  it('are complete once listed, even after a crash between the two files', () => {
    const path = writeEntry(dir, sample(), 'a');
    rmSync(path);
    expect(listEntries(dir)).toEqual([]);
    expect(writeEntry(dir, sample(), 'a')).toBe(path);
    expect(readEntry(path).entry).toEqual(sample());
  });

  it('that are damaged give one clear line', () => {
    const path = writeEntry(dir, sample(), 'a');
    const json = path.replace('.clif', '.json');
    const text = readFileSync(json, 'utf8');
    const messageAfter = (file: string, damaged: string): string => {
      const whole = readFileSync(file, 'utf8');
      writeFileSync(file, damaged);
      try {
        readEntry(path);
        return 'no error';
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        return error.message;
      } finally {
        writeFileSync(file, whole);
      }
    };
    expect(messageAfter(json, text.slice(0, 40))).toMatch(/a\.json: not JSON: /);
    expect(messageAfter(json, text.replace('"miscompile"', '"nonsense"'))).toMatch(/a\.json: damaged corpus entry: kind: /);
    expect(messageAfter(json, text.replace('entry/1', 'entry/9'))).toMatch(/a\.json: damaged corpus entry: schema: /);
    expect(messageAfter(json, text.replace('"inputs": [', '"inputs": [["0x1"],'))).toMatch(/a\.json: damaged corpus entry: /);
    expect(messageAfter(path, 'function %main( {')).toMatch(/a\.clif:1:\d+: /);
    expect(messageAfter(path, 'test run\n')).toMatch(/a\.clif: damaged corpus entry: no function %main/);
    expect(readEntry(path).entry).toEqual(sample());
    expect(() => readEntry(join(dir, 'missing.clif'))).toThrow(UsageError);
  });

  it('cannot go where a file stands or nothing may be written', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(() => writeEntry(join(dir, 'file'), sample(), 'a')).toThrow(UsageError);
    expect(() => writeEntry('/proc/callfuzz', sample(), 'a')).toThrow(/cannot be written/);
    if (process.getuid?.() === 0) return;
    chmodSync(dir, 0o500);
    expect(() => writeEntry(dir, sample(), 'a')).toThrow(UsageError);
    chmodSync(dir, 0o700);
  });

  it('need %main and one outcome for each input', () => {
    expect(() => writeEntry(dir, sample({ module: { functions: [] } }), 'a')).toThrow(HarnessError);
    expect(() => writeEntry(dir, sample({ expected: [], observed: [], inputs: [[]] }), 'a')).toThrow(HarnessError);
    expect(() => writeEntry(dir, sample(), '../a')).toThrow(HarnessError);
  });

  it('take their entry as %main', () => {
    const parsed = parseClif(`
function %main(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}
function u0:7(i64) -> i64 system_v {
    fn0 = %main(i64) -> i64 system_v
block0(v0: i64):
    v1 = call fn0(v0)
    return v1
}`);
    if (parsed.kind === 'error') throw new Error(parsed.message);
    const renamed = withMainEntry(parsed.file.module, { kind: 'user', namespace: 0, index: 7 });
    expect(printModule(renamed)).toContain('function %main(i64) -> i64 system_v {\n    sig0');
    expect(printModule(renamed)).toContain('fn0 = u0:7 sig0');
    expect(withMainEntry(renamed, { kind: 'test', name: 'main' })).toBe(renamed);
  });
});

describe('bucketSlug', () => {
  it('names directories', () => {
    expect(bucketSlug('miscompile: result i8x16, in the return area')).toBe('miscompile-result-i8x16-in-the-return-area');
    expect(bucketSlug('')).toMatch(/^bucket-[0-9a-f]{8}$/);
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (bucket) => {
        expect(bucketSlug(bucket)).toMatch(/^[a-z0-9_][a-z0-9_-]{0,79}$/);
      }),
    );
  });
});
