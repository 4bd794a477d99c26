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

/** xorshift32: the same mutations on every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const SNIPPETS = [
  '(',
  ')',
  '{',
  '}',
  ',',
  ' -> ',
  '=',
  '; run: ',
  'v0',
  'block0',
  'i32',
  'function %f() {',
  '"',
  '@',
  '%',
  '\n',
  '-',
  '0x',
  '\u{1f980}',
  'sig0',
  'v99999999999',
];

function mutate(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const size = random(8);
  switch (random(4)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + size);
    case 2:
      return text.slice(0, at) + (SNIPPETS[random(SNIPPETS.length)] ?? '') + text.slice(at + size);
    default: {
      const from = random(text.length + 1);
      return text.slice(0, at) + text.slice(from, from + 40) + text.slice(at);
    }
  }
}

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

  it('never throws on damaged text, and points into it', () => {
    const random = randomFrom(0x2545f491);
    let errors = 0;
    for (let i = 0; i < 2000; i++) {
      const source = texts[random(texts.length)]?.text ?? '';
      let damaged = source;
      for (let k = 0; k <= random(3); k++) damaged = mutate(damaged, random);
      const result = parseClif(damaged);
      if (result.kind === 'ok') {
        const printed = printModule(result.file.module);
        expect(parseClif(printed).kind).toBe('ok');
        checkModule(result.file.module);
        continue;
      }
      errors += 1;
      expect(result.line).toBeGreaterThan(0);
      expect(result.line).toBeLessThanOrEqual(damaged.split('\n').length);
      expect(result.column).toBeGreaterThan(0);
    }
    expect(errors).toBeGreaterThan(500);
  }, 15_000);
});
