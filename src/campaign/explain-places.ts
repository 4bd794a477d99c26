import { layoutSignature, type Part, type SignatureLayout, type ValueLayout } from '../abi/layout.ts';
import { fName, xName, A0 } from '../abi/registers.ts';
import { HarnessError } from '../clif/harness-error.ts';
import type { Value } from '../clif/module.ts';
import { signatureText } from '../clif/print.ts';
import type { Signature } from '../clif/signature.ts';
import type { ExplainedPlace, ExplainedSignature } from '../report/explain-model.ts';

/** Null for what Cranelift refuses: such a signature has no places; the text says why. */
export function layoutOf(
  signature: Signature,
  implicitReturnArea: boolean,
): { readonly layout: SignatureLayout | null; readonly refusal: string | null } {
  try {
    return { layout: layoutSignature(signature, { implicitReturnArea }), refusal: null };
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return { layout: null, refusal: error.message };
  }
}

function partText(part: Part, isSplit: boolean, area: string): string {
  const { place } = part;
  const where =
    place.kind === 'memory'
      ? `${area}+${place.offset}`
      : place.kind === 'x'
        ? xName(place.register)
        : fName(place.register);
  return isSplit ? `${where} bits ${part.valueBit} to ${part.valueBit + part.bits - 1}` : where;
}

function notesOf(layout: ValueLayout): readonly string[] {
  const { parts, purpose } = layout;
  const extension = parts.find((part) => part.extension !== 'none')?.extension;
  const kinds = new Set(parts.map((part) => part.place.kind));
  return [
    ...(purpose.kind === 'normal' ? [] : [purpose.kind]),
    ...(extension === undefined ? [] : [`${extension} to 64 bits`]),
    ...(parts.some((part) => part.isNanBoxed) ? ['NaN-boxed'] : []),
    ...(kinds.size > 1 ? ['split between register and memory'] : []),
  ];
}

function placeOf(
  role: ExplainedPlace['role'],
  name: string,
  layout: ValueLayout,
  area: string,
): ExplainedPlace {
  const isSplit = layout.parts.length > 1;
  return {
    role,
    name,
    type: layout.type,
    place: layout.parts.map((part) => partText(part, isSplit, area)).join(' and '),
    notes: notesOf(layout),
  };
}

function areaLines(layout: SignatureLayout): readonly string[] {
  const { argumentAreaBytes, returnAreaBytes, poppedBytes, sretParam } = layout;
  return [
    ...(argumentAreaBytes === 0 ? [] : [`stack arguments: ${argumentAreaBytes} bytes from sp at the call`]),
    ...(poppedBytes === 0
      ? []
      : [`the callee pops ${poppedBytes} bytes: sp is that much higher after the call`]),
    ...(returnAreaBytes === 0
      ? []
      : [`return area: ${returnAreaBytes} bytes, its address hidden in ${xName(A0)} ahead of all arguments`]),
    ...(sretParam === null ? [] : [`argument ${sretParam} (sret) comes back in ${xName(A0)}`]),
  ];
}

const named = (values: readonly Value[], index: number): string => {
  const value = values[index];
  return value === undefined ? `${index}` : `v${value}`;
};

/** Where a signature's values go; `params` and `results` are the values at hand, for their names. */
export function explainSignature(
  signature: Signature,
  params: readonly Value[],
  results: readonly Value[],
  implicitReturnArea: boolean,
): ExplainedSignature {
  const { layout, refusal } = layoutOf(signature, implicitReturnArea);
  const text = signatureText(signature);
  if (layout === null) return { text, places: [], lines: [`no places: ${refusal}`] };
  return {
    text,
    places: [
      ...layout.params.map((value, i) => placeOf('argument', named(params, i), value, 'stack')),
      ...layout.returns.map((value, i) => placeOf('result', named(results, i), value, 'return area')),
    ],
    lines: areaLines(layout),
  };
}
