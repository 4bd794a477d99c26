import type { Inst } from './module.ts';
import type { ScalarType, Type } from './type.ts';

/** How an instruction's operands are laid out in text (cranelift-codegen-meta `shared/formats.rs`). */
export type OperandShape =
  | 'nullary'
  | 'unary'
  | 'binary'
  | 'ternary'
  | 'variable'
  | 'const'
  | 'binary_lane'
  | 'ternary_lane'
  | 'shuffle'
  | 'int_compare'
  | 'float_compare'
  | 'trap'
  | 'cond_trap'
  | 'add_trap'
  | 'load'
  | 'store'
  | 'load_no_offset'
  | 'store_no_offset'
  | 'atomic_cas'
  | 'atomic_rmw'
  | 'stack'
  | 'dynamic_stack'
  | 'global'
  | 'func_addr'
  | 'call'
  | 'call_indirect'
  | 'try_call'
  | 'try_call_indirect'
  | 'jump'
  | 'brif'
  | 'br_table'
  | 'handler_address'
  // Opcodes of older text that the parser rewrites into today's.
  | 'old_not'
  | 'old_imm'
  | 'old_compare_imm'
  | 'old_carry'
  | 'old_reference'
  | 'old_global'
  | 'old_dynamic_load'
  | 'old_dynamic_store'
  | 'old_stack_load'
  | 'old_stack_store';

/** What a type must be: a relation to the controlling type, a free set, or one type. */
export type TypeRule =
  | 'same'
  | 'lane_of'
  | 'as_truthy'
  | 'half_width'
  | 'double_width'
  /** Half as wide lanes, twice as many. */
  | 'split_lanes'
  /** Twice as wide lanes, half as many. */
  | 'merge_lanes'
  | 'narrower'
  | 'wider'
  | 'dynamic_to_vector'
  | 'scalar_int'
  | 'any_int'
  | 'scalar_float'
  | 'any_float'
  | 'address'
  | 'vector'
  | 'any'
  | Type;

/** Legal controlling types: lane types and bounds on the lane count. */
export interface TypeSet {
  readonly lanes: readonly ScalarType[];
  readonly minLanes: number;
  readonly maxLanes: number;
  /** Whether dynamic vectors are in the set, or nothing else is. */
  readonly dynamic: 'none' | 'also' | 'only';
}

/**
 * One opcode. `typing` says where the controlling type comes from: `none` has none, `explicit` always prints it
 * (`iconst.i32`), `inferred` takes it from `args[typeOperand]` and prints it only where that value is defined later in
 * the text. Calls and returns have no `operands` here beyond a callee address; their types come from signatures.
 */
export interface Opcode {
  readonly op: string;
  readonly kind: Inst['kind'];
  readonly shape: OperandShape;
  readonly typing: 'none' | 'explicit' | 'inferred';
  readonly typeOperand: number;
  readonly types: TypeSet | null;
  readonly results: readonly TypeRule[];
  readonly operands: readonly TypeRule[];
  readonly isTerminator: boolean;
  readonly isCall: boolean;
}

const INTS: readonly ScalarType[] = ['i8', 'i16', 'i32', 'i64', 'i128'];
const FLOATS: readonly ScalarType[] = ['f16', 'f32', 'f64', 'f128'];
const ALL: readonly ScalarType[] = [...INTS, ...FLOATS];

function typeSet(
  lanes: readonly ScalarType[],
  minLanes = 1,
  maxLanes = 256,
  dynamic: TypeSet['dynamic'] = 'none',
): TypeSet {
  return { lanes, minLanes, maxLanes, dynamic };
}

const ANY = typeSet(ALL);
const MEMORY = typeSet(ALL, 1, 256, 'also');
const ANY_INT = typeSet(INTS, 1, 256, 'also');
const ANY_FLOAT = typeSet(FLOATS, 1, 256, 'also');
const DYNAMIC = typeSet(ALL, 2, 256, 'only');
const INT = typeSet(INTS, 1, 1);
const INT_TO_64 = typeSet(['i8', 'i16', 'i32', 'i64'], 1, 1);
const INT_FROM_16 = typeSet(['i16', 'i32', 'i64', 'i128'], 1, 1);
const FLOAT = typeSet(FLOATS, 1, 1);
const ADDRESS = typeSet(['i32', 'i64'], 1, 1);
const VECTOR = typeSet(ALL, 2, 256, 'also');
const INT_VECTOR = typeSet(INTS, 2);
const NARROWABLE = typeSet(['i16', 'i32', 'i64'], 2, 8, 'also');
const WIDENABLE = typeSet(['i8', 'i16', 'i32'], 2, 16, 'also');
const Q15 = typeSet(['i16', 'i32'], 4, 8);

const TABLE = new Map<string, Opcode>();

interface Row {
  readonly kind?: Inst['kind'];
  readonly shape: OperandShape;
  /** Absent: the opcode is not polymorphic. */
  readonly types?: TypeSet;
  /** Absent: the controlling type is explicit. */
  readonly from?: number;
  readonly results?: readonly TypeRule[];
  readonly operands?: readonly TypeRule[];
  readonly terminator?: boolean;
  readonly call?: boolean;
}

function define(ops: string, row: Row): void {
  for (const op of ops.split(' ')) {
    TABLE.set(op, {
      op,
      kind: row.kind ?? 'plain',
      shape: row.shape,
      typing: row.types === undefined ? 'none' : row.from === undefined ? 'explicit' : 'inferred',
      typeOperand: row.from ?? -1,
      types: row.types ?? null,
      results: row.results ?? [],
      operands: row.operands ?? [],
      isTerminator: row.terminator === true,
      isCall: row.call === true,
    });
  }
}

function defineUnary(ops: string, types: TypeSet): void {
  define(ops, { shape: 'unary', types, from: 0, results: ['same'], operands: ['same'] });
}

function defineBinary(ops: string, types: TypeSet): void {
  define(ops, { shape: 'binary', types, from: 0, results: ['same'], operands: ['same', 'same'] });
}

function defineConversion(ops: string, types: TypeSet, operand: TypeRule): void {
  define(ops, { shape: 'unary', types, results: ['same'], operands: [operand] });
}

// Control flow and calls.
define('jump', { kind: 'jump', shape: 'jump', terminator: true });
define('brif', { kind: 'brif', shape: 'brif', types: INT, from: 0, operands: ['same'], terminator: true });
define('br_table', { kind: 'br_table', shape: 'br_table', operands: ['i32'], terminator: true });
define('trap', { kind: 'trap', shape: 'trap', terminator: true });
define('trapz trapnz', { kind: 'trap', shape: 'cond_trap', types: INT, from: 0, operands: ['same'] });
define('return', { shape: 'variable', terminator: true });
define('call', { kind: 'call', shape: 'call', call: true });
define('return_call', { kind: 'call', shape: 'call', call: true, terminator: true });
define('call_indirect', {
  kind: 'call_indirect',
  shape: 'call_indirect',
  types: ADDRESS,
  from: 0,
  operands: ['same'],
  call: true,
});
define('return_call_indirect', {
  kind: 'call_indirect',
  shape: 'call_indirect',
  types: ADDRESS,
  from: 0,
  operands: ['same'],
  call: true,
  terminator: true,
});
define('try_call', { kind: 'try_call', shape: 'try_call', call: true, terminator: true });
define('try_call_indirect', {
  kind: 'try_call_indirect',
  shape: 'try_call_indirect',
  types: ADDRESS,
  from: 0,
  operands: ['same'],
  call: true,
  terminator: true,
});
define('func_addr', { kind: 'func_addr', shape: 'func_addr', types: ADDRESS, results: ['same'] });
define('get_exception_handler_address', {
  kind: 'handler_address',
  shape: 'handler_address',
  types: ADDRESS,
  results: ['same'],
});
define('debugtrap nop fence sequence_point', { shape: 'nullary' });
define('get_pinned_reg get_frame_pointer get_stack_pointer get_return_address', {
  shape: 'nullary',
  types: ADDRESS,
  results: ['same'],
});
define('set_pinned_reg', { shape: 'unary', types: ADDRESS, from: 0, operands: ['same'] });
define('stack_switch', {
  shape: 'ternary',
  types: ADDRESS,
  from: 1,
  results: ['same'],
  operands: ['same', 'same', 'same'],
});

// Constants.
define('iconst', { kind: 'const', shape: 'const', types: INT_TO_64, results: ['same'] });
define('f16const', { kind: 'const', shape: 'const', results: ['f16'] });
define('f32const', { kind: 'const', shape: 'const', results: ['f32'] });
define('f64const', { kind: 'const', shape: 'const', results: ['f64'] });
define('f128const', { kind: 'const', shape: 'const', results: ['f128'] });
define('vconst', { kind: 'const', shape: 'const', types: VECTOR, results: ['same'] });

// Memory.
define('load', { kind: 'memory', shape: 'load', types: MEMORY, results: ['same'], operands: ['address'] });
define('uload8 sload8', {
  kind: 'memory',
  shape: 'load',
  types: typeSet(['i16', 'i32', 'i64'], 1, 1),
  results: ['same'],
  operands: ['address'],
});
define('uload16 sload16', {
  kind: 'memory',
  shape: 'load',
  types: ADDRESS,
  results: ['same'],
  operands: ['address'],
});
define('uload32 sload32', {
  kind: 'memory',
  shape: 'load',
  types: ADDRESS,
  from: 0,
  results: ['i64'],
  operands: ['same'],
});
define('uload8x8 sload8x8', {
  kind: 'memory',
  shape: 'load',
  types: ADDRESS,
  from: 0,
  results: ['i16x8'],
  operands: ['same'],
});
define('uload16x4 sload16x4', {
  kind: 'memory',
  shape: 'load',
  types: ADDRESS,
  from: 0,
  results: ['i32x4'],
  operands: ['same'],
});
define('uload32x2 sload32x2', {
  kind: 'memory',
  shape: 'load',
  types: ADDRESS,
  from: 0,
  results: ['i64x2'],
  operands: ['same'],
});
define('store', { kind: 'memory', shape: 'store', types: MEMORY, from: 0, operands: ['same', 'address'] });
define('istore8', {
  kind: 'memory',
  shape: 'store',
  types: typeSet(['i16', 'i32', 'i64'], 1, 1),
  from: 0,
  operands: ['same', 'address'],
});
define('istore16', {
  kind: 'memory',
  shape: 'store',
  types: ADDRESS,
  from: 0,
  operands: ['same', 'address'],
});
define('istore32', {
  kind: 'memory',
  shape: 'store',
  types: typeSet(['i64'], 1, 1),
  from: 0,
  operands: ['i64', 'address'],
});
define('atomic_rmw', {
  kind: 'atomic_rmw',
  shape: 'atomic_rmw',
  types: INT,
  results: ['same'],
  operands: ['address', 'same'],
});
define('atomic_cas', {
  kind: 'memory',
  shape: 'atomic_cas',
  types: INT,
  from: 2,
  results: ['same'],
  operands: ['address', 'same', 'same'],
});
define('atomic_load', {
  kind: 'memory',
  shape: 'load_no_offset',
  types: INT,
  results: ['same'],
  operands: ['address'],
});
define('atomic_store', {
  kind: 'memory',
  shape: 'store_no_offset',
  types: INT,
  from: 0,
  operands: ['same', 'address'],
});
define('stack_addr', { kind: 'stack', shape: 'stack', types: ADDRESS, results: ['same'] });
define('dynamic_stack_addr', { kind: 'stack', shape: 'dynamic_stack', types: ADDRESS, results: ['same'] });
define('symbol_value tls_value', {
  kind: 'global',
  shape: 'global',
  types: MEMORY,
  results: ['same'],
});

// Vectors.
define('splat scalar_to_vector', { shape: 'unary', types: VECTOR, results: ['same'], operands: ['lane_of'] });
define('swizzle x86_pshufb', { shape: 'binary', results: ['i8x16'], operands: ['i8x16', 'i8x16'] });
define('shuffle', { kind: 'shuffle', shape: 'shuffle', results: ['i8x16'], operands: ['i8x16', 'i8x16'] });
define('insertlane', {
  kind: 'lane',
  shape: 'ternary_lane',
  types: VECTOR,
  from: 0,
  results: ['same'],
  operands: ['same', 'lane_of'],
});
define('extractlane', {
  kind: 'lane',
  shape: 'binary_lane',
  types: VECTOR,
  from: 0,
  results: ['lane_of'],
  operands: ['same'],
});
define('extract_vector', {
  kind: 'lane',
  shape: 'binary_lane',
  types: DYNAMIC,
  from: 0,
  results: ['dynamic_to_vector'],
  operands: ['same'],
});
define('vany_true vall_true', {
  shape: 'unary',
  types: VECTOR,
  from: 0,
  results: ['i8'],
  operands: ['same'],
});
define('vhigh_bits', { shape: 'unary', types: INT_TO_64, results: ['same'], operands: ['vector'] });
define('snarrow unarrow uunarrow', {
  shape: 'binary',
  types: NARROWABLE,
  from: 0,
  results: ['split_lanes'],
  operands: ['same', 'same'],
});
define('swiden_low swiden_high uwiden_low uwiden_high', {
  shape: 'unary',
  types: WIDENABLE,
  from: 0,
  results: ['merge_lanes'],
  operands: ['same'],
});
define('x86_pmaddubsw', { shape: 'binary', results: ['i16x8'], operands: ['i8x16', 'i8x16'] });
define('fvdemote', { shape: 'unary', results: ['f32x4'], operands: ['f64x2'] });
define('fvpromote_low', { shape: 'unary', results: ['f64x2'], operands: ['f32x4'] });
defineBinary('avg_round uadd_sat sadd_sat usub_sat ssub_sat', INT_VECTOR);
defineBinary('sqmul_round_sat x86_pmulhrsw', Q15);
defineBinary('iadd_pairwise', WIDENABLE);

// Integer arithmetic.
defineBinary('smin umin smax umax iadd isub imul umulhi smulhi', ANY_INT);
defineBinary('udiv sdiv urem srem', INT);
defineUnary('ineg iabs popcnt', ANY_INT);
defineUnary('bitrev clz cls ctz', INT);
defineUnary('bswap', INT_FROM_16);
define('rotl rotr ishl ushr sshr', {
  shape: 'binary',
  types: ANY_INT,
  from: 0,
  results: ['same'],
  operands: ['same', 'scalar_int'],
});
define('sadd_overflow_cin uadd_overflow_cin ssub_overflow_bin usub_overflow_bin', {
  shape: 'ternary',
  types: INT,
  from: 1,
  results: ['same', 'i8'],
  operands: ['same', 'same', 'i8'],
});
define('uadd_overflow sadd_overflow usub_overflow ssub_overflow', {
  shape: 'binary',
  types: INT,
  from: 0,
  results: ['same', 'i8'],
  operands: ['same', 'same'],
});
define('umul_overflow smul_overflow', {
  shape: 'binary',
  types: INT_TO_64,
  from: 0,
  results: ['same', 'i8'],
  operands: ['same', 'same'],
});
define('uadd_overflow_trap', {
  kind: 'trap',
  shape: 'add_trap',
  types: ADDRESS,
  from: 0,
  results: ['same'],
  operands: ['same', 'same'],
});
define('icmp', {
  kind: 'compare',
  shape: 'int_compare',
  types: ANY_INT,
  from: 0,
  results: ['as_truthy'],
  operands: ['same', 'same'],
});

// Bitwise and moves of any type.
defineBinary('band bor bxor', ANY);
defineUnary('bnot', ANY);
define('select select_spectre_guard', {
  shape: 'ternary',
  types: ANY,
  from: 1,
  results: ['same'],
  operands: ['scalar_int', 'same', 'same'],
});
define('bitselect blendv', {
  shape: 'ternary',
  types: ANY,
  from: 1,
  results: ['same'],
  operands: ['same', 'same', 'same'],
});

// Floating point.
defineBinary('fadd fsub fmul fdiv fcopysign fmin fmax', ANY_FLOAT);
defineUnary('sqrt fneg fabs ceil floor trunc nearest', ANY_FLOAT);
define('fma', {
  shape: 'ternary',
  types: ANY_FLOAT,
  from: 1,
  results: ['same'],
  operands: ['same', 'same', 'same'],
});
define('fcmp', {
  kind: 'compare',
  shape: 'float_compare',
  types: ANY_FLOAT,
  from: 0,
  results: ['as_truthy'],
  operands: ['same', 'same'],
});

// Conversions.
define('bitcast', {
  kind: 'memory',
  shape: 'load_no_offset',
  types: MEMORY,
  results: ['same'],
  operands: ['any'],
});
defineConversion('bmask', INT, 'scalar_int');
defineConversion('ireduce', INT, 'wider');
defineConversion('uextend sextend', INT, 'narrower');
defineConversion('fpromote', FLOAT, 'narrower');
defineConversion('fdemote', FLOAT, 'wider');
defineConversion('fcvt_to_uint fcvt_to_sint', INT, 'scalar_float');
defineConversion('fcvt_to_uint_sat fcvt_to_sint_sat x86_cvtt2dq', ANY_INT, 'any_float');
defineConversion('fcvt_from_uint fcvt_from_sint', ANY_FLOAT, 'any_int');
define('isplit', {
  shape: 'unary',
  types: INT_FROM_16,
  from: 0,
  results: ['half_width', 'half_width'],
  operands: ['same'],
});
define('iconcat', {
  shape: 'binary',
  types: INT_TO_64,
  from: 0,
  results: ['double_width'],
  operands: ['same', 'same'],
});

// Older text (0.105 to about 0.134); the parser rewrites these, so no parsed module holds them.
define('iadd_imm imul_imm udiv_imm sdiv_imm urem_imm srem_imm irsub_imm band_imm bor_imm bxor_imm', {
  shape: 'old_imm',
  types: INT,
  from: 0,
  results: ['same'],
  operands: ['same'],
});
define('rotl_imm rotr_imm ishl_imm ushr_imm sshr_imm', {
  shape: 'old_imm',
  types: ANY_INT,
  from: 0,
  results: ['same'],
  operands: ['same'],
});
define('band_not bor_not bxor_not', {
  shape: 'old_not',
  types: ANY,
  from: 0,
  results: ['same'],
  operands: ['same', 'same'],
});
define('icmp_imm', { shape: 'old_compare_imm', types: INT, from: 0, results: ['i8'], operands: ['same'] });
define('iadd_cin iadd_carry isub_bin isub_borrow', {
  shape: 'old_carry',
  types: INT,
  from: 1,
  results: ['same'],
  operands: ['same', 'same', 'i8'],
});
define('null', { shape: 'old_reference', types: ADDRESS, results: ['same'] });
define('is_null is_invalid', {
  shape: 'old_reference',
  types: ADDRESS,
  from: 0,
  results: ['i8'],
  operands: ['same'],
});
define('global_value', { kind: 'global', shape: 'old_global', types: MEMORY, results: ['same'] });
define('dynamic_stack_load', { kind: 'stack', shape: 'old_dynamic_load', types: DYNAMIC, results: ['same'] });
define('dynamic_stack_store', {
  kind: 'stack',
  shape: 'old_dynamic_store',
  types: DYNAMIC,
  from: 0,
  operands: ['same'],
});
define('stack_load', { kind: 'stack', shape: 'old_stack_load', types: ANY, results: ['same'] });
define('stack_store', { kind: 'stack', shape: 'old_stack_store', types: ANY, from: 0, operands: ['same'] });

/** Facts about every opcode by its name in text; source: Cranelift 0.135.8's instruction definitions and older ones. */
export const OPCODES: ReadonlyMap<string, Opcode> = TABLE;
