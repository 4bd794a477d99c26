import { describe, expect, it } from 'vitest';
import type { CompiledFunction, Relocation } from '../backend/compile-result.ts';
import { parseClif } from '../clif/parse.ts';
import { handlerAddressFault, OTHER_HANDLER } from './handler-addresses.ts';

const A0 = 10;
const T6 = 31;
const FIRST = 0x20;
const SECOND = 0x30;

/** auipc and addi of `register`, at 8, that come to `to`. */
function code(to: number, register = A0): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, 0x17 | (register << 7), true);
  view.setUint32(12, (0x13 | (register << 7) | (register << 15) | ((to - 8) << 20)) >>> 0, true);
  return bytes;
}

/** A function that takes the address of handler `index` of two, of tags 1 and 2, behind a context. */
function text(index: number, table = ''): string {
  return `function %main(i64) system_v {
    sig0 = () system_v
    fn0 = %main2 sig0
block0(v0: i64):
    jump block1
block1:
    v1 = get_exception_handler_address.i64 block1, ${index}
    try_call fn0(), sig0, block2, [ context v0, tag1: block2, tag2: block3 ]
block2:
    return
block3:
    ${table === '' ? 'return' : `v2 = iconst.i32 0\n    br_table v2, block2, ${table}`}
}
`;
}

function found(clif: string, bytes: Uint8Array, relocations: readonly Relocation[] = []): string | null {
  const parsed = parseClif(clif);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  const handlers = [
    { tag: 1, offset: FIRST },
    { tag: 2, offset: SECOND },
  ];
  const compiled: CompiledFunction = {
    name: { kind: 'test', name: 'main' },
    code: bytes,
    alignBytes: 4,
    relocations,
    traps: [],
    callSites: [{ offset: 0x1c, handlers }],
    frameSizeBytes: 0,
  };
  return handlerAddressFault(parsed.file.module, [compiled])?.place ?? null;
}

describe('handlerAddressFault', () => {
  it('names an address that is not that of the handler asked for', () => {
    expect(found(text(0), code(FIRST))).toBeNull();
    expect(found(text(1), code(SECOND))).toBeNull();
    expect(found(text(0), code(SECOND))).toBe(OTHER_HANDLER);
    expect(found(text(1), code(FIRST))).toBe(OTHER_HANDLER);
    expect(found(text(1), code(SECOND + 4))).toBe(OTHER_HANDLER);
  });

  it('says nothing of what leads out of the function: constants among code may look like anything', () => {
    for (const to of [-4, 64, 0x700]) expect(found(text(1), code(to))).toBeNull();
    expect(found(text(1), code(60))).toBe(OTHER_HANDLER);
  });

  it('says nothing of other addresses: of constants, of functions, of jump tables', () => {
    expect(found(text(0), code(0x34, T6))).toBeNull();
    const target = { kind: 'function', name: { kind: 'test', name: 'main2' } } as const;
    expect(found(text(0), code(0), [{ offset: 8, kind: 'RiscvGotHi20', target, addend: 0n }])).toBeNull();
    expect(found(text(0, '[block2]'), code(0x34))).toBeNull();
    expect(found(text(0).replace(/v1 = .*/, 'nop'), code(0x34))).toBeNull();
  });
});
