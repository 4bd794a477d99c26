import { needsReturnArea } from '../abi/layout.ts';
import { slotBytes, type Module } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import type { CompileResult } from './compile-result.ts';

/** What was compiled. */
export interface Compiled {
  readonly module: Module;
  /** With `enable_multi_ret_implicit_sret`. */
  readonly implicitReturnArea: boolean;
}

/** A refusal that is no finding: what the riscv64 backend does not do by design. */
export interface DeclinedEntry {
  /** Stable name, for counts and for announcing that a refusal ended. */
  readonly id: string;
  readonly kind: 'codegen-error' | 'panic';
  /** `CodegenError` variant; for a panic the file's path inside the crate. */
  readonly error: string;
  /** Matched against the message. */
  readonly pattern: RegExp;
  readonly reason: string;
  /** Whether there is cause for it in what was compiled; absent where the message is all that tells. Without cause it is a fault like any other. */
  readonly isDue?: (compiled: Compiled, message: string) => boolean;
  /** Where the crate decides it: file and function below cranelift-codegen's `src/`. */
  readonly reference: string;
}

const ANY = /^/;

function signaturesOf({ functions }: Module): readonly Signature[] {
  return functions.flatMap((fn) => [fn.signature, ...fn.sigRefs.values()]);
}

/** What every release takes. */
const TAKEN: readonly Type[] = ['i8', 'i16', 'i32', 'i64', 'f32', 'f64'];

/** The instruction and the type of its first result in the message of a lowering that is missing. */
const MISSING = /inst = `(?:[^`]*= )?(?<op>[a-z_\d]+)(?:\.\w+)?[^`]*`, type = `(?<type>[^`]*)`/;

const CALLS: readonly string[] = ['call', 'call_indirect', 'return_call', 'return_call_indirect'];

/** What every release lowers, of any type, and of the types it takes. */
const LOWERED: readonly string[] = [
  'br_table',
  'brif',
  'func_addr',
  'get_frame_pointer',
  'iconcat',
  'istore16',
  'istore32',
  'istore8',
  'isplit',
  'jump',
  'return',
  'sload16',
  'sload32',
  'sload8',
  'stack_addr',
  'store',
  'trap',
  'uload16',
  'uload32',
  'uload8',
];
const LOWERED_OF_TAKEN: readonly string[] = [
  'band',
  'bor',
  'bxor',
  'f32const',
  'f64const',
  'iadd',
  'iconst',
  'icmp',
  'imul',
  'ireduce',
  'isub',
  'load',
  'select',
  'sextend',
  'uextend',
];

function isOfTaken(type: string): boolean {
  return TAKEN.some((taken) => type === `Some(types::${taken.toUpperCase()})`);
}

/** Calls are lowered but for patchable ones, which have to be near, and come back. */
function mayLackLowering({ module }: Compiled, message: string): boolean {
  const { op = '', type = '' } = MISSING.exec(message)?.groups ?? {};
  if (LOWERED.includes(op) || (LOWERED_OF_TAKEN.includes(op) && isOfTaken(type))) return false;
  return (
    !CALLS.includes(op) ||
    module.functions.some((fn) => [...fn.funcRefs.values()].some(({ patchable }) => patchable))
  );
}

function isDynamicOrNew(_: Compiled, message: string): boolean {
  return !TAKEN.some(
    (type) =>
      message.toLowerCase().endsWith(`type: ${type}`) || message.endsWith(`types::${type.toUpperCase()}`),
  );
}

/** Of slots, or of one list of values, far below every limit and far above what is generated. */
const LARGE_BYTES = 1 << 22;

function isLarge({ module }: Compiled): boolean {
  const lists = signaturesOf(module).flatMap(({ params, returns }) => [params, returns]);
  return (
    module.functions.reduce((sum, fn) => sum + slotBytes(fn), 0) >= LARGE_BYTES ||
    lists.some((list) => list.reduce((sum, { type }) => sum + typeInfo(type).bytes, 0) >= LARGE_BYTES)
  );
}

/** Instructions of a function, far below every limit (`machinst/vcode.rs`, `VReg::MAX` is 2^21) and far above what is generated. */
const LONG_FUNCTION = 1 << 16;

function isLong({ module }: Compiled): boolean {
  return module.functions.some(
    ({ blocks }) => blocks.reduce((sum, { insts }) => sum + insts.length, 0) >= LONG_FUNCTION,
  );
}

function triesOtherConventions({ module }: Compiled): boolean {
  return module.functions.some((fn) =>
    fn.blocks.some(({ insts }) =>
      insts.some((inst) => {
        if (inst.kind !== 'try_call' && inst.kind !== 'try_call_indirect') return false;
        const callConv = fn.sigRefs.get(inst.table.sig)?.callConv;
        return callConv !== 'system_v' && callConv !== 'tail' && callConv !== 'preserve_all';
      }),
    ),
  );
}

/** More special entries first: the first that matches is the reason. */
export const DECLINED: readonly DeclinedEntry[] = [
  {
    id: 'too-many-results',
    kind: 'codegen-error',
    error: 'Unsupported',
    pattern: /Too many return values to fit in registers/,
    reason: 'results past a0, a1, fa0 and fa1, and every vector, need enable_multi_ret_implicit_sret',
    isDue: ({ module, implicitReturnArea }) =>
      !implicitReturnArea && signaturesOf(module).some(needsReturnArea),
    reference: 'isa/riscv64/abi.rs compute_arg_locs',
  },
  {
    id: 'no-lowering',
    kind: 'codegen-error',
    error: 'Unsupported',
    pattern: /should be implemented in ISLE/,
    reason: 'the instruction has no lowering for this type under these flags',
    isDue: mayLackLowering,
    reference: 'isa/riscv64/lower/isle.rs ty_supported',
  },
  {
    id: 'value-type',
    kind: 'codegen-error',
    error: 'Unsupported',
    pattern: /Unexpected SSA-value type/,
    reason: 'dynamic vectors are not supported',
    isDue: isDynamicOrNew,
    reference: 'isa/riscv64/inst/mod.rs rc_for_type',
  },
  {
    id: 'dynamic-vector',
    kind: 'codegen-error',
    error: 'Unsupported',
    pattern: /invalid dynamic vector type/,
    reason: 'dynamic vectors are not supported',
    reference: 'machinst/abi.rs Callee::new',
  },
  {
    id: 'implementation-limit',
    kind: 'codegen-error',
    error: 'ImplLimitExceeded',
    pattern: ANY,
    reason: 'past a size limit: 128 MiB of arguments or results, 1 GiB of frame',
    isDue: isLarge,
    reference: 'machinst/abi.rs frame_layout_exceeds_limit',
  },
  {
    id: 'code-too-large',
    kind: 'codegen-error',
    error: 'CodeTooLarge',
    pattern: ANY,
    reason: 'more code or values than the compiler can number',
    isDue: isLong,
    reference: 'result.rs CodegenError::CodeTooLarge',
  },
  {
    id: 'winch',
    kind: 'panic',
    error: '/src/isa/riscv64/abi.rs',
    pattern: /does not support the 'winch' calling convention/,
    reason: 'the winch convention is not implemented',
    reference: 'isa/riscv64/abi.rs compute_arg_locs',
  },
  {
    id: 'struct-argument',
    kind: 'panic',
    error: '/src/isa/riscv64/abi.rs',
    pattern: /StructArgument parameters are not supported/,
    reason: 'sarg parameters are not implemented',
    reference: 'isa/riscv64/abi.rs compute_arg_locs',
  },
  {
    id: 'sret-with-results',
    kind: 'panic',
    error: '/src/machinst/abi.rs',
    pattern: /No return values are allowed when using StructReturn/,
    reason: 'a signature with an sret parameter may have no results',
    reference: 'machinst/abi.rs ensure_struct_return_ptr_is_returned',
  },
  {
    id: 'sret-result',
    kind: 'panic',
    error: '/src/machinst/abi.rs',
    pattern: /Explicit StructReturn return value not allowed/,
    reason: 'sret is a purpose of parameters only',
    reference: 'machinst/abi.rs ensure_struct_return_ptr_is_returned',
  },
  {
    id: 'two-sret',
    kind: 'panic',
    error: '/src/machinst/lower.rs',
    pattern: /sret_param\.is_none\(\)/,
    reason: 'a signature may have one sret parameter',
    reference: 'machinst/lower.rs Lower::new',
  },
  {
    id: 'vector-over-512-bits',
    kind: 'panic',
    error: '/src/isa/riscv64/inst/mod.rs',
    pattern: /index out of bounds: the len is 6 but the index is [67]$/,
    reason: 'vectors of more than 512 bits have no register class',
    reference: 'isa/riscv64/inst/mod.rs rc_for_type',
  },
  {
    id: 'over-31-lanes',
    kind: 'panic',
    error: '/src/isa/riscv64/inst/vector.rs',
    pattern: /Invalid size for AVL/,
    reason: 'more than 31 lanes do not fit the vector length immediate',
    reference: 'isa/riscv64/inst/vector.rs VecAvl::_static',
  },
  {
    id: 'apple-try-call',
    kind: 'panic',
    error: '/src/machinst/abi.rs',
    pattern: /left: 2\n\s*right: 0$/,
    reason: 'try_call under apple_aarch64 has two payload types and no payload registers here',
    isDue: triesOtherConventions,
    reference: 'machinst/abi.rs gen_call_rets',
  },
  {
    id: 'probestack-definition',
    kind: 'panic',
    error: '/src/machinst/abi.rs',
    pattern: /Unsupported calling convention: Probestack/,
    reason: 'a function may not have the probestack convention itself (checked with debug assertions)',
    reference: 'machinst/abi.rs Callee::new',
  },
];

/**
 * The entry that explains why `result` is no finding, or null. Verifier errors are judged elsewhere, as `invalid`. Where `compiled` is known, a refusal
 * without cause is explained by nothing.
 */
export function declinedReason(result: CompileResult, compiled: Compiled | null): DeclinedEntry | null {
  switch (result.kind) {
    case 'codegen-error':
      return find('codegen-error', (error) => error === result.error, result.message, compiled);
    case 'panic':
      return find('panic', (error) => result.file.endsWith(error), result.message, compiled);
    default:
      return null;
  }
}

function find(
  kind: DeclinedEntry['kind'],
  isError: (error: string) => boolean,
  message: string,
  compiled: Compiled | null,
): DeclinedEntry | null {
  const entry = DECLINED.find((one) => one.kind === kind && isError(one.error) && one.pattern.test(message));
  if (entry === undefined) return null;
  return compiled === null || (entry.isDue?.(compiled, message) ?? true) ? entry : null;
}
