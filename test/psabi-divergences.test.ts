import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CRANELIFT, ensureDriver } from '../src/backend/driver-build.ts';
import { Driver } from '../src/backend/driver.ts';
import { functionNameText } from '../src/clif/module.ts';
import { ROOT } from './callfuzz-process.ts';

/*
 * The C files of docs/psabi: callers and callees by gcc and by Cranelift meet in one program. Each side understands itself, and neither
 * the other; where that ends, a known issue and a section of docs/findings.md have to go.
 */

const FOLDER = join(ROOT, 'docs/psabi');
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.c'))
  .map((name) => name.slice(0, -2));
const SYMBOLS: Readonly<Record<string, string>> = { 'u0:0': 'cranelift_callee', 'u0:1': 'cranelift_caller' };

let driver: Driver;
let directory: string;

beforeAll(async () => {
  driver = await Driver.start((await ensureDriver(DEFAULT_CRANELIFT)).path);
  directory = mkdtempSync(join(tmpdir(), 'callfuzz-meet-'));
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await driver.close();
});

/** Cranelift's code as assembly that defines the symbols. */
async function compileClif(name: string, optLevel: string): Promise<string> {
  const text = readFileSync(join(FOLDER, `${name}.clif`), 'utf8');
  const [result] = await driver.compile(text, [{ shared: { opt_level: optLevel }, isa: [] }]);
  if (result?.kind !== 'compiled') throw new Error(`${name}.clif: ${result?.kind}`);
  return result.functions
    .map((fn) => {
      expect(fn.relocations).toEqual([]);
      const symbol = SYMBOLS[functionNameText(fn.name)];
      return `.text\n.balign 16\n.globl ${symbol}\n${symbol}:\n.byte ${[...fn.code].join(',')}\n`;
    })
    .join('');
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: directory });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}

describe.each(NAMES)('%s', (name) => {
  it.each(['none', 'speed'])(
    'gcc and Cranelift, opt_level=%s, understand themselves alone',
    async (optLevel) => {
      writeFileSync(join(directory, `${name}.s`), await compileClif(name, optLevel));
      const flags = ['-static', '-O2', '-Wall', '-Wextra', '-Werror'];
      run('riscv64-linux-gnu-gcc', [...flags, '-o', name, join(FOLDER, `${name}.c`), `${name}.s`]);
      expect(
        run('qemu-riscv64', [join(directory, name)])
          .trimEnd()
          .split('\n'),
      ).toEqual([
        'C calls C: right',
        'Cranelift calls Cranelift: right',
        'C calls Cranelift: wrong',
        'Cranelift calls C: wrong',
      ]);
    },
  );
});
