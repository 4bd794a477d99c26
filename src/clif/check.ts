import { checkAgainstReturns, checkCall, knownAddresses, type ResultsText } from './check-calls.ts';
import { checkInst } from './check-inst.ts';
import { signatureFault } from './check-signature.ts';
import { computeDominance } from './dominance.ts';
import { type Block, type Function, functionNameText, type Inst, type Module } from './module.ts';
import { OPCODES } from './opcode.ts';
import {
  type CheckContext,
  type CheckOptions,
  contextOf,
  type Problem,
  report,
  reportInst,
} from './problem.ts';
import { usesOf } from './rewrite.ts';

/**
 * Every rule of CLIF the module breaks, none for a valid one: what Cranelift's verifier checks within a function, and what
 * it cannot: that calls agree with the functions they reach. A module with a problem must not be run as a test.
 */
export function checkModule(module: Module, options: CheckOptions = {}): readonly Problem[] {
  const problems: Problem[] = [];
  const functions = new Map<string, Function>();
  for (const fn of module.functions) {
    const name = functionNameText(fn.name);
    if (functions.has(name))
      problems.push({ kind: 'structure', function: name, where: name, message: `${name} is defined twice` });
    functions.set(name, fn);
  }
  for (const fn of module.functions) checkFunction(contextOf(fn, functions, options, problems));
  return problems;
}

/** `%main, block0: v1 = call fn0(v0): …`. */
export function problemText(problem: Problem): string {
  return `${problem.function}, ${problem.where}: ${problem.message}`;
}

function checkFunction(context: CheckContext): void {
  const { fn } = context;
  checkSignatures(context);
  checkGlobals(context);
  checkEntry(context);
  if (context.blockIndex.size !== fn.blocks.length)
    report(context, 'structure', 'blocks', 'two blocks have the same number');
  checkValues(context);
  const known = knownAddresses(fn);
  for (const block of fn.blocks) {
    const last = block.insts.at(-1);
    let endsWell = false;
    for (const inst of block.insts) {
      const opcode = OPCODES.get(inst.op);
      checkInst(context, block, inst, opcode);
      if (opcode === undefined) continue;
      if (opcode.isCall) checkCall(context, block, inst, known);
      else if (inst.op === 'return') checkReturn(context, block, inst);
      if (!opcode.isTerminator) continue;
      if (inst === last) endsWell = true;
      else reportInst(context, 'structure', block, inst, 'a terminator before the end of the block');
    }
    if (!endsWell) report(context, 'structure', `block${block.id}`, 'the block does not end in a terminator');
  }
}

function checkSignatures(context: CheckContext): void {
  const { fn } = context;
  const own = signatureFault(fn.signature);
  if (own !== null) report(context, 'signature', 'signature', own);
  for (const [n, signature] of fn.sigRefs) {
    const fault = signatureFault(signature);
    if (fault !== null) report(context, 'signature', `sig${n}`, fault);
  }
}

/** Of global values and the stack limit (verifier, `verify_global_values`). */
function checkGlobals(context: CheckContext): void {
  const { signature, globalValues, stackLimit } = context.fn;
  if (stackLimit !== null && !globalValues.has(stackLimit))
    report(context, 'undefined', 'stack_limit', `gv${stackLimit} is not declared`);
  const hasVmctx = signature.params.some(({ purpose }) => purpose.kind === 'vmctx');
  for (const [n, global] of globalValues) {
    if (global.kind === 'vmctx' && !hasVmctx) report(context, 'undefined', `gv${n}`, 'no parameter is vmctx');
    if (global.kind !== 'load' && global.kind !== 'iadd_imm') continue;
    if (!globalValues.has(global.base))
      report(context, 'undefined', `gv${n}`, `gv${global.base} is not declared`);
  }
}

function checkEntry(context: CheckContext): void {
  const { signature, blocks } = context.fn;
  const [entry] = blocks;
  if (entry === undefined) {
    report(context, 'structure', 'blocks', 'the function has no block');
    return;
  }
  if (entry.cold) report(context, 'structure', `block${entry.id}`, 'the entry block cannot be cold');
  const isSame =
    entry.params.length === signature.params.length &&
    entry.params.every((param, i) => param.type === signature.params[i]?.type);
  if (!isSame)
    report(context, 'structure', `block${entry.id}`, "the entry block's parameters are not the signature's");
}

const RETURNED: ResultsText = {
  count: (named, wanted) => `${named} results are returned, the signature has ${wanted}`,
  type: (i, value, type, wanted) => `result ${i}, v${value}, is ${type}, the signature has ${wanted}`,
};

function checkReturn(context: CheckContext, block: Block, inst: Inst): void {
  checkAgainstReturns(context, block, inst, inst.args, context.fn.signature.returns, RETURNED);
}

/** Every value is defined once, has a type, and its definition dominates its uses (in reachable blocks). */
function checkValues(context: CheckContext): void {
  const { fn } = context;
  const size = fn.valueTypes.length;
  /** Block index and place of each definition; -2: none. Parameters come before every instruction. */
  const blockOf = new Int32Array(size).fill(-2);
  const placeOf = new Int32Array(size);
  const define = (value: number, block: Block, blockNumber: number, place: number): void => {
    if (fn.valueTypes[value] === undefined)
      report(context, 'undefined', `block${block.id}`, `v${value} has no type`);
    else if (blockOf[value] !== -2)
      report(context, 'undefined', `block${block.id}`, `v${value} is defined twice`);
    blockOf[value] = blockNumber;
    placeOf[value] = place;
  };
  fn.blocks.forEach((block, b) => {
    for (const param of block.params) {
      define(param.value, block, b, -1);
      if (fn.valueTypes[param.value] !== param.type) {
        report(
          context,
          'type',
          `block${block.id}`,
          `v${param.value} is ${fn.valueTypes[param.value]}, its parameter ${param.type}`,
        );
      }
    }
    block.insts.forEach((inst, i) => {
      for (const result of inst.results) define(result, block, b, i);
    });
  });
  const { isReachable, dominates } = computeDominance(fn, context.blockIndex);
  fn.blocks.forEach((block, b) => {
    const reachable = isReachable(b);
    block.insts.forEach((inst, i) => {
      for (const value of usesOf(inst)) {
        const from = blockOf[value] ?? -2;
        if (from === -2) reportInst(context, 'undefined', block, inst, `v${value} is not defined`);
        else if (!reachable) continue;
        else if (from === b ? (placeOf[value] ?? 0) >= i : !isReachable(from) || !dominates(from, b)) {
          reportInst(context, 'dominance', block, inst, `v${value} is not defined on every way here`);
        }
      }
    });
  });
}
