import type { Case, Configuration } from '../clif/case.ts';
import type { Function, Inst } from '../clif/module.ts';

/** What a compressed jump reaches (RISC-V unprivileged specification, "C Extension", CJ-type). */
const REACH_BYTES = 2046;
/** A constant in the pool is loaded by two instructions, each with a fixup; Cranelift counts 8 bytes of veneer for a fixup. */
const CONSTANT_BYTES = 16 + 2 * 8;
/** Of a branch on a condition with both of its targets, and of a trap with what it jumps to. */
const BRANCH_BYTES = 3 * 8;

function pendingBytes(inst: Inst): number {
  switch (inst.kind) {
    case 'const':
      return CONSTANT_BYTES;
    case 'plain':
      return 0;
    default:
      return inst.op.endsWith('load') || inst.op.endsWith('store') ? 0 : BRANCH_BYTES;
  }
}

/** Whether islands in a function may be so large that compressed jumps around them need veneers. */
function mayOutreach(fn: Function): boolean {
  let sum = 0;
  for (const { insts } of fn.blocks) for (const inst of insts) sum += pendingBytes(inst);
  return sum >= REACH_BYTES;
}

function withoutCompressed(configuration: Configuration): Configuration {
  const isa = configuration.isa.filter((flag) => !/^has_(c|zc\w+)$/.test(flag));
  return isa.length === configuration.isa.length ? configuration : { ...configuration, isa };
}

/** Without compressed instructions where a function may need a veneer for a compressed jump around an island: keeps clear of docs/findings.md, F23. */
export function withoutCompressedJumps(kase: Case): Case {
  if (!kase.module.functions.some(mayOutreach)) return kase;
  return { ...kase, configurations: kase.configurations.map(withoutCompressed) };
}
