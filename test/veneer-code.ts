import { layoutSignature } from '../src/abi/layout.ts';
import type { Artifact } from '../src/backend/artifact.ts';
import type { CompiledFunction, Relocation } from '../src/backend/compile-result.ts';
import { linkModule } from '../src/backend/link.ts';
import type { Callee } from '../src/backend/stub.ts';
import type { FunctionName } from '../src/clif/module.ts';
import type { Signature } from '../src/clif/signature.ts';
import { CODE_BASE, RUNTIME_BASE } from '../src/emulator/protocol.ts';
import { addi, ENTRY, imageOf, jalr, ld, ret, sd, X } from './guest-code.ts';

/* Modules of hand-written functions that call one another through stubs. */

/** An instruction, or a way to another function: each is two instructions long. */
export type Item =
  | number
  | { readonly call: string }
  | { readonly tailCall: string }
  /** Loads the address, as func_addr of something far away does; through a register that a GOT entry's address was loaded to. */
  | { readonly address: string; readonly to: number };

const NAMES: Readonly<Record<string, FunctionName>> = {
  main: ENTRY,
  f: { kind: 'test', name: 'f' },
  g: { kind: 'test', name: 'g' },
  h: { kind: 'test', name: 'h' },
};

function nameOf(name: string): FunctionName {
  return NAMES[name] ?? { kind: 'test', name };
}

const auipc = (rd: number): number => (rd << 7) | 0x17;

function functionOf(name: string, items: readonly Item[]): CompiledFunction {
  const words: number[] = [];
  const relocations: Relocation[] = [];
  const relocate = (kind: string, target: string): void => {
    const offset = words.length * 4;
    relocations.push({ offset, kind, target: { kind: 'function', name: nameOf(target) }, addend: 0n });
  };
  for (const item of items) {
    if (typeof item === 'number') words.push(item);
    else if ('address' in item) {
      const offset = words.length * 4;
      relocate('RiscvGotHi20', item.address);
      relocations.push({
        offset: offset + 4,
        kind: 'RiscvPCRelLo12I',
        target: { kind: 'offset', offset },
        addend: 0n,
      });
      words.push(auipc(item.to), ld(item.to, item.to, 0));
    } else {
      const isTail = 'tailCall' in item;
      relocate('RiscvCallPlt', isTail ? item.tailCall : item.call);
      const link = isTail ? X.t6 : X.ra;
      words.push(auipc(link), jalr(isTail ? X.zero : X.ra, link, 0));
    }
  }
  return {
    name: nameOf(name),
    code: imageOf(words),
    alignBytes: 4,
    relocations,
    traps: [],
    callSites: [],
    frameSizeBytes: 0,
  };
}

/** A callee as the linker takes it, checked in every extension it declares. */
export function calleeOf(name: string, signature: Signature, change: Partial<Callee> = {}): Callee {
  const layout = layoutSignature(signature, { implicitReturnArea: true });
  return {
    name: nameOf(name),
    layout,
    callConv: signature.callConv,
    kind: 'compiled',
    isExtensionChecked: () => true,
    stackWords: layout.argumentAreaBytes / 8,
    ...change,
  };
}

/** `main` and what it comes to; functions are placed in the order given, and those in `callees` get stubs. */
export function moduleOf(
  functions: Readonly<Record<string, readonly Item[]>>,
  callees: readonly Callee[],
): Artifact {
  const compiled = Object.entries(functions).map(([name, items]) => functionOf(name, items));
  return linkModule(compiled, CODE_BASE, { veneers: { callees, runtime: RUNTIME_BASE } });
}

/** `body` with ra and fp kept on the stack, fp pointing at them as Cranelift's does, and `room` bytes below. */
export function framed(body: readonly Item[], room = 0): readonly Item[] {
  return [
    addi(X.sp, X.sp, -16),
    sd(X.ra, X.sp, 8),
    sd(8, X.sp, 0),
    addi(8, X.sp, 0),
    addi(X.sp, X.sp, -room),
    ...body,
    addi(X.sp, X.sp, room),
    ld(X.ra, X.sp, 8),
    ld(8, X.sp, 0),
    addi(X.sp, X.sp, 16),
    ret,
  ];
}
