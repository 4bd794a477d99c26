import { convention } from '../abi/convention.ts';
import { fName, xName } from '../abi/registers.ts';
import type { CompiledFunction, ValueLabels, ValuePlace, ValueRange } from '../backend/compile-result.ts';
import type { Function, Inst, Value } from '../clif/module.ts';
import type { CallConv } from '../clif/signature.ts';
import { typeInfo } from '../clif/type.ts';
import type { ExplainedLive } from '../report/explain-model.ts';
import type { CallInst } from './explain-calls.ts';
import type { CallJump } from './explain-sites.ts';

/** Where a value is while a call is under way, or null where Cranelift tells no place. */
export function rangeAcross(labels: ValueLabels, value: Value, jump: CallJump): ValueRange | null {
  return (
    labels.ranges.find(
      (range) => range.value === value && range.start <= jump.start && range.end > jump.end + 1,
    ) ?? null
  );
}

/** `s2`, `fs0`, `v8`, `spill slot at CFA-40 (sp+24)`. */
export function placeText(place: ValuePlace, spFromCfa: number | null): string {
  switch (place.kind) {
    case 'x':
      return xName(place.register);
    case 'f':
      return fName(place.register);
    case 'v':
      return `v${place.register}`;
    case 'cfa': {
      const fromCfa = `CFA${place.offset < 0 ? '' : '+'}${place.offset}`;
      return spFromCfa === null
        ? `spill slot at ${fromCfa}`
        : `spill slot at sp+${place.offset + spFromCfa} (${fromCfa})`;
    }
  }
}

/** Everything is lost on the way to a handler of these (cranelift-codegen `isa/riscv64/abi.rs`, `get_regs_clobbered_by_call`). */
const THROWS_ALL: ReadonlySet<CallConv> = new Set(['tail', 'preserve_all']);

export function losesEverything(call: CallInst): boolean {
  return call.isTry && THROWS_ALL.has(call.signature.callConv);
}

/** Whether a value in `place` is still there after the call. */
export function survives(call: CallInst, place: ValuePlace): boolean {
  if (place.kind === 'cfa') return true;
  if (losesEverything(call)) return false;
  const { savedX, savedF, savesVectors } = convention(call.signature.callConv);
  if (place.kind === 'v') return savesVectors;
  return (place.kind === 'x' ? savedX : savedF).includes(place.register);
}

const MADE_AGAIN: Readonly<Record<string, string>> = {
  stack: 'an address in the frame, made again where it is used',
  func_addr: 'the address of a function, made again where it is used',
  global: 'an address, made again where it is used',
};

/** Why Cranelift tells no place of a value across a call. */
function whyNowhere(fn: Function, value: Value): string {
  const definition = fn.blocks
    .flatMap((block) => block.insts)
    .find((inst: Inst) => inst.results.includes(value));
  if (definition?.kind === 'const') return 'constant, made again where it is used';
  const again = definition === undefined ? undefined : MADE_AGAIN[definition.kind];
  if (again !== undefined) return again;
  const type = fn.valueTypes[value];
  const info = type === undefined ? null : typeInfo(type);
  if (info !== null && !info.isVector && info.bits === 128)
    return 'in two registers or slots: Cranelift labels no value that takes two';
  return 'no place told: folded into other instructions, made again, or gone after optimisation';
}

/** Where each of `live` is kept across the call. `spFromCfa`: how far sp lies below the CFA there. */
export function explainLive(
  call: CallInst,
  live: readonly Value[],
  compiled: CompiledFunction | undefined,
  jump: CallJump | null,
  spFromCfa: number | null,
): readonly ExplainedLive[] {
  const labels = compiled?.values;
  return live.map((value) => {
    const type = call.fn.valueTypes[value] ?? '?';
    const name = `v${value}`;
    if (labels === undefined || jump === null) return { name, type, place: 'not known: no code' };
    const range = rangeAcross(labels, value, jump);
    const place = range === null ? whyNowhere(call.fn, value) : placeText(range.place, spFromCfa);
    return { name, type, place };
  });
}

function rangesText(numbers: readonly number[], name: (n: number) => string): string {
  return numbers.map(name).join(' ');
}

const ALL = Array.from({ length: 32 }, (_, n) => n);
const NEVER_LOST = [0, 1, 2, 3, 4];

/** What a call loses, by its declared convention and for a try_call by Cranelift's rules. */
export function clobberLines(call: CallInst): readonly string[] {
  const { callConv } = call.signature;
  if (call.isTail) return ['nothing of this function is left after a tail call'];
  if (losesEverything(call)) {
    return [
      `every x, f and v register: a ${callConv} callee of a try_call keeps none on the way to a handler`,
    ];
  }
  const { savedX, savedF, savesVectors } = convention(callConv);
  const x = ALL.filter((n) => !NEVER_LOST.includes(n) && !savedX.includes(n));
  const f = ALL.filter((n) => !savedF.includes(n));
  const source =
    callConv === 'preserve_all' ? 'preserve_all, CallConv::PreserveAll' : `${callConv}, psABI LP64D`;
  return [
    `x registers (${source}): ra ${rangesText(x, xName)}`,
    f.length === 0 ? 'no f registers' : `f registers: ${rangesText(f, fName)}`,
    `${savesVectors ? 'vl, vtype' : 'all v registers, vl, vtype'} and the stack below sp`,
  ];
}
