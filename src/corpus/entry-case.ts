import { basename } from 'node:path';
import type { Case, Configuration } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import type { Function, FunctionName } from '../clif/module.ts';
import { functionNameText } from '../clif/module.ts';
import type { ClifFile } from '../clif/parse.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { runValueBits } from '../clif/run-value.ts';
import type { Entry } from './entry.ts';
import { withLibcalls } from './libcall-definitions.ts';

/** The case an entry keeps. It has the seed it had when it was found, and so the same poison. */
export function caseFromEntry(entry: Entry): Case {
  return {
    seed: entry.caseSeed,
    module: entry.module,
    entry: { kind: 'test', name: 'main' },
    inputs: entry.inputs,
    configurations: entry.configurations,
    ...(entry.parties === undefined ? {} : { parties: entry.parties }),
  };
}

function sortedConfiguration(shared: Readonly<Record<string, string>>, flags: readonly string[]): Configuration {
  const isa = flags.filter((flag) => !flag.endsWith('=false')).map((flag) => flag.replace(/=true$/, ''));
  const sorted = Object.entries(shared).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { shared: Object.fromEntries(sorted), isa: [...new Set(isa)].toSorted() };
}

/** One configuration for each riscv64 target. Targets of other ISAs do not matter here. */
export function riscv64Configurations(targets: ClifFile['targets']): readonly Configuration[] {
  return targets
    .filter((target) => target.isa.startsWith('riscv64'))
    .map((target) => sortedConfiguration(target.shared, target.flags));
}

/** Those of the riscv64 targets, none where all are of other ISAs; one with the file's settings where it names no target at all. */
function configurationsOf(file: ClifFile): readonly Configuration[] {
  if (file.targets.length === 0) return [sortedConfiguration(file.settings, [])];
  return riscv64Configurations(file.targets);
}

function inputsOf(clif: ClifFile, name: string, path: string): readonly (readonly bigint[])[] {
  const inputs = new Map<string, readonly bigint[]>();
  for (const directive of clif.directives) {
    if (functionNameText(directive.functionName) !== name) continue;
    try {
      const input = directive.args.map((arg) => runValueBits(arg.text, arg.type));
      inputs.set(input.join(), input);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UsageError(`${path}: run line of ${name}: ${error.message}`, { cause: error });
    }
  }
  return [...inputs.values()];
}

/**
 * The cases in a `.clif` from elsewhere: one for each function that a `; run:` or `; print:` line calls, each with the whole
 * module. Without such lines the last function is the entry, with one input of zeros. `file` names the text in errors and seeds.
 * Runtime routines of arithmetic that the module only names are defined in it. Throws UsageError for text that is not CLIF
 * and for a file without functions.
 */
export function caseFromClif(text: string, file: string): readonly Case[] {
  const parsed = parseClif(text, { file });
  if (parsed.kind === 'error') throw new UsageError(clifErrorText(parsed));
  const clif = parsed.file;
  const last = clif.module.functions.at(-1);
  if (last === undefined) throw new UsageError(`${file}: has no function`);
  const configurations = configurationsOf(clif);
  const module = withLibcalls(clif.module);
  const makeCase = (entry: FunctionName, inputs: Case['inputs']): Case => ({
    // Not the whole path: the same file has the same poisons wherever it lies.
    seed: `${basename(file)} ${functionNameText(entry)}`,
    module,
    entry,
    inputs,
    configurations,
  });
  const called = new Map<string, Function['name']>();
  for (const { functionName } of clif.directives) called.set(functionNameText(functionName), functionName);
  if (called.size === 0) return [makeCase(last.name, [last.signature.params.map(() => 0n)])];
  return [...called].map(([name, functionName]) => makeCase(functionName, inputsOf(clif, name, file)));
}
