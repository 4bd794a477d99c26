import type { Signature } from './signature.ts';
import type { DynamicType, Type } from './type.ts';

/** Value number: `v7` is 7. Blocks, slots, refs and constants are numbered the same way. */
export type Value = number;
export type BlockId = number;

export type FunctionName =
  | { readonly kind: 'user'; readonly namespace: number; readonly index: number }
  | { readonly kind: 'test'; readonly name: string }
  | { readonly kind: 'libcall'; readonly name: string };

/** `ss0 = explicit_slot 32, align = 16`. Sizes and alignment in bytes; align 1 prints nothing. */
export interface StackSlot {
  readonly kind: 'explicit_slot';
  readonly sizeBytes: number;
  readonly alignBytes: number;
}

/** `dt0 = i32x4*gv0`: `type` is `i32x4xN`. */
export interface DynamicTypeDeclaration {
  readonly type: DynamicType;
  readonly scale: number;
}

/** Dynamic vector types by number, and dynamic stack slots (`dss0 = explicit_dynamic_slot dt0`) with the number of their type. */
export interface DynamicEntities {
  readonly types: ReadonlyMap<number, DynamicTypeDeclaration>;
  readonly slots: ReadonlyMap<number, number>;
}

/** `fn0 = colocated %g sig0`. `sig` is a SigRef number (an inline signature gets the next free number when parsed). */
export interface FuncRef {
  readonly name: FunctionName;
  readonly sig: number;
  readonly colocated: boolean;
  readonly patchable: boolean;
}

export type GlobalValue =
  | { readonly kind: 'vmctx' }
  /** How often the hardware repeats this vector in a dynamic one. */
  | { readonly kind: 'dyn_scale_target_const'; readonly type: Type }
  | {
      readonly kind: 'load';
      readonly base: number;
      readonly type: Type;
      readonly offset: number;
      readonly flags: readonly string[];
    }
  | { readonly kind: 'iadd_imm'; readonly base: number; readonly type: Type; readonly offset: bigint }
  | {
      readonly kind: 'symbol';
      readonly name: FunctionName;
      readonly offset: bigint;
      readonly colocated: boolean;
      readonly tls: boolean;
    };

/** Arguments passed to a block. `retN`/`exnN` stand only in a try_call's targets. */
export type BlockArg =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'ret'; readonly index: number }
  | { readonly kind: 'exn'; readonly index: number };

export interface BlockCall {
  readonly block: BlockId;
  readonly args: readonly BlockArg[];
}

export type ExceptionHandler =
  | { readonly kind: 'tag'; readonly tag: number; readonly target: BlockCall }
  | { readonly kind: 'default'; readonly target: BlockCall }
  | { readonly kind: 'context'; readonly value: Value };

export interface ExceptionTable {
  readonly sig: number;
  readonly normal: BlockCall;
  readonly handlers: readonly ExceptionHandler[];
}

interface InstBase {
  /** Opcode as CLIF spells it. */
  readonly op: string;
  /** Controlling type variable; null for opcodes that have none. */
  readonly type: Type | null;
  readonly results: readonly Value[];
  readonly args: readonly Value[];
}

/**
 * One instruction; the variants are Cranelift's instruction formats, merged where only the immediate differs.
 * `args` always holds every plain value operand in text order (for `brif` its condition, for `call_indirect` the
 * callee address first), so passes that rename values need not know the variant. Block arguments are apart.
 */
export type Inst =
  /** NullAry, Unary, Binary, Ternary, MultiAry (`return`). */
  | (InstBase & { readonly kind: 'plain' })
  /** iconst, f16const, f32const, f64const, f128const, vconst: `bits` is the value's bit pattern, never negative. */
  | (InstBase & { readonly kind: 'const'; readonly bits: bigint })
  /** insertlane, extractlane, extract_vector. */
  | (InstBase & { readonly kind: 'lane'; readonly lane: number })
  | (InstBase & { readonly kind: 'shuffle'; readonly mask: readonly number[] })
  /** icmp, fcmp. */
  | (InstBase & { readonly kind: 'compare'; readonly cond: string })
  /** trap, trapz, trapnz, uadd_overflow_trap. `code` as printed: `user1`, `heap_oob`. */
  | (InstBase & { readonly kind: 'trap'; readonly code: string })
  /** load, store, their narrow forms, atomic_load, atomic_store, bitcast, atomic_cas. Offset in bytes. */
  | (InstBase & { readonly kind: 'memory'; readonly flags: readonly string[]; readonly offset: number })
  | (InstBase & { readonly kind: 'atomic_rmw'; readonly flags: readonly string[]; readonly rmw: string })
  /** stack_addr (0.135) and stack_load / stack_store (older text); also dynamic_stack_addr. */
  | (InstBase & { readonly kind: 'stack'; readonly slot: number; readonly offset: number })
  /** symbol_value, tls_value, global_value. */
  | (InstBase & { readonly kind: 'global'; readonly global: number })
  | (InstBase & { readonly kind: 'func_addr'; readonly func: number })
  /** call, return_call. */
  | (InstBase & { readonly kind: 'call'; readonly func: number })
  /** call_indirect, return_call_indirect; args[0] is the address. */
  | (InstBase & { readonly kind: 'call_indirect'; readonly sig: number })
  | (InstBase & { readonly kind: 'try_call'; readonly func: number; readonly table: ExceptionTable })
  /** args[0] is the address. */
  | (InstBase & { readonly kind: 'try_call_indirect'; readonly table: ExceptionTable })
  | (InstBase & { readonly kind: 'jump'; readonly target: BlockCall })
  | (InstBase & { readonly kind: 'brif'; readonly then: BlockCall; readonly else: BlockCall })
  | (InstBase & {
      readonly kind: 'br_table';
      readonly fallback: BlockCall;
      readonly table: readonly BlockCall[];
    })
  /** get_exception_handler_address. */
  | (InstBase & { readonly kind: 'handler_address'; readonly block: BlockId; readonly index: number });

export interface BlockParam {
  readonly value: Value;
  readonly type: Type;
}

export interface Block {
  readonly id: BlockId;
  readonly params: readonly BlockParam[];
  readonly insts: readonly Inst[];
  readonly cold: boolean;
}

/**
 * A function. The `Map`s are keyed by the number in the text (`ss3` -> 3). `valueTypes[v]` is the type of `v`, a hole
 * where no such value is defined. The first block is the entry and its parameters are the function's.
 */
export interface Function {
  readonly name: FunctionName;
  readonly signature: Signature;
  readonly stackSlots: ReadonlyMap<number, StackSlot>;
  readonly globalValues: ReadonlyMap<number, GlobalValue>;
  readonly sigRefs: ReadonlyMap<number, Signature>;
  readonly funcRefs: ReadonlyMap<number, FuncRef>;
  readonly constants: ReadonlyMap<number, Uint8Array>;
  readonly stackLimit: number | null;
  /** Only where the function declares any. */
  readonly dynamic?: DynamicEntities;
  readonly blocks: readonly Block[];
  readonly valueTypes: readonly (Type | undefined)[];
}

/** The tables of a function that refers to nothing. */
export const NO_TABLES = {
  stackSlots: new Map(),
  globalValues: new Map(),
  sigRefs: new Map(),
  funcRefs: new Map(),
  constants: new Map(),
  stackLimit: null,
} as const satisfies Partial<Function>;

export interface Module {
  readonly functions: readonly Function[];
}

/** Bytes of a function's stack slots, without what their alignment takes. */
export function slotBytes({ stackSlots }: Pick<Function, 'stackSlots'>): number {
  let bytes = 0;
  for (const { sizeBytes } of stackSlots.values()) bytes += sizeBytes;
  return bytes;
}

/** `%main`, `u0:3`, `%Memcpy`: the name as CLIF prints it, which is also its identity within a module. */
export function functionNameText(name: FunctionName): string {
  return name.kind === 'user' ? `u${name.namespace}:${name.index}` : `%${name.name}`;
}

export function findFunction(module: Module, name: FunctionName): Function | undefined {
  const text = functionNameText(name);
  return module.functions.find((f) => functionNameText(f.name) === text);
}

/** Every block call an instruction may take, in text order. */
export function blockCallsOf(inst: Inst): readonly BlockCall[] {
  switch (inst.kind) {
    case 'jump':
      return [inst.target];
    case 'brif':
      return [inst.then, inst.else];
    case 'br_table':
      return [inst.fallback, ...inst.table];
    case 'try_call':
    case 'try_call_indirect':
      return [
        inst.table.normal,
        ...inst.table.handlers.flatMap((h) => (h.kind === 'context' ? [] : [h.target])),
      ];
    default:
      return [];
  }
}

/** Calls and tail calls, with handlers or without. */
export function isCall({ kind }: Inst): boolean {
  return kind === 'call' || kind === 'call_indirect' || kind === 'try_call' || kind === 'try_call_indirect';
}

/** Tail calls, direct or not. */
export function isReturnCall({ op }: Inst): boolean {
  return op === 'return_call' || op === 'return_call_indirect';
}

/** What a call or tail call declares; undefined for any other instruction, and for one that names no signature of its function's. */
export function signatureOfCall(fn: Function, inst: Inst): Signature | undefined {
  switch (inst.kind) {
    case 'call':
      return fn.sigRefs.get(fn.funcRefs.get(inst.func)?.sig ?? -1);
    case 'call_indirect':
      return fn.sigRefs.get(inst.sig);
    case 'try_call':
    case 'try_call_indirect':
      return fn.sigRefs.get(inst.table.sig);
    default:
      return undefined;
  }
}
