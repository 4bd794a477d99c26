import {
  type Block,
  type BlockCall,
  blockCallsOf,
  type FunctionName,
  functionNameText,
  type Inst,
} from './module.ts';
import type { Opcode } from './opcode.ts';
import { type CheckContext, reportInst } from './problem.ts';
import { isInSet, ruleType, satisfiesRule } from './type-rule.ts';
import { type Type, typeInfo } from './type.ts';
import { throwRoutineNamed } from './throw-routine.ts';

/** Fixed operands, results, immediates and block arguments of one instruction. Calls beyond their address are apart. */
export function checkInst(context: CheckContext, block: Block, inst: Inst, opcode: Opcode | undefined): void {
  if (opcode === undefined || (opcode.kind !== inst.kind && !opcode.shape.startsWith('old_'))) {
    reportInst(context, 'structure', block, inst, `${inst.op} is no instruction of kind ${inst.kind}`);
    return;
  }
  checkControllingType(context, block, inst, opcode);
  checkOperands(context, block, inst, opcode);
  if (!opcode.isCall) checkResults(context, block, inst, opcode);
  checkImmediates(context, block, inst, opcode);
  checkEntities(context, block, inst);
  if (opcode.isTerminator) for (const call of blockCallsOf(inst)) checkBlockCall(context, block, inst, call);
}

function checkControllingType(context: CheckContext, block: Block, inst: Inst, opcode: Opcode): void {
  if (opcode.types === null) {
    if (inst.type !== null) reportInst(context, 'type', block, inst, `${inst.op} has no controlling type`);
    return;
  }
  if (inst.type === null) {
    reportInst(context, 'type', block, inst, `${inst.op} needs a controlling type`);
    return;
  }
  if (!isInSet(inst.type, opcode.types))
    reportInst(context, 'type', block, inst, `${inst.type} is no type for ${inst.op}`);
}

function checkOperands(context: CheckContext, block: Block, inst: Inst, opcode: Opcode): void {
  const { operands } = opcode;
  const isVariable = opcode.isCall || opcode.shape === 'variable';
  if (isVariable ? inst.args.length < operands.length : inst.args.length !== operands.length) {
    reportInst(
      context,
      'type',
      block,
      inst,
      `${inst.args.length} operands, ${inst.op} takes ${operands.length}`,
    );
    return;
  }
  for (let i = 0; i < operands.length; i++) {
    const rule = operands[i];
    const arg = inst.args[i];
    const type = arg === undefined ? undefined : context.fn.valueTypes[arg];
    if (rule === undefined || type === undefined) continue;
    // Every ISA Cranelift runs natively has 64-bit addresses (verifier `verify_is_address`).
    const isRight = rule === 'address' ? type === 'i64' : satisfiesRule(rule, inst.type, type);
    if (!isRight) {
      const wanted = rule === 'address' ? 'i64' : (ruleType(rule, inst.type) ?? rule);
      reportInst(context, 'type', block, inst, `operand ${i}, v${arg}, is ${type}, not ${wanted}`);
    }
  }
}

function checkResults(context: CheckContext, block: Block, inst: Inst, opcode: Opcode): void {
  if (inst.results.length !== opcode.results.length) {
    reportInst(
      context,
      'type',
      block,
      inst,
      `${inst.results.length} results are named, ${inst.op} gives ${opcode.results.length}`,
    );
    return;
  }
  for (let i = 0; i < inst.results.length; i++) {
    const result = inst.results[i];
    const rule = opcode.results[i];
    const type = result === undefined ? undefined : context.fn.valueTypes[result];
    if (rule === undefined || type === undefined) continue;
    const expected = ruleType(rule, inst.type);
    if (expected !== null && expected !== type) {
      reportInst(context, 'type', block, inst, `v${result} is ${type}, ${inst.op} gives ${expected}`);
    }
  }
}

function checkImmediates(context: CheckContext, block: Block, inst: Inst, opcode: Opcode): void {
  const fail = (message: string): void => reportInst(context, 'type', block, inst, message);
  const operandType = (i: number): Type | undefined => context.fn.valueTypes[inst.args[i] ?? -1];
  switch (inst.kind) {
    case 'const': {
      const type = ruleType(opcode.results[0] ?? 'same', inst.type);
      const bits = type === null ? 0 : typeInfo(type).bits;
      if (inst.bits < 0n || BigInt.asUintN(bits, inst.bits) !== inst.bits)
        fail(`the constant does not fit ${bits} bits`);
      return;
    }
    case 'lane': {
      const type = operandType(0);
      if (inst.op !== 'extract_vector' && type !== undefined && inst.lane >= typeInfo(type).lanes) {
        fail(`${type} has no lane ${inst.lane}`);
      }
      return;
    }
    case 'shuffle':
      if (inst.mask.length !== 16 || inst.mask.some((lane) => lane < 0 || lane > 31))
        fail('a shuffle mask is 16 numbers, 0 to 31');
      return;
    case 'memory':
      if (inst.op === 'store' && inst.flags.includes('readonly')) fail('a store cannot be readonly');
      if (inst.op === 'bitcast') checkBitcast(inst.type, operandType(0), inst.flags, fail);
      return;
    case 'global': {
      const global = context.fn.globalValues.get(inst.global);
      if (global === undefined) return;
      const type = global.kind === 'load' || global.kind === 'iadd_imm' ? global.type : 'i64';
      if (inst.type !== type) fail(`gv${inst.global} is ${type}, not ${inst.type}`);
      return;
    }
    default:
  }
}

function checkBitcast(
  to: Type | null,
  from: Type | undefined,
  flags: readonly string[],
  fail: (message: string) => void,
): void {
  if (to === null || from === undefined) return;
  const target = typeInfo(to);
  const source = typeInfo(from);
  if (target.bits !== source.bits) fail(`${from} and ${to} have different widths`);
  else if (flags.some((flag) => flag !== 'little' && flag !== 'big'))
    fail('a bitcast takes no flag but little or big');
  else if (flags.length === 0 && target.lanes !== source.lanes)
    fail('a bitcast that changes the lane count needs little or big');
}

function checkEntities(context: CheckContext, block: Block, inst: Inst): void {
  const { fn } = context;
  const fail = (message: string): void => reportInst(context, 'structure', block, inst, message);
  switch (inst.kind) {
    case 'stack':
      if (!fn.stackSlots.has(inst.slot)) fail(`ss${inst.slot} is not declared`);
      return;
    case 'global': {
      const global = fn.globalValues.get(inst.global);
      if (global === undefined) fail(`gv${inst.global} is not declared`);
      else if (global.kind === 'symbol') checkExternal(context, block, inst, global.name);
      return;
    }
    case 'func_addr':
    case 'call':
    case 'try_call': {
      const ref = fn.funcRefs.get(inst.func);
      if (ref === undefined) fail(`fn${inst.func} is not declared`);
      else if (!fn.sigRefs.has(ref.sig)) fail(`sig${ref.sig} is not declared`);
      else checkExternal(context, block, inst, ref.name);
      return;
    }
    case 'handler_address': {
      if (inst.block === fn.blocks[0]?.id)
        return fail(`the handlers of the entry block have no address (Cranelift's verifier has it so)`);
      const last = fn.blocks[context.blockIndex.get(inst.block) ?? -1]?.insts.at(-1);
      if (last?.kind !== 'try_call' && last?.kind !== 'try_call_indirect')
        fail(`block${inst.block} does not end in a try_call`);
      else if (inst.index >= last.table.handlers.filter((h) => h.kind !== 'context').length)
        fail(`there is no handler ${inst.index}`);
      return;
    }
    default:
  }
}

function checkExternal(context: CheckContext, block: Block, inst: Inst, name: FunctionName): void {
  const text = functionNameText(name);
  if (context.options.allowExternals === true || context.functions.has(text)) return;
  const isCalled = inst.kind !== 'global';
  if (isCalled && throwRoutineNamed(text) !== null) return;
  reportInst(context, 'external', block, inst, `the module does not define ${text}`);
}

function checkBlockCall(context: CheckContext, block: Block, inst: Inst, call: BlockCall): void {
  const index = context.blockIndex.get(call.block);
  const params = index === undefined ? undefined : context.fn.blocks[index]?.params;
  if (params === undefined) {
    reportInst(context, 'structure', block, inst, `block${call.block} is not defined`);
    return;
  }
  if (index === 0) reportInst(context, 'structure', block, inst, 'nothing branches to the entry block');
  if (params.length !== call.args.length) {
    reportInst(
      context,
      'type',
      block,
      inst,
      `${call.args.length} arguments for ${params.length} parameters of block${call.block}`,
    );
    return;
  }
  for (let i = 0; i < params.length; i++) {
    const arg = call.args[i];
    const param = params[i];
    if (arg === undefined || param === undefined) continue;
    if (arg.kind !== 'value') {
      // In a try_call these are checked with the call.
      if (inst.kind !== 'try_call' && inst.kind !== 'try_call_indirect') {
        reportInst(context, 'exception', block, inst, `${arg.kind}${arg.index} stands only in a try_call`);
      }
      continue;
    }
    const type = context.fn.valueTypes[arg.value];
    if (type !== undefined && type !== param.type) {
      reportInst(
        context,
        'type',
        block,
        inst,
        `v${arg.value} is ${type}, the parameter of block${call.block} is ${param.type}`,
      );
    }
  }
}
