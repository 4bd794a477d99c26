import type { CompiledFunction } from '../backend/compile-result.ts';
import { disassemble, type Disassembly } from '../backend/disassemble.ts';
import type { NativeFunction } from '../backend/native-code.ts';
import { functionNameText } from '../clif/module.ts';
import { instText } from '../clif/print-inst.ts';
import type { ExplainedCode } from '../report/explain-model.ts';
import type { CallInst } from './explain-calls.ts';
import { linkingJumps, stretchOf, type CallJump } from './explain-sites.ts';

/** Lines shown before and after the call's own. */
const CONTEXT = 4;

export function noCode(reason: string): ExplainedCode {
  return { lines: [], marked: [], reason };
}

function windowOf(
  lines: readonly string[],
  from: number,
  to: number,
  marked: readonly number[],
): ExplainedCode {
  const start = Math.max(0, from - CONTEXT);
  const end = Math.min(lines.length, to + CONTEXT + 1);
  return { lines: lines.slice(start, end), marked: marked.map((line) => line - start), reason: null };
}

/** The call in its block. */
export function clifAround(call: CallInst): ExplainedCode {
  const at = call.block.insts.indexOf(call.inst);
  const lines = call.block.insts.map((inst) => `  ${instText(inst)}`);
  return windowOf(lines, at, at, [at]);
}

const LINKING = /^\s*call(ind)?\b/;
const TAIL = /^\s*return_call(_ind)?\b/;
/** Lines of VCode before a call that pass its arguments are many; this much of them is shown. */
const VCODE_CONTEXT = 14;

/** The `order`-th of the calls in a VCode text of `count` calls, which come in the order of the code. */
function vcodeCall(vcode: string, pattern: RegExp, order: number, count: number): ExplainedCode {
  const lines = vcode.trimEnd().split('\n');
  const calls = lines.flatMap((line, i) => (pattern.test(line) ? [i] : []));
  const at = calls[order];
  if (at === undefined || calls.length !== count) return { lines, marked: calls, reason: null };
  const start = Math.max(0, at - VCODE_CONTEXT);
  return { lines: lines.slice(start, at + CONTEXT + 1), marked: [at - start], reason: null };
}

export function vcodeAround(
  compiled: CompiledFunction,
  call: CallInst,
  jump: CallJump | null,
  tails: { readonly order: number; readonly count: number },
): ExplainedCode {
  const vcode = compiled.vcode ?? '';
  if (jump === null) return { lines: vcode.trimEnd().split('\n'), marked: [], reason: null };
  if (call.isTail) return vcodeCall(vcode, TAIL, tails.order, tails.count);
  return vcodeCall(vcode, LINKING, jump.order, linkingJumps(compiled).length);
}

function disassemblyAround(
  disassembly: Disassembly,
  stretch: { readonly start: number; readonly end: number } | null,
  isMarked: (offset: number, next: number) => boolean,
  symbols: ReadonlyMap<number, string>,
): ExplainedCode {
  if (disassembly.kind === 'none') return noCode(disassembly.reason);
  const all = disassembly.lines;
  const lines = all.map(({ offset, text }) => {
    const symbol = symbols.get(offset);
    const head = `${offset.toString(16).padStart(5)}: ${text}`;
    return symbol === undefined ? head : `${head}  # ${symbol}`;
  });
  const marked = all.flatMap(({ offset }, i) =>
    isMarked(offset, all[i + 1]?.offset ?? Number.POSITIVE_INFINITY) ? [i] : [],
  );
  if (stretch === null) return { lines, marked, reason: null };
  const inside = all.flatMap(({ offset }, i) => (offset >= stretch.start && offset < stretch.end ? [i] : []));
  const [first] = inside;
  const last = inside.at(-1);
  if (first === undefined || last === undefined) return noCode('no code of its own');
  return windowOf(
    lines,
    first,
    last,
    marked.filter((i) => i >= first && i <= last),
  );
}

/** Names that relocations put in, by the offset of their instruction. */
function symbolsOf(compiled: CompiledFunction): ReadonlyMap<number, string> {
  return new Map(
    compiled.relocations.map(({ offset, kind, target }) => {
      const name = target.kind === 'offset' ? `+${target.offset}` : functionNameText(target.name);
      return [offset, `${kind} ${name}`];
    }),
  );
}

export function riscv64Around(
  compiled: CompiledFunction,
  disassembly: Disassembly,
  call: CallInst,
  jump: CallJump | null,
): ExplainedCode {
  const stretch = jump === null ? null : stretchOf(compiled.values?.instructions ?? [], call.index);
  return disassemblyAround(disassembly, stretch, (offset) => offset === jump?.start, symbolsOf(compiled));
}

/** VCode and disassembly of the same call on x86_64. */
export function nativeAround(
  native: NativeFunction | undefined,
  refusal: string,
  call: CallInst,
): { readonly vcode: ExplainedCode; readonly disassembly: ExplainedCode } {
  if (native === undefined || native.kind === 'refused') {
    const reason = `x86_64 refuses: ${native === undefined ? refusal : native.reason}`;
    return { vcode: noCode(reason), disassembly: noCode(reason) };
  }
  const stretch = stretchOf(native.instructions, call.index);
  const isInside = (site: number): boolean => stretch !== null && site > stretch.start && site <= stretch.end;
  const sites = [...new Set(native.sites)].sort((a, b) => a - b);
  const order = sites.findLastIndex(isInside);
  const lines = native.vcode.trimEnd().split('\n');
  const vcode = call.isTail
    ? { lines, marked: lines.flatMap((line, i) => (/return_call/.test(line) ? [i] : [])), reason: null }
    : vcodeCall(native.vcode, LINKING, order, sites.length);
  const disassembly = disassemblyAround(
    disassemble(native.code, 'x86_64'),
    stretch,
    (offset, next) => isInside(next) && sites.includes(next) && offset < next,
    new Map(),
  );
  return { vcode, disassembly };
}
