import { resultCell, type Emit, type Machine } from './program.ts';

/** The frame pointer of the running activation; `shift` takes it to another place of the frame. */
function framePlace(place: (machine: Machine, frame: bigint) => bigint): Emit {
  return (scope, inst) => {
    const { machine } = scope;
    machine.frames ??= [];
    const d = resultCell(scope, inst);
    return () => {
      d.v = place(machine, machine.frames?.at(-1) ?? 0n);
    };
  };
}

/**
 * What the word at `address` of a frame record holds: the frame pointer of the caller, and where the function returns to (RISC-V psABI, "Frame Pointer Convention", has the record below
 * the frame pointer; cranelift-codegen `isa/riscv64/abi.rs`, `gen_prologue_frame_setup`, has it at the frame pointer). Null for any other address, and for the entry, whose caller is no function of the module.
 */
export function frameRecordWord({ frames, space }: Machine, address: bigint): bigint | null {
  if (frames === null) return null;
  const own = frames.indexOf(address);
  if (own > 0) return frames[own - 1] ?? null;
  const returning = frames.indexOf(address - RETURN_ADDRESS_AT);
  return returning > 0 ? space.returnAddress(frames[returning] ?? 0n) : null;
}

/** Bytes from the frame pointer. */
const RETURN_ADDRESS_AT = 8n;

/** Somewhere in the frame: how far from the frame pointer is nobody's business. */
function stackPointer({ frameBytes, byAddress }: Machine, frame: bigint): bigint {
  const [first] = byAddress.values();
  return first === undefined ? frame : frame - frameBytes(first) / 4n;
}

/**
 * Values that CLIF gives no program to know: only that two of one frame are the same is sure, and an address space makes
 * them what it likes (see `AddressSpace`).
 */
export const FRAME_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ['get_frame_pointer', framePlace((_, frame) => frame)],
  ['get_stack_pointer', framePlace(stackPointer)],
  ['get_return_address', framePlace(({ space }, frame) => space.returnAddress(frame))],
]);
