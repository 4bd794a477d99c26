import { type Block, type BlockArg, type BlockCall, type Inst } from './module.ts';
import { signatureText } from './print.ts';
import { type CheckContext, reportInst } from './problem.ts';
import type { CallConv, Signature } from './signature.ts';
import type { Type } from './type.ts';

/** Conventions a try_call's callee may have (`isa/call_conv.rs`, `supports_exceptions`). */
const CATCHING: readonly CallConv[] = ['tail', 'system_v', 'winch', 'preserve_all', 'apple_aarch64'];

type TryInst = Extract<Inst, { readonly kind: 'try_call' | 'try_call_indirect' }>;

/** Convention, table signature and block arguments of a try_call; `declared` is the signature its table names. */
export function checkTryCall(context: CheckContext, block: Block, inst: TryInst, declared: Signature): void {
  if (!CATCHING.includes(declared.callConv)) {
    reportInst(context, 'exception', block, inst, `${inst.op} cannot call a ${declared.callConv} function`);
  }
  if (inst.kind === 'try_call') {
    const own = context.fn.sigRefs.get(context.fn.funcRefs.get(inst.func)?.sig ?? -1);
    if (own === undefined || signatureText(own) !== signatureText(declared)) {
      reportInst(
        context,
        'exception',
        block,
        inst,
        `sig${inst.table.sig} is not the signature of fn${inst.func}`,
      );
    }
  }
  checkTargetArgs(context, block, inst, inst.table.normal, 'ret', declared);
  for (const handler of inst.table.handlers) {
    if (handler.kind !== 'context') checkTargetArgs(context, block, inst, handler.target, 'exn', declared);
  }
}

function checkTargetArgs(
  context: CheckContext,
  block: Block,
  inst: Inst,
  target: BlockCall,
  allowed: 'ret' | 'exn',
  declared: Signature,
): void {
  const params = context.fn.blocks[context.blockIndex.get(target.block) ?? -1]?.params ?? [];
  target.args.forEach((arg, i) => {
    if (arg.kind === 'value') return;
    if (arg.kind !== allowed) {
      reportInst(
        context,
        'exception',
        block,
        inst,
        `${arg.kind}${arg.index} cannot stand in this target of block${target.block}`,
      );
      return;
    }
    const type = pseudoType(arg, declared);
    const param = params[i]?.type;
    if (type === undefined) {
      reportInst(context, 'exception', block, inst, `the callee gives no ${arg.kind}${arg.index}`);
    } else if (param !== undefined && type !== param) {
      reportInst(
        context,
        'type',
        block,
        inst,
        `${arg.kind}${arg.index} is ${type}, the block parameter is ${param}`,
      );
    }
  });
}

function pseudoType(arg: BlockArg, declared: Signature): Type | undefined {
  if (arg.kind === 'ret') return declared.returns[arg.index]?.type;
  if (arg.kind === 'exn') return declared.callConv !== 'winch' && arg.index < 2 ? 'i64' : undefined;
  return undefined;
}
