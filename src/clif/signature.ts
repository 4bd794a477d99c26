import type { Type } from './type.ts';

/** Names as CLIF prints them (cranelift-codegen `isa/call_conv.rs`, `CallConv`). */
export type CallConv =
  | 'system_v'
  | 'fast'
  | 'tail'
  | 'preserve_all'
  | 'windows_fastcall'
  | 'apple_aarch64'
  | 'probestack'
  | 'winch';

export const CALL_CONVS: readonly CallConv[] = [
  'system_v',
  'fast',
  'tail',
  'preserve_all',
  'windows_fastcall',
  'apple_aarch64',
  'probestack',
  'winch',
];

export type ArgumentExtension = 'none' | 'uext' | 'sext';

/** `sarg(n)` keeps its byte count (cranelift-codegen `ir/extfunc.rs`, `ArgumentPurpose`). */
export type ArgumentPurpose =
  | { readonly kind: 'normal' }
  | { readonly kind: 'sret' }
  | { readonly kind: 'vmctx' }
  | { readonly kind: 'sarg'; readonly bytes: number };

export interface AbiParam {
  readonly type: Type;
  readonly extension: ArgumentExtension;
  readonly purpose: ArgumentPurpose;
}

/** A signature without a convention in the text gets the one the parser was told to assume. */
export interface Signature {
  readonly params: readonly AbiParam[];
  readonly returns: readonly AbiParam[];
  readonly callConv: CallConv;
}

export const NORMAL: ArgumentPurpose = { kind: 'normal' };

export function abiParam(type: Type, extension: ArgumentExtension = 'none', purpose = NORMAL): AbiParam {
  return { type, extension, purpose };
}
