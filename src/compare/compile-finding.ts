import type { FindingKind } from './verdict.ts';

/** What a failed compile looks like to the comparer; the shape is a subset of backend's `CompileResult`. */
export type CompileFailure =
  | { readonly kind: 'parse-error'; readonly line: number; readonly message: string }
  | { readonly kind: 'verifier-error'; readonly function: string; readonly message: string }
  | {
      readonly kind: 'codegen-error';
      readonly function: string;
      readonly error: string;
      readonly message: string;
    }
  | {
      readonly kind: 'panic';
      readonly function: string;
      readonly message: string;
      readonly file: string;
      readonly line: number;
    }
  | { readonly kind: 'crashed'; readonly how: string; readonly detail: string };

export interface FailureDraft {
  readonly kind: FindingKind;
  readonly place: string;
  readonly detail: string;
}

const PLACE_LENGTH = 90;

/** A message without the numbers and names that differ between cases of one bug. */
function normalise(message: string): string {
  const line = message.split('\n', 1)[0] ?? '';
  return line
    .replaceAll(/0x[0-9a-f]+|\b[a-z]*\d[\w.:]*/gi, 'N')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, PLACE_LENGTH);
}

/** The finding a failed compile is, unless its refusal is on the list of those by design. */
export function compileFinding(failure: CompileFailure): FailureDraft {
  switch (failure.kind) {
    case 'panic':
      return {
        kind: 'compiler-panic',
        place: `${failure.file}:${failure.line}`,
        detail: `panic in ${failure.function} at ${failure.file}:${failure.line}: ${failure.message}`,
      };
    case 'crashed':
      return failure.how === 'timeout'
        ? { kind: 'hang', place: 'the compiler', detail: failure.detail }
        : { kind: 'compiler-panic', place: failure.how, detail: failure.detail };
    case 'codegen-error':
      return {
        kind: 'compiler-error',
        place: `${failure.error} ${normalise(failure.message)}`,
        detail: `${failure.error} in ${failure.function}: ${failure.message}`,
      };
    case 'verifier-error':
      return {
        kind: 'compiler-error',
        place: `verifier ${normalise(failure.message)}`,
        detail: `verifier in ${failure.function}: ${failure.message}`,
      };
    case 'parse-error':
      return {
        kind: 'compiler-error',
        place: `reader ${normalise(failure.message)}`,
        detail: `reader, line ${failure.line}: ${failure.message}`,
      };
  }
}
