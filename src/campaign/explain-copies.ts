import type { SignatureLayout } from '../abi/layout.ts';
import { SP } from '../abi/registers.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Value } from '../clif/module.ts';
import type { CallInst } from './explain-calls.ts';
import { stretchOf, type CallJump } from './explain-sites.ts';

/** A store, right after a call, that puts a result from the return area into its spill slot. */
export interface SpillCopy {
  /** Of the store in the code, bytes. */
  readonly at: number;
  /** The x register that is stored, all 64 bits of it. */
  readonly register: number;
  readonly value: Value;
}

interface SpAccess {
  readonly kind: 'load' | 'store';
  readonly register: number;
  readonly offset: number;
}

/** A load to an x register, or a store of one whole, at a small offset from sp (RISC-V ISA manual, RV64I and "C"). */
function spAccess(view: DataView, at: number): SpAccess | null {
  const half = view.getUint16(at, true);
  if ((half & 3) !== 3) return compressedAccess(half);
  if (at + 4 > view.byteLength) return null;
  const word = view.getInt32(at, true);
  if (((word >>> 15) & 31) !== SP) return null;
  switch (word & 0x7f) {
    case 0x03:
      return { kind: 'load', register: (word >>> 7) & 31, offset: word >> 20 };
    case 0x23: {
      if (((word >>> 12) & 7) !== 3) return null;
      const offset = ((word >> 25) << 5) | ((word >>> 7) & 31);
      return { kind: 'store', register: (word >>> 20) & 31, offset };
    }
    default:
      return null;
  }
}

/** c.lwsp, c.ldsp and c.sdsp. */
function compressedAccess(half: number): SpAccess | null {
  if ((half & 3) !== 2) return null;
  const high = (half >> 12) & 1;
  switch (half >> 13) {
    case 2:
      return {
        kind: 'load',
        register: (half >> 7) & 31,
        offset: (high << 5) | (((half >> 4) & 7) << 2) | (((half >> 2) & 3) << 6),
      };
    case 3:
      return {
        kind: 'load',
        register: (half >> 7) & 31,
        offset: (high << 5) | (((half >> 5) & 3) << 3) | (((half >> 2) & 7) << 6),
      };
    case 7:
      return {
        kind: 'store',
        register: (half >> 2) & 31,
        offset: (((half >> 10) & 7) << 3) | (((half >> 7) & 7) << 6),
      };
    default:
      return null;
  }
}

/** The copies of results that a call's own code makes (cranelift-codegen `machinst/abi.rs`, `emit_retval_loads`). */
export function spillCopies(
  compiled: CompiledFunction,
  call: CallInst,
  jump: CallJump,
  layout: SignatureLayout | null,
): readonly SpillCopy[] {
  const stretch = stretchOf(compiled.values?.instructions ?? [], call.index);
  if (layout === null || stretch === null || layout.returnAreaBytes === 0) return [];
  const results = new Map<number, Value>();
  layout.returns.forEach(({ parts }, i) => {
    const [part] = parts;
    const value = call.results[i];
    if (part?.place.kind === 'memory' && value !== undefined)
      results.set(layout.argumentAreaBytes + part.place.offset, value);
  });
  const view = new DataView(compiled.code.buffer, compiled.code.byteOffset, compiled.code.byteLength);
  const copies: SpillCopy[] = [];
  let last: SpAccess | null = null;
  for (let at = jump.end; at + 2 <= stretch.end; at += (view.getUint16(at, true) & 3) === 3 ? 4 : 2) {
    const access = spAccess(view, at);
    if (access?.kind === 'store' && last?.kind === 'load' && last.register === access.register) {
      const value = results.get(last.offset);
      if (value !== undefined) copies.push({ at, register: access.register, value });
    }
    last = access;
  }
  return copies;
}
