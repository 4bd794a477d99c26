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

export interface CallSite {
  /** Return address, offset in the function's code, bytes. */
  readonly offset: number;
  /** Tag (null: default handler) and the handler's offset in the code. */
  readonly handlers: readonly { readonly tag: number | null; readonly offset: number }[];
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
  readonly disassembly?: string;
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
