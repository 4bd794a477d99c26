import { knownAddresses } from '../clif/check-calls.ts';
import {
  functionNameText,
  isReturnCall,
  type Block,
  type Function,
  type Inst,
  type Module,
  type Value,
} from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';

/** A call in a function, with what it declares and what it reaches. */
export interface CallInst {
  readonly fn: Function;
  readonly block: Block;
  readonly inst: Inst;
  /** Of `inst` in layout order, from 0. */
  readonly index: number;
  readonly signature: Signature;
  readonly args: readonly Value[];
  /** What it defines; of a try_call nothing has a name before the target block. */
  readonly results: readonly Value[];
  readonly isTail: boolean;
  readonly isTry: boolean;
  /** The function it certainly reaches, as CLIF prints it; null where only running tells. */
  readonly target: string | null;
  /** Null where `target` is not in the module. */
  readonly callee: Function | null;
}

interface Declared {
  readonly sig: number | undefined;
  readonly args: readonly Value[];
  readonly func: number | undefined;
}

function declaredBy(fn: Function, inst: Inst, known: ReadonlyMap<Value, number>): Declared | null {
  const [address, ...rest] = inst.args;
  const func = address === undefined ? undefined : known.get(address);
  switch (inst.kind) {
    case 'call':
      return { sig: fn.funcRefs.get(inst.func)?.sig, args: inst.args, func: inst.func };
    case 'try_call':
      return { sig: inst.table.sig, args: inst.args, func: inst.func };
    case 'call_indirect':
      return { sig: inst.sig, args: rest, func };
    case 'try_call_indirect':
      return { sig: inst.table.sig, args: rest, func };
    default:
      return null;
  }
}

/** Every call of a function, in layout order. */
export function callsOf(fn: Function, module: Module): readonly CallInst[] {
  const known = knownAddresses(fn);
  const calls: CallInst[] = [];
  let index = -1;
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      index += 1;
      const declared = declaredBy(fn, inst, known);
      const signature = declared?.sig === undefined ? undefined : fn.sigRefs.get(declared.sig);
      if (declared === null || signature === undefined) continue;
      const ref = declared.func === undefined ? undefined : fn.funcRefs.get(declared.func);
      const target = ref === undefined ? null : functionNameText(ref.name);
      calls.push({
        fn,
        block,
        inst,
        index,
        signature,
        args: declared.args,
        results: inst.results,
        isTail: isReturnCall(inst),
        isTry: inst.op.startsWith('try_call'),
        target,
        callee: module.functions.find((other) => functionNameText(other.name) === target) ?? null,
      });
    }
  }
  return calls;
}
