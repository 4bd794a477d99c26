import { HarnessError } from '../clif/harness-error.ts';

/**
 * One call frame instruction (DWARF 5, 6.4.2) and where in its function's code it begins to hold, bytes. Registers are by DWARF's numbers.
 * `cfa`, `cfa-register` and `cfa-offset` say what the CFA is, or one half of it; `saved` that a register's value lies so far
 * from the CFA, `same` that the register holds it.
 */
export type UnwindStep = { readonly at: number } & (
  | { readonly kind: 'cfa'; readonly register: number; readonly offset: number }
  | { readonly kind: 'cfa-register'; readonly register: number }
  | { readonly kind: 'cfa-offset'; readonly offset: number }
  | { readonly kind: 'saved'; readonly register: number; readonly offset: number }
  | { readonly kind: 'same'; readonly register: number }
);

/** `UnwindInfo::SystemV` as Rust's Debug prints it (cranelift-codegen `isa/unwind/systemv.rs`), the same from 0.101 on. */
const WHOLE = /^SystemV\(UnwindInfo \{ instructions: \[(.*)\], len: \d+ \}\)$/;
const STEP = /\((\d+), (\w+)\((-?\d+)(?:, (-?\d+))?\)\)/;
const STEPS = new RegExp(`^(?:${STEP.source}(?:, ${STEP.source})*)?$`);

/** Reads a function's unwinding information (`CompiledFunction.unwind`). Throws HarnessError for what riscv64 has no use for, and for any other text. */
export function parseUnwind(text: string): readonly UnwindStep[] {
  const list = WHOLE.exec(text)?.[1];
  if (list === undefined || !STEPS.test(list)) throw unknown(text);
  return [...list.matchAll(new RegExp(STEP, 'g'))].map(([whole, at, name, first, second]) =>
    stepOf(whole, Number(at), name ?? '', Number(first), second === undefined ? null : Number(second)),
  );
}

function stepOf(whole: string, at: number, name: string, first: number, second: number | null): UnwindStep {
  switch (`${name} ${second === null ? 1 : 2}`) {
    case 'Cfa 2':
      return { at, kind: 'cfa', register: first, offset: second ?? 0 };
    case 'CfaRegister 1':
      return { at, kind: 'cfa-register', register: first };
    case 'CfaOffset 1':
      return { at, kind: 'cfa-offset', offset: first };
    case 'Offset 2':
      return { at, kind: 'saved', register: first, offset: second ?? 0 };
    case 'SameValue 1':
      return { at, kind: 'same', register: first };
    default:
      throw unknown(whole);
  }
}

function unknown(text: string): HarnessError {
  return new HarnessError('backend', `unwinding information that this program does not know: ${text}`);
}
