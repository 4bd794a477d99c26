import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editText, faultyFiles, registrySource } from '../bench/power/apply-fault.ts';
import { checkOf } from '../bench/power/check-name.ts';
import { encloseCase } from '../bench/power/enclose-case.ts';
import { FAULT_CLASSES, readFaultTable, type Edit, type Fault } from '../bench/power/fault-table.ts';
import { readReleaseTable } from '../bench/power/release-table.ts';
import { PROFILE_NAMES } from '../src/campaign/profile-names.ts';
import { expectedOutcomes } from '../src/campaign/run-case.ts';
import { checkModule } from '../src/clif/check.ts';
import { UsageError } from '../src/clif/harness-error.ts';
import { DEFAULT_CONFIG } from '../src/gen/config.ts';
import { makeCase } from '../src/gen/case-arbitrary.ts';
import { SAMPLE_ABILITIES } from '../src/gen/sample-abilities.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TABLE = readFaultTable(join(ROOT, 'bench/power/fault-table.json'));
const RELEASES = readReleaseTable(join(ROOT, 'bench/power/release-table.json'));

function edit(line: number, column: number, old: string, text: string): Edit {
  const sha256 = createHash('sha256').update(old).digest('hex');
  return { file: 'sample.txt', line, column, length: old.length, sha256, text };
}

const EDIT = edit(2, 5, 'two', 'three');

describe('planted faults', () => {
  it('are 40 and more, of every class, each with a name of its own and a profile there is', () => {
    const names = TABLE.faults.map((fault) => fault.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(40);
    expect(new Set(TABLE.faults.map((fault) => fault.class))).toEqual(new Set(FAULT_CLASSES));
    for (const { profile } of TABLE.faults) expect(PROFILE_NAMES).toContain(profile ?? 'default');
  });

  it('stand where the crate has the text they replace', () => {
    const source = registrySource(join(ROOT, 'driver'), TABLE.crate, TABLE.version);
    for (const fault of TABLE.faults) {
      const files = faultyFiles(source, fault);
      expect([...files.keys()].toSorted()).toEqual([...new Set(fault.edits.map((e) => e.file))].toSorted());
    }
  });

  it('replace the text at their place and nothing else', () => {
    expect(editText('one\nand two, two\n', EDIT)).toBe('one\nand three, two\n');
  });

  it('are refused where another text stands', () => {
    for (const source of ['one\nand ten, two\n', 'one\n', 'one\nand tw']) {
      expect(() => editText(source, EDIT)).toThrow(UsageError);
    }
  });
});

describe('a fault of several edits', () => {
  let source = '';
  beforeAll(() => {
    source = mkdtempSync(join(tmpdir(), 'callfuzz-power-'));
    mkdirSync(join(source, 'src'));
    writeFileSync(join(source, 'sample.txt'), 'one\nand two, two\n');
  });
  afterAll(() => rmSync(source, { recursive: true, force: true }));

  it('names places in the unchanged file, in any order', () => {
    const edits = [edit(1, 1, 'one', 'none'), edit(2, 5, 'two', 'three'), edit(2, 10, 'two', '2')];
    const fault: Fault = { name: 'sample', class: 'slots', what: 'all is other', edits };
    const files = faultyFiles(source, fault);
    expect(files).toEqual(new Map([['sample.txt', 'none\nand three, 2\n']]));
  });
});

describe('bugs of releases', () => {
  it('have names of their own, profiles there are, and a later release without them', () => {
    const minor = (version: string): number => Number(version.split('.')[1]);
    expect(new Set(RELEASES.map((bug) => bug.name)).size).toBe(RELEASES.length);
    for (const bug of RELEASES) {
      expect(PROFILE_NAMES).toContain(bug.profile);
      expect(minor(bug.fixedIn)).toBeGreaterThan(minor(bug.version));
    }
  });
});

describe('the check behind a finding', () => {
  it('follows from its kind', () => {
    expect(checkOf({ kind: 'hang', place: 'an endless loop' })).toBe('final values');
    expect(checkOf({ kind: 'abi-violation', place: 's1 not restored' })).toBe('outer check');
    expect(checkOf({ kind: 'compiler-panic', place: 'emit.rs:1' })).toBe('compile');
  });
});

describe('an enclosed case', () => {
  const cases = Array.from({ length: 40 }, (_, i) =>
    makeCase(DEFAULT_CONFIG, SAMPLE_ABILITIES, `${i}`.padStart(16, '0')),
  );

  it('is valid, and one word tells what the entry gives to one input', () => {
    for (const kase of cases) {
      const enclosed = encloseCase(kase);
      expect(enclosed?.length).toBe(kase.inputs.length);
      const inner = expectedOutcomes(kase);
      enclosed?.forEach((outer, i) => {
        expect(checkModule(outer.module)).toEqual([]);
        const [outcome] = expectedOutcomes(outer);
        expect(outcome?.kind).toBe(inner[i]?.kind);
        if (outcome?.kind === 'returned') expect(outcome.results.length).toBe(1);
      });
    }
  });

  it('shows a change of any result', () => {
    // The same entry with other inputs gives other results, for the greater part.
    const words = cases.flatMap((kase) => {
      const outer = encloseCase(kase) ?? [];
      const seen = expectedOutcomes(kase).map((outcome) =>
        outcome.kind === 'returned' ? outcome.results.join() : null,
      );
      return outer.flatMap((one, i) => {
        const [outcome] = expectedOutcomes(one);
        return outcome?.kind === 'returned'
          ? [{ word: outcome.results.join(), results: `${kase.seed} ${seen[i]}` }]
          : [];
      });
    });
    const byWord = new Map(words.map(({ word, results }) => [word, results]));
    for (const { word, results } of words) expect(byWord.get(word)).toBe(results);
    expect(byWord.size).toBeGreaterThan(40);
  });
});
