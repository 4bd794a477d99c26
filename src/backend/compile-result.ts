import type { FunctionName } from '../clif/module.ts';

/** Relocation kinds as the driver prints them (cranelift-codegen `binemit::Reloc`, Debug form). */
export interface Relocation {
  /** Offset in the function's code, bytes. */
  readonly offset: number;
  readonly kind: string;
  /** A function or libcall by name, or an offset in the same function (a Lo12's label). */
  readonly target:
    | { readonly kind: 'function'; readonly name: FunctionName }
    | { readonly kind: 'offset'; readonly offset: number };
  readonly addend: bigint;
}

/** Where the context of an exception handler lies at the call: an offset from sp in bytes, or an x register. */
export type HandlerContext =
  { readonly kind: 'sp'; readonly offset: number } | { readonly kind: 'x'; readonly register: number };

export interface Handler {
  /** Null: the default handler, which takes every exception. */
  readonly tag: number | null;
  /** Offset in the function's code, bytes. */
  readonly offset: number;
  /** What says which instance of the tag is meant; only where the call names one. */
  readonly context?: HandlerContext;
}

export interface CallSite {
  /** Return address, offset in the function's code, bytes. */
  readonly offset: number;
  /** In the order in which they are tried. */
  readonly handlers: readonly Handler[];
  /** How far sp lies below fp at the call, bytes; Cranelift tells it since 0.124. */
  readonly frameOffset?: number;
}

/** `x` and `f` registers by number, `v` likewise; `cfa` an offset from the caller's sp, bytes. */
export type ValuePlace =
  | { readonly kind: 'x' | 'f' | 'v'; readonly register: number }
  | { readonly kind: 'cfa'; readonly offset: number };

/** Offsets in the function's code, bytes; `end` is the first that is out. */
export interface ValueRange {
  readonly value: number;
  readonly place: ValuePlace;
  readonly start: number;
  readonly end: number;
}

/** What Cranelift tells a debugger of a function, got by labelling every value. */
export interface ValueLabels {
  /** Whether labelling left the machine code as it is. If not, the ranges are those of other code. */
  readonly isSameCode: boolean;
  /** Values that need two registers have none. */
  readonly ranges: readonly ValueRange[];
  /** Code made of the n-th instruction in layout order, from 0. */
  readonly instructions: readonly {
    readonly index: number;
    readonly start: number;
    readonly end: number;
  }[];
  /** Explicit slots by number, with their offset from sp in bytes; Cranelift tells it since 0.125. */
  readonly stackSlots: ReadonlyMap<number, number>;
}

export interface CompiledFunction {
  readonly name: FunctionName;
  readonly code: Uint8Array;
  readonly alignBytes: number;
  readonly relocations: readonly Relocation[];
  readonly traps: readonly { readonly offset: number; readonly code: string }[];
  readonly callSites: readonly CallSite[];
  readonly frameSizeBytes: number;
  /** Only where asked for. */
  readonly vcode?: string;
  /** Only where asked for. */
  readonly values?: ValueLabels;
  /** Cranelift's unwind information as Rust's Debug prints it; only where asked for and where there is some. */
  readonly unwind?: string;
}

/** What one configuration made of one module. Everything but `compiled` says which function, where it is known. */
export type CompileResult =
  | { readonly kind: 'compiled'; readonly functions: readonly CompiledFunction[] }
  | { readonly kind: 'parse-error'; readonly line: number; readonly message: string }
  | { readonly kind: 'verifier-error'; readonly function: string; readonly message: string }
  /** `error` is the `CodegenError` variant: Unsupported, ImplLimitExceeded, CodeTooLarge, RegAlloc, … */
  | {
      readonly kind: 'codegen-error';
      readonly function: string;
      readonly error: string;
      readonly message: string;
    }
  | {
      readonly kind: 'panic';
      readonly function: string;
      readonly message: string;
      /** Path inside the crate, without the registry's prefix: `cranelift-codegen-0.135.8/src/machinst/abi.rs`. */
      readonly file: string;
      readonly line: number;
    }
  /** The driver process ended or was ended: abort, stack overflow, more than 2 GiB, longer than 10 s. */
  | {
      readonly kind: 'crashed';
      readonly how: 'abort' | 'stack-overflow' | 'timeout' | 'memory';
      readonly detail: string;
    }
  /** A setting or flag this Cranelift does not know, or a value it does not take. */
  | { readonly kind: 'bad-flag'; readonly message: string };
