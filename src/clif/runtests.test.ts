import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkModule, problemText } from './check.ts';
import { clifErrorText, parseClif } from './parse.ts';
import { printModule } from './print.ts';
import { runValueBits, runValueText } from './run-value.ts';

const shared = process.env['CALLFUZZ_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');
const folder = join(shared, 'clif/runtests');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.clif')) : [];

describe.skipIf(files.length === 0)('runtests of Wasmtime', () => {
  const texts = files.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

  it('parses each, and print after parse is a fixed point', () => {
    for (const { name, text } of texts) {
      const first = parseClif(text, { file: name });
      if (first.kind === 'error') throw new Error(clifErrorText(first));
      const printed = printModule(first.file.module);
      const second = parseClif(printed, { file: name });
      if (second.kind === 'error') throw new Error(clifErrorText(second));
      expect(printModule(second.file.module)).toBe(printed);
    }
  });

  it('finds all of them valid, but for functions they do not define', () => {
    for (const { name, text } of texts) {
      const parsed = parseClif(text, { file: name });
      const problems = parsed.kind === 'ok' ? checkModule(parsed.file.module, { allowExternals: true }) : [];
      expect(problems.map(problemText)).toEqual([]);
    }
  });

  it('converts every value of a run line to bits and back', () => {
    let count = 0;
    for (const { text } of texts) {
      const parsed = parseClif(text);
      if (parsed.kind === 'error') continue;
      for (const directive of parsed.file.directives) {
        const values = directive.kind === 'run' ? [...directive.args, ...directive.expected] : directive.args;
        for (const { text: written, type } of values) {
          const bits = runValueBits(written, type);
          const again = runValueBits(runValueText(bits, type), type);
          if (again !== bits) expect.unreachable(`${written} of ${type} comes back as ${again}`);
          count += 1;
        }
      }
    }
    expect(count).toBeGreaterThan(10_000);
  });
});
