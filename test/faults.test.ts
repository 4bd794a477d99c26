import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { editText } from '../bench/faults/apply-fault.ts';
import { readFaultTable, type Fault } from '../bench/faults/fault-table.ts';
import { UsageError } from '../src/clif/harness-error.ts';

const TABLE = readFaultTable(fileURLToPath(new URL('../bench/faults/fault-table.json', import.meta.url)));

const FAULT: Fault = {
  name: 'sample',
  what: 'two is three',
  file: 'sample.txt',
  line: 2,
  column: 5,
  length: 3,
  sha256: createHash('sha256').update('two').digest('hex'),
  text: 'three',
};

describe('planted faults', () => {
  it('are a dozen and more, each with a name of its own', () => {
    const names = TABLE.faults.map((fault) => fault.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(12);
  });

  it('replace the text at their place and nothing else', () => {
    expect(editText('one\nand two, two\n', FAULT)).toBe('one\nand three, two\n');
  });

  it('are refused where another text stands', () => {
    for (const source of ['one\nand ten, two\n', 'one\n', 'one\nand tw']) {
      expect(() => editText(source, FAULT)).toThrow(UsageError);
    }
  });
});
