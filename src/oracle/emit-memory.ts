import type { Inst } from '../clif/module.ts';
import { bitMask } from '../clif/type.ts';
import { INTEGER_BINARY, type Binary } from './integer.ts';
import { readMemory, writeMemory } from './memory.ts';
import { mapLanes } from './lanes.ts';
import {
  argCell,
  argInfo,
  broken,
  resultCell,
  resultInfo,
  unsupported,
  type Emit,
  type Scope,
} from './program.ts';

/** Checks the flags and gives the offset. Big-endian accesses are not modelled: riscv64 refuses them. */
function accessOffset(scope: Scope, inst: Inst): number {
  if (inst.kind !== 'memory' && inst.kind !== 'atomic_rmw') return broken(scope, inst, 'not a memory access');
  if (inst.flags.includes('big')) unsupported(scope, inst, 'big-endian access');
  return inst.kind === 'memory' ? inst.offset : 0;
}

const emitLoad: Emit = (scope, inst) => {
  const { memory } = scope.machine;
  const offset = accessOffset(scope, inst);
  const { bytes } = resultInfo(scope, inst);
  const p = argCell(scope, inst, 0);
  const d = resultCell(scope, inst);
  return () => {
    d.v = readMemory(memory, p.v, offset, bytes);
  };
};

const emitStore: Emit = (scope, inst) => {
  const { memory } = scope.machine;
  const offset = accessOffset(scope, inst);
  const { bytes } = argInfo(scope, inst, 0);
  const x = argCell(scope, inst, 0);
  const p = argCell(scope, inst, 1);
  return () => writeMemory(memory, p.v, offset, bytes, x.v);
};

function extendingLoad(fromBits: number, signed: boolean): Emit {
  return (scope, inst) => {
    const { memory } = scope.machine;
    const offset = accessOffset(scope, inst);
    const { bits } = resultInfo(scope, inst);
    const p = argCell(scope, inst, 0);
    const d = resultCell(scope, inst);
    return () => {
      const x = readMemory(memory, p.v, offset, fromBits / 8);
      d.v = signed ? BigInt.asUintN(bits, BigInt.asIntN(fromBits, x)) : x;
    };
  };
}

function narrowStore(toBits: number): Emit {
  return (scope, inst) => {
    const { memory } = scope.machine;
    const offset = accessOffset(scope, inst);
    const x = argCell(scope, inst, 0);
    const p = argCell(scope, inst, 1);
    return () => writeMemory(memory, p.v, offset, toBits / 8, BigInt.asUintN(toBits, x.v));
  };
}

/** `uload8x8` and its kin: eight bytes read, each lane widened to twice its width. */
function vectorLoad(fromBits: number, signed: boolean): Emit {
  return (scope, inst) => {
    const { memory } = scope.machine;
    const offset = accessOffset(scope, inst);
    const { laneBits, lanes } = resultInfo(scope, inst);
    const p = argCell(scope, inst, 0);
    const d = resultCell(scope, inst);
    return () => {
      const x = readMemory(memory, p.v, offset, 8);
      d.v = mapLanes(x, fromBits, laneBits, lanes, (lane) =>
        signed ? BigInt.asUintN(laneBits, BigInt.asIntN(fromBits, lane)) : lane,
      );
    };
  };
}

/** Slot accesses. The address is taken at run time, because each activation has its own slots. */
function stackAccess(access: 'address' | 'load' | 'store'): Emit {
  return (scope, inst) => {
    if (inst.kind !== 'stack') return broken(scope, inst, 'not a stack access');
    const { memory } = scope.machine;
    const { self } = scope;
    const slotOffset = self.frame.offsets.get(inst.slot);
    if (slotOffset === undefined) return broken(scope, inst, `no slot ss${inst.slot}`);
    const offset = slotOffset + inst.offset;
    if (access === 'address') {
      const d = resultCell(scope, inst);
      return () => {
        d.v = BigInt(self.frameBase + offset);
      };
    }
    if (access === 'load') {
      const { bytes } = resultInfo(scope, inst);
      const d = resultCell(scope, inst);
      return () => {
        d.v = readMemory(memory, BigInt(self.frameBase), offset, bytes);
      };
    }
    const { bytes } = argInfo(scope, inst, 0);
    const x = argCell(scope, inst, 0);
    return () => writeMemory(memory, BigInt(self.frameBase), offset, bytes, x.v);
  };
}

function rmwFunction(rmw: string, bits: number): Binary | undefined {
  switch (rmw) {
    case 'xchg':
      return (_old, x) => x;
    case 'nand':
      return (old, x) => (old & x) ^ bitMask(bits);
    case 'add':
    case 'sub':
      return INTEGER_BINARY.get(`i${rmw}`)?.(bits);
    case 'and':
    case 'or':
    case 'xor':
      return INTEGER_BINARY.get(`b${rmw}`)?.(bits);
    case 'umin':
    case 'umax':
    case 'smin':
    case 'smax':
      return INTEGER_BINARY.get(rmw)?.(bits);
    default:
      return undefined;
  }
}

/** There is one thread, so atomics are a read and a write. */
const emitAtomicRmw: Emit = (scope, inst) => {
  accessOffset(scope, inst);
  const { memory } = scope.machine;
  const { bits, bytes } = resultInfo(scope, inst);
  const f = inst.kind === 'atomic_rmw' ? rmwFunction(inst.rmw, bits) : undefined;
  if (f === undefined) return unsupported(scope, inst, 'this operation');
  const p = argCell(scope, inst, 0);
  const x = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  return () => {
    const old = readMemory(memory, p.v, 0, bytes);
    writeMemory(memory, p.v, 0, bytes, f(old, x.v));
    d.v = old;
  };
};

const emitAtomicCas: Emit = (scope, inst) => {
  const offset = accessOffset(scope, inst);
  const { memory } = scope.machine;
  const { bytes } = resultInfo(scope, inst);
  const p = argCell(scope, inst, 0);
  const expected = argCell(scope, inst, 1);
  const x = argCell(scope, inst, 2);
  const d = resultCell(scope, inst);
  return () => {
    const old = readMemory(memory, p.v, offset, bytes);
    if (old === expected.v) writeMemory(memory, p.v, offset, bytes, x.v);
    d.v = old;
  };
};

export const MEMORY_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ['load', emitLoad],
  ['store', emitStore],
  ['atomic_load', emitLoad],
  ['atomic_store', emitStore],
  ['atomic_rmw', emitAtomicRmw],
  ['atomic_cas', emitAtomicCas],
  ['stack_addr', stackAccess('address')],
  ['stack_load', stackAccess('load')],
  ['stack_store', stackAccess('store')],
  ...[8, 16, 32].flatMap((bits): [string, Emit][] => [
    [`uload${bits}`, extendingLoad(bits, false)],
    [`sload${bits}`, extendingLoad(bits, true)],
    [`istore${bits}`, narrowStore(bits)],
    [`uload${bits}x${64 / bits}`, vectorLoad(bits, false)],
    [`sload${bits}x${64 / bits}`, vectorLoad(bits, true)],
  ]),
]);
