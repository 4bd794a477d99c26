import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declinedReason } from '../src/backend/declined.ts';
import { DEFAULT_CRANELIFT, ensureDriver } from '../src/backend/driver-build.ts';
import { Driver } from '../src/backend/driver.ts';
import type { Configuration } from '../src/clif/case.ts';
import type { Module } from '../src/clif/module.ts';
import { type Opcode, OPCODES, type TypeRule } from '../src/clif/opcode.ts';
import { clifErrorText, parseClif } from '../src/clif/parse.ts';
import { SCALAR_TYPES, type Type, typeInfo, vectorOf } from '../src/clif/type.ts';
import { isInSet, ruleType, satisfiesRule } from '../src/clif/type-rule.ts';
import { prepare } from '../src/oracle/prepare.ts';

/** What riscv64 lowers with everything on must be something the oracle interprets, or stand here. */
const NOT_INTERPRETED: ReadonlyMap<string, string> = new Map([
  ['debugtrap', 'stops a debugger; a program means nothing by it'],
  ['symbol_value', 'an address outside the module'],
  ['tls_value', 'an address outside the module'],
]);

/** riscv64 refuses these whatever the type. */
const NEVER_LOWERED: ReadonlySet<string> = new Set([
  'blendv',
  'dynamic_stack_addr',
  'extract_vector',
  'get_pinned_reg',
  'sadd_overflow',
  'sadd_overflow_cin',
  'set_pinned_reg',
  'smul_overflow',
  'ssub_overflow',
  'ssub_overflow_bin',
  'stack_switch',
  'uadd_overflow_cin',
  'umul_overflow',
  'usub_overflow',
  'usub_overflow_bin',
  'x86_cvtt2dq',
  'x86_pmaddubsw',
  'x86_pmulhrsw',
  'x86_pshufb',
]);

/** Where 0.135.8 panics at an instruction without a lowering, instead of refusing it (docs/findings.md, F10). */
const PANICS: ReadonlyMap<string, RegExp> = new Map([
  // Vectors of lanes of 128 bits.
  ['load', /^internal error: entered unreachable code$/],
  ['store', /^internal error: entered unreachable code$/],
  ['extractlane', /^Invalid number of bits for VecElementWidth: 128$/],
  // Vectors.
  ['rotl', /`Option::unwrap\(\)`|no rule matched for term zext /],
  ['rotr', /`Option::unwrap\(\)`|no rule matched for term zext /],
  // Vectors, and f16 and f128.
  ['select_spectre_guard', /`Option::unwrap\(\)`/],
  // Vectors of f16.
  ['fmin', /no rule matched for term canonical_nan_u64 /],
  ['fmax', /no rule matched for term canonical_nan_u64 /],
  ...['ceil', 'floor', 'trunc', 'nearest'].map(
    (op) => [op, /no rule matched for term float_int_max /] as const,
  ),
  // f128 and its vectors.
  ['fma', /no rule matched for term rv_fma /],
  ['bitcast', /no rule matched for term gen_bitcast /],
  // f16, f128, i128 and vectors whose lanes change their width.
  ['fcvt_from_uint', /VecElementWidth/],
  ['fcvt_from_sint', /VecElementWidth/],
  ['fcvt_to_uint', /^not implemented$|`Option::unwrap\(\)`|^internal error: entered unreachable code$/],
  ['fcvt_to_sint', /^not implemented$|`Option::unwrap\(\)`|^internal error: entered unreachable code$/],
  ['fcvt_to_uint_sat', /^not implemented$|`Option::unwrap\(\)`|entered unreachable code|VecElementWidth/],
  ['fcvt_to_sint_sat', /^not implemented$|`Option::unwrap\(\)`|entered unreachable code|VecElementWidth/],
  // All but i128.
  ['isplit', /^index out of bounds: the len is 1 but the index is 1$/],
]);

const EVERYTHING: Configuration = {
  shared: {
    enable_multi_ret_implicit_sret: 'true',
    preserve_frame_pointers: 'true',
    stack_switch_model: 'basic',
    tls_model: 'elf_gd',
  },
  isa: 'has_v has_zvl512b has_zfh has_zfhmin has_zvfh has_zba has_zbb has_zbc has_zbs has_zbkb has_zicond has_zfa'.split(
    ' ',
  ),
};

const TYPES: readonly Type[] = [1, 2, 4, 8, 16]
  .flatMap((lanes) => SCALAR_TYPES.map((lane) => vectorOf(lane, lanes)))
  .filter((type) => typeInfo(type).bits <= 512);

/** Every type that may stand where a rule holds. */
function typesFor(rule: TypeRule, controlling: Type | null): readonly Type[] {
  if (rule === 'address') return ['i64'];
  const one = ruleType(rule, controlling);
  if (one !== null) return [one];
  // The verifier lets a conversion change the number of lanes, which means nothing.
  const converts = rule === 'any_int' || rule === 'any_float';
  const lanes = controlling === null ? 1 : typeInfo(controlling).lanes;
  return TYPES.filter(
    (type) => satisfiesRule(rule, controlling, type) && (!converts || typeInfo(type).lanes === lanes),
  );
}

function product<T>(sets: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return sets.reduce<readonly (readonly T[])[]>(
    (all, set) => all.flatMap((head) => set.map((last) => [...head, last])),
    [[]],
  );
}

/** The texts of an instruction's operands after its opcode, one for each variant that means something else. */
function operandTexts(opcode: Opcode, type: Type | null): readonly string[] {
  const values = opcode.operands.map((_, i) => `v${i}`).join(', ');
  switch (opcode.shape) {
    case 'nullary':
    case 'unary':
    case 'binary':
    case 'ternary':
      return [values];
    case 'const':
      if (opcode.op.startsWith('f')) return ['0x1.8p0'];
      return [type !== null && typeInfo(type).isVector ? vectorText(type) : '1'].filter(
        // What a text can say in one number.
        (text) => !text.startsWith('0x') || text.length <= 34,
      );
    case 'binary_lane':
    case 'ternary_lane':
      return [`${values}, 1`];
    case 'shuffle':
      return [`${values}, [0 17 2 19 4 5 6 7 8 9 10 11 12 13 14 31]`];
    case 'int_compare':
      return ['eq', 'ne', 'slt', 'sge', 'sgt', 'sle', 'ult', 'uge', 'ugt', 'ule'].map(
        (c) => `${c} ${values}`,
      );
    case 'float_compare':
      return 'ord uno eq ne one ueq lt le gt ge ult ule ugt uge'.split(' ').map((c) => `${c} ${values}`);
    case 'cond_trap':
    case 'add_trap':
      return [`${values}, user1`];
    case 'load':
    case 'store':
      return [values, `notrap aligned ${values}+8`, `little ${values}`, `big ${values}`];
    case 'load_no_offset':
    case 'store_no_offset':
    case 'atomic_cas':
      return [values, `little ${values}`, `big ${values}`];
    case 'atomic_rmw':
      return 'add sub and nand or xor xchg umin umax smin smax'.split(' ').map((rmw) => `${rmw} ${values}`);
    case 'stack':
      return ['ss0'];
    case 'dynamic_stack':
      return ['dss0'];
    case 'global':
      return ['gv0'];
    case 'func_addr':
      return ['fn0'];
    case 'handler_address':
      return ['block0, 0'];
    default:
      return [];
  }
}

function vectorText(type: Type): string {
  const { isFloat, lanes, laneBits, bytes } = typeInfo(type);
  if (laneBits === 128) return `0x${'01'.repeat(bytes)}`;
  return `[${Array.from({ length: lanes }, () => (isFloat ? '0x1.0' : '1')).join(' ')}]`;
}

/** A function of one instruction; null where CLIF has none such. */
function textOf(opcode: Opcode, type: Type | null, operands: readonly Type[], rest: string): string | null {
  const results = opcode.results.map((rule) => ruleType(rule, type));
  if (results.includes(null)) return null;
  const params = operands.map((operand, i) => `v${i}: ${operand}`).join(', ');
  const needs = [
    opcode.shape === 'stack' ? 'ss0 = explicit_slot 64\n' : '',
    opcode.shape === 'global' ? `gv0 = symbol colocated ${opcode.op === 'tls_value' ? 'tls ' : ''}%x\n` : '',
    opcode.shape === 'dynamic_stack'
      ? 'gv0 = dyn_scale_target_const.i32x4\ndt0 = i32x4*gv0\ndss0 = explicit_dynamic_slot dt0\n'
      : '',
    opcode.shape === 'func_addr' ? 'fn0 = colocated %main() system_v\n' : '',
  ].join('');
  const name = type === null ? opcode.op : `${opcode.op}.${type}`;
  const made = results.map((_, i) => `v${100 + i}`).join(', ');
  return `function %main(${operands.join(', ')})${results.length === 0 ? '' : ` -> ${results.join(', ')}`} system_v {
${needs}block0${params === '' ? '' : `(${params})`}:
    ${made === '' ? '' : `${made} = `}${name} ${rest}
    return ${made}
}
`;
}

function instances(opcode: Opcode): readonly { readonly label: string; readonly text: string }[] {
  const controlling =
    opcode.types === null ? [null] : TYPES.filter((t) => opcode.types !== null && isInSet(t, opcode.types));
  return controlling.flatMap((type) =>
    product(opcode.operands.map((rule) => typesFor(rule, type))).flatMap((operands) =>
      operandTexts(opcode, type).flatMap((rest) => {
        const text = textOf(opcode, type, operands, rest);
        const isBig = /\bbig\b/.test(rest) ? ' big' : '';
        return text === null ? [] : [{ label: `${opcode.op}${isBig}`, text }];
      }),
    ),
  );
}

function parsed(text: string): Module {
  const result = parseClif(text);
  if (result.kind === 'error') throw new Error(`${clifErrorText(result)}\n${text}`);
  return result.file.module;
}

let driver: Driver;
beforeAll(async () => {
  driver = await Driver.start((await ensureDriver(DEFAULT_CRANELIFT)).path);
});
afterAll(() => driver.close());

/** Opcodes of today's text whose operands are values and immediates. Calls and branches have tests of their own. */
const PLAIN = [...OPCODES.values()].filter(
  ({ shape, isCall, isTerminator }) =>
    !shape.startsWith('old_') && shape !== 'handler_address' && !isCall && !isTerminator,
);

describe('every opcode that riscv64 lowers', () => {
  it.each(PLAIN.map((opcode) => [opcode.op, opcode] as const))('%s', async (op, opcode) => {
    let lowered = 0;
    const unknown = new Set<string>();
    const broken: string[] = [];
    const panics = new Set<string>();
    for (const { label, text } of instances(opcode)) {
      const module = parsed(text);
      const [result] = await driver.compile(text, [EVERYTHING]);
      if (result?.kind !== 'compiled') {
        if (result !== undefined && declinedReason(result, null) === null && result.kind !== 'verifier-error')
          panics.add(result.kind === 'panic' ? result.message : JSON.stringify(result));
        continue;
      }
      lowered += 1;
      const [error] = prepare(module).unsupported;
      if (error !== undefined && !NOT_INTERPRETED.has(label)) broken.push(`${error.message}\n${text}`);
      if (error !== undefined) unknown.add(label);
    }
    expect(broken).toEqual([]);
    const known = PANICS.get(op);
    expect([...panics].filter((message) => known?.test(message) !== true)).toEqual([]);
    expect(panics.size === 0).toBe(known === undefined);
    expect(lowered === 0).toBe(NEVER_LOWERED.has(op));
    const named = [...NOT_INTERPRETED.keys()].filter((label) => label === op || label.startsWith(`${op} `));
    expect([...unknown].toSorted()).toEqual(named.toSorted());
  });
});
