import type { Configuration } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import { functionNameText, type FunctionName, type Module } from '../clif/module.ts';
import type { Directive } from '../clif/parse-directive.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { runValueBits } from '../clif/run-value.ts';
import type { Expectation } from '../compare/expectation.ts';
import { riscv64Configurations } from './entry-case.ts';
import { withLibcalls } from './libcall-definitions.ts';

/** One `; run:` or `; print:` line as data. */
export interface Check {
  /** `%f(1, 2) == 3`: the line as a person knows it. */
  readonly text: string;
  readonly entry: FunctionName;
  /** One bit pattern per parameter. */
  readonly input: readonly bigint[];
  /** Null for `print`, which expects nothing. */
  readonly expectation: Expectation | null;
}

/** A `.clif` file as a test of riscv64; `configurations` is empty where it has no target of that ISA. */
export interface Filetest {
  readonly file: string;
  readonly module: Module;
  readonly configurations: readonly Configuration[];
  readonly checks: readonly Check[];
}

function valuesText(values: readonly { readonly text: string }[]): string {
  return values.map((value) => value.text).join(', ');
}

function directiveText(directive: Directive): string {
  const call = `${functionNameText(directive.functionName)}(${valuesText(directive.args)})`;
  if (directive.kind === 'print') return `print ${call}`;
  const values = valuesText(directive.expected);
  const expected = directive.expected.length === 1 ? values : `[${values}]`;
  return `${call} ${directive.comparison} ${expected}`;
}

function checkOf(directive: Directive, file: string): Check {
  const text = directiveText(directive);
  try {
    const bits = ({ text: value, type }: (typeof directive.args)[number]): bigint => runValueBits(value, type);
    const input = directive.args.map(bits);
    const expectation =
      directive.kind === 'print'
        ? null
        : {
            comparison: directive.comparison,
            types: directive.expected.map((value) => value.type),
            results: directive.expected.map(bits),
          };
    return { text, entry: directive.functionName, input, expectation };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`${file}: ${text}: ${error.message}`, { cause: error });
  }
}

/** Reads a filetest; `file` names it in errors. Throws UsageError for text that is not CLIF. */
export function readFiletest(text: string, file: string): Filetest {
  const parsed = parseClif(text, { file });
  if (parsed.kind === 'error') throw new UsageError(clifErrorText(parsed));
  const clif = parsed.file;
  return {
    file,
    module: withLibcalls(clif.module),
    configurations: riscv64Configurations(clif.targets),
    checks: clif.directives.map((directive) => checkOf(directive, file)),
  };
}
