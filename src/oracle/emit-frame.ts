import { broken, resultCell, type Emit, type Machine, type PreparedFunction } from './program.ts';

/** A place that the running activation has, from its frame pointer. */
function framePlace(place: (machine: Machine, frame: bigint, self: PreparedFunction) => bigint): Emit {
  return (scope, inst) => {
    const { machine, self } = scope;
    machine.frames ??= [];
    const d = resultCell(scope, inst);
    return () => {
      d.v = place(machine, machine.frames?.at(-1) ?? 0n, self);
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

/**
 * No higher than any slot of the function, and the lowest slot's address or less as the address space has it (cranelift-codegen
 * `machinst/abi.rs`, `gen_stackslot_addr`: slots lie above sp and the area for calls). Without slots somewhere in the frame: how far from the frame pointer is nobody's business.
 */
function stackPointer(
  { frameBytes, byAddress, space }: Machine,
  frame: bigint,
  self: PreparedFunction,
): bigint {
  const [lowest] = self.frame.slots;
  if (lowest !== undefined) return BigInt(self.frameBase + (space.hasLooseSlots ? lowest.offset : 0));
  const [first] = byAddress.values();
  return first === undefined ? frame : frame - frameBytes(first) / 4n;
}

/** Code of one function, of which handlers are part, has no more. */
const FUNCTION_BYTES = 0x20_0000n;

/** Where a handler begins, in the code of its function. */
const handlerAddress: Emit = (scope, inst) => {
  if (inst.kind !== 'handler_address') return broken(scope, inst, 'not the address of a handler');
  const { space } = scope.machine;
  const index = (scope.self.address - space.functionBase) / 16n;
  const start = BigInt(space.textBase) + FUNCTION_BYTES * index;
  resultCell(scope, inst).v = start + BigInt(space.handlerAt(inst.block, inst.index));
  return null;
};

/**
 * Values that CLIF gives no program to know: only that two of one frame are the same is sure, and an address space makes
 * them what it likes (see `AddressSpace`).
 */
export const FRAME_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ['get_frame_pointer', framePlace((_, frame) => frame)],
  ['get_stack_pointer', framePlace(stackPointer)],
  ['get_exception_handler_address', handlerAddress],
  ['get_return_address', framePlace(({ space }, frame) => space.returnAddress(frame))],
]);
