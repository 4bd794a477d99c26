import { typeInfo, type Type } from './type.ts';

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

/** What the extension of a parameter or result asks for: nothing from 64 bits on. */
export function effectiveExtension({ type, extension }: AbiParam): ArgumentExtension {
  return typeInfo(type).bits < 64 ? extension : 'none';
}

export function abiParam(type: Type, extension: ArgumentExtension = 'none', purpose = NORMAL): AbiParam {
  return { type, extension, purpose };
}
