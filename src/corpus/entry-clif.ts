import type { Configuration } from '../clif/case.ts';
import type { Function, FunctionName, Module } from '../clif/module.ts';
import { functionNameText } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { printFunction } from '../clif/print.ts';
import { runValueText } from '../clif/run-value.ts';
import type { AbiParam } from '../clif/signature.ts';
import { typeInfo } from '../clif/type.ts';
import type { Entry } from './entry.ts';

export const ENTRY_FUNCTION = '%main';

/**
 * Defaults of Cranelift's shared settings (cranelift-codegen-meta 0.135.8, `shared/settings.rs`). `set` lines add up over a
 * file, so a configuration that leaves a setting alone after another has set it has to say the default.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  bb_padding_log2_minus_one: '0',
  enable_alias_analysis: 'true',
  enable_heap_access_spectre_mitigation: 'true',
  enable_llvm_abi_extensions: 'false',
  enable_multi_ret_implicit_sret: 'false',
  enable_nan_canonicalization: 'false',
  enable_pinned_reg: 'false',
  enable_probestack: 'false',
  enable_table_access_spectre_mitigation: 'true',
  enable_verifier: 'true',
  is_pic: 'false',
  libcall_call_conv: 'isa_default',
  log2_min_function_alignment: '0',
  machine_code_cfg_info: 'false',
  opt_level: 'none',
  preserve_frame_pointers: 'false',
  probestack_size_log2: '12',
  probestack_strategy: 'outline',
  regalloc_algorithm: 'backtracking',
  regalloc_checker: 'false',
  stack_switch_model: 'none',
  tls_model: 'none',
  unwind_info: 'true',
  use_colocated_libcalls: 'false',
};

/** One group of `set` lines and a `target` line for each configuration. */
function headerLines(configurations: readonly Configuration[]): readonly string[] {
  const inForce = new Map<string, string>();
  return configurations.flatMap(({ shared, isa, chaos }) => {
    const lines: string[] = [];
    const wanted = new Map(Object.entries(shared));
    for (const name of inForce.keys()) {
      const byDefault = DEFAULTS[name];
      if (!wanted.has(name) && byDefault !== undefined) wanted.set(name, byDefault);
    }
    for (const [name, value] of wanted) {
      if (inForce.get(name) === value) continue;
      inForce.set(name, value);
      lines.push(`set ${name}=${value}`);
    }
    // Filetests have no word for it.
    const seeded = chaos === undefined ? [] : [`; with the control plane seeded, chaos=${chaos}:`];
    return [...lines, ...seeded, ['target riscv64', ...isa].join(' ')];
  });
}

function valuesText(values: readonly bigint[], params: readonly AbiParam[]): string {
  return params.map((param, index) => runValueText(values[index] ?? 0n, param.type)).join(', ');
}

/** One comment per input: a run line with the right results, or words where Cranelift's runner cannot check it. */
function runLine(main: Function, input: readonly bigint[], outcome: Outcome | undefined): string {
  const { params, returns } = main.signature;
  const call = `${ENTRY_FUNCTION}(${valuesText(input, params)})`;
  if (outcome?.kind === 'trapped') return `; ${call} traps: ${outcome.code}`;
  if (outcome?.kind !== 'returned') return `; ${call} has no outcome`;
  const results = valuesText(outcome.results, returns);
  // Run lines hold at most 128 bits a value (cranelift-reader `parse_data_value`).
  const isWide = [...params, ...returns].some((param) => typeInfo(param.type).bits > 128);
  if (isWide) return `; ${call} returns [${results}]`;
  return `; run: ${call} == ${returns.length === 1 ? results : `[${results}]`}`;
}

function isMain(fn: Function): boolean {
  return functionNameText(fn.name) === ENTRY_FUNCTION;
}

/** The entry's `.clif` text, for Cranelift's filetest runner and this tool alike. `%main` comes last. */
export function entryClif(entry: Entry): string {
  const others = entry.module.functions.filter((fn) => !isMain(fn));
  const mains = entry.module.functions.filter(isMain);
  const lines = ['test run', ...headerLines(entry.configurations), ''];
  const note = entry.note.split('\n').flatMap((line) => (line.trim() === '' ? [] : [`; ${line.trim()}`]));
  const functions = [...others, ...mains].map((fn) => printFunction(fn));
  const runs = mains.flatMap((main) =>
    entry.inputs.map((input, index) => runLine(main, input, entry.expected[index])),
  );
  return `${[...note, ...lines].join('\n')}\n${functions.join('\n')}\n${runs.join('\n')}\n`;
}

/** The module with its entry named `%main`; a function of that name takes the entry's old one. */
export function withMainEntry(module: Module, entry: FunctionName): Module {
  const old = functionNameText(entry);
  if (old === ENTRY_FUNCTION) return module;
  const main: FunctionName = { kind: 'test', name: ENTRY_FUNCTION.slice(1) };
  const rename = (name: FunctionName): FunctionName => {
    const text = functionNameText(name);
    return text === old ? main : text === ENTRY_FUNCTION ? entry : name;
  };
  return {
    functions: module.functions.map((fn) => ({
      ...fn,
      name: rename(fn.name),
      funcRefs: new Map([...fn.funcRefs].map(([key, ref]) => [key, { ...ref, name: rename(ref.name) }])),
    })),
  };
}
