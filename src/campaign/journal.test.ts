import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../clif/harness-error.ts';
import { Journal, readJournal, type JournalChunk, type JournalHeader } from './journal.ts';

const HEADER: JournalHeader = {
  schema: 'callfuzz.journal/2',
  seed: '7',
  profile: 'default',
  cranelift: '0.135.8',
  emulator: 'qemu',
  isa: ['has_v'],
  shard: '0/1',
  cases: 200,
  minutes: null,
  knownCoverage: null,
  veneers: true,
};

function chunk(from: number): JournalChunk {
  return {
    from,
    to: from + 50,
    cases: 50,
    modules: 100,
    seconds: from / 10,
    verdicts: { agree: 49, finding: 1 },
    declined: {},
    phases: { compile: 3.5 },
    coverage: '',
    findings: [
      {
        index: from + 3,
        caseSeed: '0123456789abcdef',
        verdict: 'finding',
        coarse: 'miscompile: a result',
        kind: 'miscompile',
        place: 'result i64 in integer registers',
        detail: 'zwölf ≠ 12',
        configuration: 1,
        known: null,
        seconds: 1.5,
      },
    ],
  };
}

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callfuzz-journal-'));
  file = join(folder, 'journal.jsonl');
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(...from: number[]): void {
  const journal = new Journal(file, HEADER);
  for (const first of from) journal.append(chunk(first));
  journal.close();
}

describe('a journal', () => {
  it('gives back what was appended', () => {
    write(0, 100, 50);
    expect(readJournal(file)).toEqual({ header: HEADER, chunks: [chunk(0), chunk(100), chunk(50)] });
  });

  it('has each chunk on disk before append comes back', () => {
    const journal = new Journal(file, HEADER);
    journal.append(chunk(0));
    expect(readJournal(file).chunks).toHaveLength(1);
    journal.append(chunk(50));
    expect(readJournal(file).chunks).toHaveLength(2);
    journal.close();
  });

  it('goes on where it was left, with one header', () => {
    write(0);
    const journal = new Journal(file, null);
    journal.append(chunk(50));
    journal.close();
    expect(readJournal(file)).toEqual({ header: HEADER, chunks: [chunk(0), chunk(50)] });
  });
});

describe('a journal whose writer was killed', () => {
  it('loses its unfinished last line, at whatever byte it ends', () => {
    write(0, 50);
    const whole = readFileSync(file);
    const last = Buffer.from(`${JSON.stringify(chunk(100))}\n`);
    for (const length of [1, 20, last.indexOf('ö') + 1, last.length - 1]) {
      writeFileSync(file, Buffer.concat([whole, last.subarray(0, length)]));
      expect(readJournal(file).chunks.map(({ from }) => from)).toEqual([0, 50]);
      // Cut off on disk too, or the next line would be written behind it.
      expect(readFileSync(file).equals(whole)).toBe(true);
    }
  });

  it('takes the chunk again after that', () => {
    write(0);
    appendFileSync(file, JSON.stringify(chunk(50)).slice(0, 40));
    readJournal(file);
    const journal = new Journal(file, null);
    journal.append(chunk(50));
    journal.close();
    expect(readJournal(file)).toEqual({ header: HEADER, chunks: [chunk(0), chunk(50)] });
  });
});

describe('a damaged journal', () => {
  function fault(): string {
    try {
      readJournal(file);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      return error instanceof Error ? error.message : '';
    }
    throw new Error('the damage went unseen');
  }

  function damage(line: number, change: (text: string) => string): void {
    const lines = readFileSync(file, 'utf8').split('\n');
    lines[line - 1] = change(lines[line - 1] ?? '');
    writeFileSync(file, lines.join('\n'));
  }

  it('in the middle is named by file and line', () => {
    write(0, 50, 100);
    damage(3, (text) => text.slice(0, 30));
    expect(fault()).toMatch(`${file}:3: `);
    expect(fault()).not.toContain('\n');
  });

  it('by a line that is JSON and no chunk is named too', () => {
    write(0, 50);
    damage(2, () => '{"from": "zero"}');
    expect(fault()).toMatch(`${file}:2: `);
  });

  it('in its header, or of another schema, is named', () => {
    write(0);
    damage(1, (text) => text.replace('journal/2', 'journal/9'));
    expect(fault()).toMatch(`${file}:1: `);
  });

  it('without a line is named', () => {
    writeFileSync(file, '');
    expect(fault()).toMatch(`${file}:1: `);
  });

  it('is left as it is', () => {
    write(0, 50);
    damage(2, () => 'nonsense');
    const before = readFileSync(file);
    fault();
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
