/** `ok` and `broken` come from what a machine did or what metadata says; `not applicable` says why in its detail. */
export type CheckVerdict = 'ok' | 'broken' | 'not applicable';

export interface ExplainedCheck {
  readonly name: string;
  readonly verdict: CheckVerdict;
  readonly detail: string;
}

/** One argument or result and where it goes. */
export interface ExplainedPlace {
  readonly role: 'argument' | 'result';
  /** `v3`, or its number where it has no name. */
  readonly name: string;
  readonly type: string;
  /** `a0`, `stack+16`, `a7 bits 0 to 63 and stack+0 bits 64 to 127`. */
  readonly place: string;
  /** Extension, NaN-boxing, purpose, being split. */
  readonly notes: readonly string[];
}

/** The places of one side of a call. `lines`: areas, the hidden pointer, what the callee pops. */
export interface ExplainedSignature {
  readonly text: string;
  readonly places: readonly ExplainedPlace[];
  readonly lines: readonly string[];
}

/** A value that a call must leave alone. */
export interface ExplainedLive {
  readonly name: string;
  readonly type: string;
  readonly place: string;
}

/** A piece of text with the lines that are the call itself. */
export interface ExplainedCode {
  readonly lines: readonly string[];
  /** Indices in `lines`. */
  readonly marked: readonly number[];
  /** Instead of lines: why there are none. */
  readonly reason: string | null;
}

export interface ExplainedCall {
  /** `block0: v3 = call fn0(v1)`. */
  readonly title: string;
  /** `u0:1`, or how it is found out at run time. */
  readonly target: string;
  readonly caller: ExplainedSignature;
  /** What the callee is defined with, where that is not what the call declares. */
  readonly callee: ExplainedSignature | null;
  readonly live: readonly ExplainedLive[];
  readonly clobbers: readonly string[];
  readonly handlers: readonly string[];
  readonly clif: ExplainedCode;
  readonly vcode: ExplainedCode;
  readonly disassembly: ExplainedCode;
  readonly nativeVcode: ExplainedCode;
  readonly nativeDisassembly: ExplainedCode;
  readonly checks: readonly ExplainedCheck[];
}

export interface ExplainedFunction {
  readonly name: string;
  readonly clif: string;
  readonly signature: ExplainedSignature;
  /** Frame, saved registers, stack slots, or why there is no code. */
  readonly frame: readonly string[];
  /** How it is entered from outside the module; only of the entry. */
  readonly entered: readonly ExplainedCheck[];
  readonly calls: readonly ExplainedCall[];
}

export interface ExplainedVariation {
  readonly name: string;
  readonly result: string;
  readonly kind: 'agree' | 'finding' | 'other';
}

/** All that `callfuzz explain` says about a case. */
export interface Explanation {
  readonly title: string;
  readonly cranelift: string;
  readonly emulator: string;
  readonly configuration: string;
  readonly verdict: string;
  /** Rules of CLIF that the module breaks. */
  readonly problems: readonly string[];
  /** What limits the rest: tools that are missing, labels that changed the code. */
  readonly notes: readonly string[];
  readonly functions: readonly ExplainedFunction[];
  readonly variations: readonly ExplainedVariation[];
}
