import type { CompiledFunction } from '../backend/compile-result.ts';
import {
  findFunction,
  functionNameText,
  type ExceptionHandler,
  type Function,
  type Module,
} from '../clif/module.ts';
import type { CodeFault } from './code-faults.ts';

/*
 * `get_exception_handler_address` gives a place in the code of its own function (cranelift-codegen `isa/riscv64/inst/emit.rs`,
 * `Inst::LabelAddress`: auipc and addi on one register). No program can tell what it is, so it is read off the code and held against the
 * handlers that metadata tells of, which exceptions are thrown to.
 */

/** The place of such findings. */
export const OTHER_HANDLER = 'address of another place than the handler';

const INSTRUCTION_BYTES = 4;

/** Major opcodes, and funct3 of addi (RISC-V unprivileged ISA, "RV32/64G Instruction Set Listings"). */
const AUIPC = 0x17;
const OP_IMM = 0x13;

/** t6, which no value is given and constants in memory are reached by (cranelift-codegen `isa/riscv64/inst/regs.rs`, `spilltmp_reg`). */
const TEMPORARY = 31;

/** Tags whose handlers `fn` takes the addresses of, null for default handlers; null where it takes none. */
function tagsAsked(fn: Function): ReadonlySet<number | null> | null {
  let tags: Set<number | null> | null = null;
  for (const inst of fn.blocks.flatMap(({ insts }) => insts)) {
    // A jump table's address is made the same way.
    if (inst.kind === 'br_table') return null;
    if (inst.kind !== 'handler_address') continue;
    const handler = handlersOf(fn, inst.block)[inst.index];
    tags ??= new Set();
    if (handler !== undefined) tags.add(handler.kind === 'tag' ? handler.tag : null);
  }
  return tags;
}

function handlersOf({ blocks }: Function, block: number): readonly ExceptionHandler[] {
  const last = blocks.find(({ id }) => id === block)?.insts.at(-1);
  if (last?.kind !== 'try_call' && last?.kind !== 'try_call_indirect') return [];
  return last.table.handlers.filter(({ kind }) => kind !== 'context');
}

/** Places in the code itself that auipc and addi of one register that values have, side by side and not relocated, come to. */
function addressesIn({ code, relocations }: CompiledFunction): readonly { at: number; to: number }[] {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const isRelocated = new Set(relocations.map(({ offset }) => offset));
  const found: { at: number; to: number }[] = [];
  for (let at = 0; at + 2 * INSTRUCTION_BYTES <= code.length; at += 2) {
    const high = view.getUint32(at, true);
    if ((high & 0x7f) !== AUIPC || isRelocated.has(at)) continue;
    const low = view.getUint32(at + INSTRUCTION_BYTES, true);
    const register = (high >>> 7) & 31;
    if (register === TEMPORARY) continue;
    // Opcode, rd, funct3 and rs1.
    if ((low & 0xfffff) >>> 0 !== ((register << 15) | (register << 7) | OP_IMM) >>> 0) continue;
    const to = at + (high & ~0xfff) + (low >> 20);
    // Constants that lie among the code may look like anything.
    if (to >= 0 && to < code.length) found.push({ at, to });
  }
  return found;
}

function faultOf(fn: Function, compiled: CompiledFunction): CodeFault | null {
  const tags = tagsAsked(fn);
  if (tags === null) return null;
  const handlers = compiled.callSites.flatMap((site) => site.handlers).filter(({ tag }) => tags.has(tag));
  const where = (offset: number): string => `+0x${offset.toString(16)}`;
  for (const { at, to } of addressesIn(compiled)) {
    if (handlers.some(({ offset }) => offset === to)) continue;
    const places = [...new Set(handlers.map(({ offset }) => where(offset)))].join(', ');
    const name = functionNameText(fn.name);
    return {
      place: OTHER_HANDLER,
      detail: `${name}${where(at)} takes the address of ${where(to)}; handlers it may mean begin at ${places}`,
    };
  }
  return null;
}

/** The first address of a handler that is none of those of its tag; null for none. */
export function handlerAddressFault(module: Module, compiled: readonly CompiledFunction[]): CodeFault | null {
  for (const own of compiled) {
    const hasHandlers = own.callSites.some(({ handlers }) => handlers.length > 0);
    const fn = hasHandlers ? findFunction(module, own.name) : undefined;
    const fault = fn === undefined ? null : faultOf(fn, own);
    if (fault !== null) return fault;
  }
  return null;
}
