import { type Block, type Function, functionNameText, type Inst } from './module.ts';
import { instText } from './print-inst.ts';

/** What kind of rule a module breaks. */
export type ProblemKind =
  /** Empty block, no or early terminator, unknown block or entity, entry block unlike the signature, a name defined twice. */
  | 'structure'
  /** A value that is read and nowhere defined, or defined twice. */
  | 'undefined'
  | 'dominance'
  | 'type'
  /** A signature no function may have: results with sret, extension of a float, results of preserve_all. */
  | 'signature'
  /** A call whose declared types, purposes or convention are not the callee's. */
  | 'signature-mismatch'
  /** As before, in sext and uext alone: not reported unless asked for. */
  | 'extension-mismatch'
  | 'tail-call'
  | 'exception'
  /** A function the module does not define. */
  | 'external';

/** One broken rule. `function` is the name as CLIF prints it, `where` a block and an instruction, or a declaration. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly function: string;
  readonly where: string;
  readonly message: string;
}

/** How a module is checked. */
export interface CheckOptions {
  /** Functions the module names and does not define are allowed. Default: a problem of kind `external`. */
  readonly allowExternals?: boolean;
  /** Report `extension-mismatch`. Default: not, since receivers never read extended bits (ABI facts, extension). */
  readonly reportExtensions?: boolean;
}

/** One function under check: what is known about it and where problems go. */
export interface CheckContext {
  readonly fn: Function;
  readonly functions: ReadonlyMap<string, Function>;
  readonly options: CheckOptions;
  readonly problems: Problem[];
  /** Index in `fn.blocks` by block number. */
  readonly blockIndex: ReadonlyMap<number, number>;
}

export function contextOf(
  fn: Function,
  functions: ReadonlyMap<string, Function>,
  options: CheckOptions,
  problems: Problem[],
): CheckContext {
  const blockIndex = new Map<number, number>();
  fn.blocks.forEach((block, i) => blockIndex.set(block.id, i));
  return { fn, functions, options, problems, blockIndex };
}

export function report(context: CheckContext, kind: ProblemKind, where: string, message: string): void {
  context.problems.push({ kind, function: functionNameText(context.fn.name), where, message });
}

export function reportInst(
  context: CheckContext,
  kind: ProblemKind,
  block: Block,
  inst: Inst,
  message: string,
): void {
  report(context, kind, `block${block.id}: ${instText(inst)}`, message);
}
