import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { functionNameText } from '../clif/module.ts';
import type { Directive } from '../clif/parse-directive.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { runValueBits } from '../clif/run-value.ts';
import { interpret } from './interpret.ts';
import { prepare } from './prepare.ts';
import type { Program } from './program.ts';
import { UnsupportedError } from './unsupported-error.ts';

/**
 * Wasmtime's runtests, which Cranelift's own CI holds to be right on riscv64. They are not part of the project:
 * CALLFUZZ_SHARED, or `shared/clif` beside the repository, holds them.
 */
const shared =
  process.env['CALLFUZZ_SHARED'] ?? fileURLToPath(new URL('../../../shared/clif', import.meta.url));
const folder = join(shared, 'runtests');
const isThere = existsSync(folder);

/** What needs more than CLIF's meaning. */
const KNOWN_UNSUPPORTED: readonly string[] = [];

/** Undefined by instructions.rs, stack_addr ("inside the stack slot"): its address is the end of a slot. */
const KNOWN_WILD = 'i128-load-store.clif: %i128_stack_store_load_inst_offset: ';

/** `pass`, `unsupported`, or what went wrong. */
type Result = string;

function runDirective(program: Program, directive: Directive): Result {
  try {
    const inputs = directive.args.map(({ text, type }) => runValueBits(text, type));
    const outcome = interpret(program, directive.functionName, inputs, { strictUninit: false });
    if (outcome.kind !== 'returned') return JSON.stringify(outcome);
    if (directive.kind === 'print') return 'pass';
    const expected = directive.expected.map(({ text, type }) => runValueBits(text, type));
    const isEqual =
      expected.length === outcome.results.length && expected.every((e, i) => e === outcome.results[i]);
    if (isEqual === (directive.comparison === '==')) return 'pass';
    return `${directive.args.map((a) => a.text).join(', ')} ${directive.comparison} ${expected.join(',')}, not ${outcome.results.join(',')}`;
  } catch (error) {
    if (error instanceof UnsupportedError) return 'unsupported';
    throw error;
  }
}

test.skipIf(!isThere)(
  `runtests in ${isThere ? 'shared/clif' : 'shared/clif (absent: set CALLFUZZ_SHARED)'}`,
  () => {
    const failures: string[] = [];
    const unsupported = new Set<string>();
    let passed = 0;
    let skipped = 0;
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.clif'))) {
      const parsed = parseClif(readFileSync(join(folder, file), 'utf8'), { file });
      if (parsed.kind === 'error') {
        failures.push(clifErrorText(parsed));
        continue;
      }
      if (!parsed.file.targets.some((target) => target.isa.startsWith('riscv64'))) continue;
      const program = prepare(parsed.file.module);
      for (const error of program.unsupported)
        unsupported.add(`${file}: ${error.functionName}: ${error.op}.${error.type}`);
      for (const directive of parsed.file.directives) {
        const result = runDirective(program, directive);
        if (result === 'pass') passed++;
        else if (result === 'unsupported') skipped++;
        else {
          const failure = `${file}: ${functionNameText(directive.functionName)}: ${result}`;
          if (failure.startsWith(KNOWN_WILD) && failure.includes('wild access')) skipped++;
          else failures.push(failure);
        }
      }
    }
    console.log(
      `runtests: ${passed} directives pass, ${failures.length} fail, ${skipped} known to be out of reach`,
    );
    expect(failures).toEqual([]);
    expect([...unsupported]).toEqual(KNOWN_UNSUPPORTED);
  },
);
