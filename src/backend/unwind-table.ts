import { dwarfRegister } from '../abi/dwarf-registers.ts';
import type { PlacedFunction } from './artifact.ts';
import type { UnwindStep } from './unwind-steps.ts';

/*
 * The guest's struct unwind_table (guest/protocol.h): functions by ascending address, then their call frame instructions. Change both
 * together.
 */

/** How a function says that it is unwound. */
export interface FunctionUnwinding {
  readonly steps: readonly UnwindStep[];
  /** The most that its CFA may lie below sp at its entry, bytes (`tailGrowthBytes`). */
  readonly growthBytes: number;
}

const HEADER_BYTES = 8;
const FUNCTION_BYTES = 24;
const STEP_BYTES = 12;
const KINDS: Readonly<Record<UnwindStep['kind'], number>> = {
  cfa: 0,
  'cfa-register': 1,
  'cfa-offset': 2,
  saved: 3,
  same: 4,
};

/** Cranelift's numbers of vector registers are 32 too low (docs/findings.md, F25). */
const MISNUMBERED = 32;

/**
 * The number that is meant. One that is none is reported apart (`unwindFault`); here it stands for what it is 32 short of, so that
 * what else is wrong can be seen.
 */
function meantNumber(number: number): number | null {
  if (dwarfRegister(number) !== null) return number;
  return dwarfRegister(number + MISNUMBERED) === null ? null : number + MISNUMBERED;
}

interface Row {
  readonly at: number;
  readonly kind: number;
  readonly register: number;
  readonly value: number;
}

function rowsOf({ steps }: FunctionUnwinding): readonly Row[] {
  return steps.flatMap((step) => {
    const register = 'register' in step ? meantNumber(step.register) : 0;
    if (register === null) return [];
    return [{ at: step.at, kind: KINDS[step.kind], register, value: 'offset' in step ? step.offset : 0 }];
  });
}

/** Bytes of the table of these functions; a multiple of 8. */
export function unwindTableBytes(functions: readonly FunctionUnwinding[]): number {
  const rows = functions.reduce((sum, fn) => sum + rowsOf(fn).length, 0);
  return Math.ceil((HEADER_BYTES + FUNCTION_BYTES * functions.length + STEP_BYTES * rows) / 8) * 8;
}

/** Writes the table at `at`; `placed` are the functions in an image that lies at `base`, in their order and ascending. */
export function writeUnwindTable(
  view: DataView,
  at: number,
  functions: readonly FunctionUnwinding[],
  placed: readonly PlacedFunction[],
  base: bigint,
): void {
  view.setUint32(at, functions.length, true);
  const rowsAt = at + HEADER_BYTES + FUNCTION_BYTES * functions.length;
  let count = 0;
  functions.forEach((fn, i) => {
    const functionAt = at + HEADER_BYTES + FUNCTION_BYTES * i;
    const rows = rowsOf(fn);
    view.setBigUint64(functionAt, base + BigInt(placed[i]?.offset ?? 0), true);
    const words = [placed[i]?.sizeBytes ?? 0, count, rows.length, fn.growthBytes];
    words.forEach((word, nth) => view.setUint32(functionAt + 8 + 4 * nth, word, true));
    rows.forEach((row, nth) => {
      const rowAt = rowsAt + STEP_BYTES * (count + nth);
      view.setUint32(rowAt, row.at, true);
      view.setUint16(rowAt + 4, row.kind, true);
      view.setUint16(rowAt + 6, row.register, true);
      view.setInt32(rowAt + 8, row.value, true);
    });
    count += rows.length;
  });
}
