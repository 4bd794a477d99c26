import { layoutSignature, type Part, type SignatureLayout, type ValueLayout } from '../abi/layout.ts';
import { fName, xName } from '../abi/registers.ts';
import type { CompiledFunction, CompileResult } from '../backend/compile-result.ts';
import type { Driver } from '../backend/driver.ts';
import { configurationText, type Case, type Configuration } from '../clif/case.ts';
import { HarnessError, UsageError } from '../clif/harness-error.ts';
import { functionNameText, type Function, type Inst, type Value } from '../clif/module.ts';
import { printFunction, printModule, signatureText } from '../clif/print.ts';
import { instText } from '../clif/print-inst.ts';
import type { Signature } from '../clif/signature.ts';
import { compileFinding } from '../compare/compile-finding.ts';

/** `a0`, `fa1`, `stack+16`, `return area+0`; with the bits of the value where it is split. */
function partText(part: Part, isSplit: boolean, area: string): string {
  const { place } = part;
  const where =
    place.kind === 'memory'
      ? `${area}+${place.offset}`
      : place.kind === 'x'
        ? xName(place.register)
        : fName(place.register);
  const bits = isSplit ? ` bits ${part.valueBit} to ${part.valueBit + part.bits - 1}` : '';
  const boxed = part.isNanBoxed ? ' NaN-boxed' : '';
  return `${where}${bits}${part.extension === 'none' ? '' : ` ${part.extension}`}${boxed}`;
}

function valueText(name: string, layout: ValueLayout, area: string): string {
  const parts = layout.parts.map((part) => partText(part, layout.parts.length > 1, area));
  const places = new Set(layout.parts.map((part) => part.place.kind));
  const split = places.size > 1 ? ' (split between register and memory)' : '';
  const purpose = layout.purpose.kind === 'normal' ? '' : ` ${layout.purpose.kind}`;
  return `${name}: ${layout.type}${purpose} in ${parts.join(' and ')}${split}`;
}

function areaLines(layout: SignatureLayout): readonly string[] {
  const { argumentAreaBytes, returnAreaBytes, poppedBytes } = layout;
  return [
    ...(argumentAreaBytes === 0 ? [] : [`stack arguments: ${argumentAreaBytes} bytes from sp`]),
    ...(poppedBytes === 0 ? [] : [`the callee pops ${poppedBytes} bytes`]),
    ...(returnAreaBytes === 0 ? [] : [`return area: ${returnAreaBytes} bytes, its address in ${xName(10)}`]),
  ];
}

/** One line for each value of a signature; `names` are those of the values at hand. */
function signatureLines(
  signature: Signature,
  params: readonly string[],
  results: readonly string[],
  implicitReturnArea: boolean,
): readonly string[] {
  let layout: SignatureLayout;
  try {
    layout = layoutSignature(signature, { implicitReturnArea });
  } catch (error) {
    // What Cranelift refuses has no places; the reason is the answer.
    if (error instanceof HarnessError) return [`no places: ${error.message}`];
    throw error;
  }
  return [
    ...layout.params.map((value, i) => valueText(`argument ${params[i] ?? i}`, value, 'stack')),
    ...layout.returns.map((value, i) => valueText(`result ${results[i] ?? i}`, value, 'return area')),
    ...areaLines(layout),
  ];
}

interface CallParts {
  readonly signature: Signature;
  readonly args: readonly Value[];
}

/** The signature an instruction calls by and the arguments it passes, or null for no call. */
function callParts(fn: Function, inst: Inst): CallParts | null {
  const by = (sig: number | undefined, args: readonly Value[]): CallParts | null => {
    const signature = sig === undefined ? undefined : fn.sigRefs.get(sig);
    return signature === undefined ? null : { signature, args };
  };
  switch (inst.kind) {
    case 'call':
      return by(fn.funcRefs.get(inst.func)?.sig, inst.args);
    case 'call_indirect':
      return by(inst.sig, inst.args.slice(1));
    case 'try_call':
      return by(inst.table.sig, inst.args);
    case 'try_call_indirect':
      return by(inst.table.sig, inst.args.slice(1));
    default:
      return null;
  }
}

const names = (values: readonly Value[]): readonly string[] => values.map((value) => `v${value}`);

function indented(lines: readonly string[], by: string): readonly string[] {
  return lines.map((line) => `${by}${line}`);
}

function callLines(fn: Function, implicitReturnArea: boolean): readonly string[] {
  return fn.blocks.flatMap((block) =>
    block.insts.flatMap((inst) => {
      const call = callParts(fn, inst);
      if (call === null) return [];
      const places = signatureLines(
        call.signature,
        names(call.args),
        names(inst.results),
        implicitReturnArea,
      );
      return [
        `  block${block.id}: ${instText(inst)}`,
        `    by ${signatureText(call.signature)}`,
        ...indented(places, '    '),
      ];
    }),
  );
}

function codeLines(
  result: CompileResult | undefined,
  compiled: CompiledFunction | undefined,
): readonly string[] {
  if (result === undefined) return ['no result'];
  if (result.kind === 'bad-flag') return [result.message];
  if (result.kind !== 'compiled') return [compileFinding(result).detail];
  if (compiled === undefined) return ['not compiled'];
  const head = `frame ${compiled.frameSizeBytes} bytes, code ${compiled.code.length} bytes`;
  return [head, ...(compiled.vcode ?? 'no VCode').trimEnd().split('\n')];
}

/**
 * For each function of a case its CLIF, where its own values and those of each call go by the ABI, and Cranelift's VCode
 * under `configuration`. Throws UsageError for a setting this Cranelift lacks. The places are the ABI model's, the VCode is Cranelift's: where they disagree is the bug.
 */
export async function explainCase(
  driver: Driver,
  cranelift: string,
  kase: Case,
  configuration: Configuration,
): Promise<readonly string[]> {
  const { module } = kase;
  const [result] = await driver.compile(printModule(module, { cranelift }), [configuration], {
    wantVcode: true,
  });
  if (result?.kind === 'bad-flag') throw new UsageError(`Cranelift ${cranelift}: ${result.message}`);
  const implicitReturnArea = configuration.shared['enable_multi_ret_implicit_sret'] === 'true';
  const functions = result?.kind === 'compiled' ? result.functions : [];
  return [
    `configuration: ${configurationText(configuration)}`,
    ...module.functions.flatMap((fn) => {
      const name = functionNameText(fn.name);
      const compiled = functions.find((f) => functionNameText(f.name) === name);
      const params = names(fn.blocks[0]?.params.map((p) => p.value) ?? []);
      const calls = callLines(fn, implicitReturnArea);
      return [
        '',
        `== ${name}`,
        printFunction(fn, { cranelift }).trimEnd(),
        '',
        'called with',
        ...indented(signatureLines(fn.signature, params, [], implicitReturnArea), '  '),
        ...(calls.length === 0 ? ['no calls'] : ['calls', ...calls]),
        'VCode',
        ...indented(codeLines(result, compiled), '  '),
      ];
    }),
  ];
}
