import type { Case } from '../../src/clif/case.ts';
import { findFunction } from '../../src/clif/module.ts';
import { parseClif } from '../../src/clif/parse.ts';
import { printModule, signatureText } from '../../src/clif/print.ts';
import { typeInfo, type Type } from '../../src/clif/type.ts';

const WORD_BYTES = 8;
/** The widest type there is, 512 bits. */
const SLOT_BYTES = 64;
/** Odd, so that multiplying by it loses nothing. */
const FACTOR = '0x9e3779b97f4a7c15';
const INNER = 'u9:0';

/** Offsets and sizes of the loads and stores that cover a value. */
function pieces(type: Type): readonly { readonly offset: number; readonly type: Type }[] {
  const { bytes } = typeInfo(type);
  if (bytes < WORD_BYTES) return [{ offset: 0, type: bytes === 1 ? 'i8' : bytes === 2 ? 'i16' : 'i32' }];
  return Array.from({ length: bytes / WORD_BYTES }, (_, i) => ({ offset: i * WORD_BYTES, type: 'i64' }));
}

function outerText(kase: Case, input: readonly bigint[]): string | null {
  const inner = findFunction(kase.module, kase.entry);
  if (inner === undefined) return null;
  const { params, returns } = inner.signature;
  const lines: string[] = [];
  let next = 1;
  const define = (text: string): string => {
    const name = `v${next++}`;
    lines.push(`    ${name} = ${text}`);
    return name;
  };
  const args = params.map((param, i) => {
    const bits = input[i] ?? 0n;
    for (const piece of pieces(param.type)) {
      const width = typeInfo(piece.type).bits;
      const part = BigInt.asUintN(width, bits >> BigInt(piece.offset * 8));
      lines.push(`    store ${define(`iconst.${piece.type} 0x${part.toString(16)}`)}, v0+${piece.offset}`);
    }
    return define(`load.${param.type} v0`);
  });
  const results = returns.map(() => `v${next++}`);
  lines.push(`    ${results.join(', ')}${results.length > 0 ? ' = ' : ''}call fn0(${args.join(', ')})`);
  let sum = define('iconst.i64 0');
  const factor = define(`iconst.i64 ${FACTOR}`);
  returns.forEach((result, i) => {
    lines.push(`    store ${results[i]}, v0`);
    for (const piece of pieces(result.type)) {
      const loaded = define(`load.${piece.type} v0+${piece.offset}`);
      const word = piece.type === 'i64' ? loaded : define(`uextend.i64 ${loaded}`);
      sum = define(`bxor ${define(`imul ${sum}, ${factor}`)}, ${word}`);
    }
  });
  return [
    'function %main() -> i64 system_v {',
    `    ss0 = explicit_slot ${SLOT_BYTES}, align = 16`,
    `    sig0 = ${signatureText(inner.signature)}`,
    `    fn0 = colocated ${INNER} sig0`,
    'block0:',
    '    v0 = stack_addr.i64 ss0',
    ...lines,
    `    return ${sum}`,
    '}',
  ].join('\n');
}

/**
 * The case with its entry called from CLIF instead of from outside, once for each input: constants in, one word that
 * depends on every bit of every result out. What both sides of a call agree on does not show in these. Null for an entry of
 * another name than `%main`.
 */
export function encloseCase(kase: Case): readonly Case[] | null {
  if (kase.entry.kind !== 'test' || kase.entry.name !== 'main') return null;
  const text = printModule(kase.module).replaceAll(/%main\b/g, INNER);
  const cases: Case[] = [];
  for (const input of kase.inputs) {
    const outer = outerText(kase, input);
    const parsed = parseClif(`${text}\n${outer}\n`);
    if (outer === null || parsed.kind !== 'ok') return null;
    cases.push({ ...kase, module: parsed.file.module, inputs: [[]] });
  }
  return cases;
}
