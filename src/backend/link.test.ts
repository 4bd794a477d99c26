import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { HarnessError } from '../clif/harness-error.ts';
import type { FunctionName } from '../clif/module.ts';
import type { CompiledFunction, Relocation } from './compile-result.ts';
import { layoutSignature } from '../abi/layout.ts';
import { linkModule, linkObstacle } from './link.ts';
import type { Callee } from './stub.ts';

const BASE = 0x10_0000_0000n;
const AUIPC_T6 = 0x00000f97;
const JALR_RA_T6 = 0x000f80e7;
const LD_A1_A1 = 0x0005b583;

function test(name: string): FunctionName {
  return { kind: 'test', name };
}

function compiled(
  name: string,
  words: readonly number[],
  relocations: readonly Relocation[] = [],
): CompiledFunction {
  const code = new Uint8Array(words.length * 4);
  const view = new DataView(code.buffer);
  for (const [index, bits] of words.entries()) view.setUint32(index * 4, bits, true);
  return { name: test(name), code, alignBytes: 4, relocations, traps: [], callSites: [], frameSizeBytes: 0 };
}

function reloc(kind: string, offset: number, target: string | number, addend = 0n): Relocation {
  return {
    kind,
    offset,
    addend,
    target:
      typeof target === 'number'
        ? { kind: 'offset', offset: target }
        : { kind: 'function', name: test(target) },
  };
}

function word(image: Uint8Array, offset: number): number {
  return new DataView(image.buffer, image.byteOffset).getUint32(offset, true);
}

/** What the pair at `hi` and `lo` computes relative to the image's start, as a RISC-V core would. */
function pcRelative(image: Uint8Array, hi: number, lo: number): number {
  return hi + ((word(image, hi) & 0xfffff000) | 0) + (word(image, lo) >> 20);
}

describe('linkModule', () => {
  it('brings the routine that probes frames where a prologue calls it and nobody defines it', () => {
    const call = [AUIPC_T6, JALR_RA_T6];
    const prober = compiled('a', call, [reloc('RiscvCallPlt', 0, 'Probestack')]);
    const { image, functions } = linkModule([prober], BASE);
    const at = pcRelative(image, 0, 4);
    expect(functions).toHaveLength(1);
    expect(at).toBeGreaterThanOrEqual(8);
    // addi sp, sp, -16 … ret
    expect(word(image, at)).toBe(0xff010113);
    expect(word(image, at + 13 * 4)).toBe(0x00008067);
    expect(linkObstacle([prober])).toBeNull();
    const own = linkModule([prober, compiled('Probestack', [1])], BASE);
    expect(pcRelative(own.image, 0, 4)).toBe(own.functions[1]?.offset);
  });

  it('places functions aligned, in order, with traps at image offsets', () => {
    const first = { ...compiled('a', [1, 2, 3]), traps: [{ offset: 8, code: 'user1' }] };
    const second = { ...compiled('b', [4]), alignBytes: 64, traps: [{ offset: 0, code: 'heap_oob' }] };
    const artifact = linkModule([first, second], BASE);
    expect(artifact.functions).toEqual([
      { name: test('a'), offset: 0, sizeBytes: 12 },
      { name: test('b'), offset: 64, sizeBytes: 4 },
    ]);
    expect(artifact.traps).toEqual([
      { offset: 8, code: 'user1' },
      { offset: 64, code: 'heap_oob' },
    ]);
    expect(word(artifact.image, 12)).toBe(0);
    expect(word(artifact.image, 64)).toBe(4);
  });

  it.each(['RiscvCallPlt', 'RiscvCall'])('%s reaches its target and keeps registers and opcodes', (kind) => {
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(3000), fc.boolean(), (before, between, backwards) => {
        const caller = compiled(
          'caller',
          [
            ...Array.from({ length: before }, () => 0x13),
            AUIPC_T6,
            JALR_RA_T6,
            ...Array.from({ length: between }, () => 0x13),
          ],
          [reloc(kind, before * 4, 'callee')],
        );
        const callee = compiled('callee', [0x8067]);
        const { image, functions } = linkModule(backwards ? [callee, caller] : [caller, callee], BASE);
        const at = (functions[backwards ? 1 : 0]?.offset ?? 0) + before * 4;
        expect(pcRelative(image, at, at + 4)).toBe(functions[backwards ? 0 : 1]?.offset);
        expect(word(image, at) & 0xfff).toBe(AUIPC_T6);
        expect(word(image, at + 4) & 0xfffff).toBe(JALR_RA_T6);
      }),
      { numRuns: 60 },
    );
  });

  it('reaches every external address in range, and no other', () => {
    const reach = fc.bigInt({ min: -0x8000_1000n, max: 0x8000_1000n });
    fc.assert(
      fc.property(
        fc.oneof(reach, fc.constantFrom(0x7fff_f7ffn, 0x7fff_f800n, -0x8000_0800n, -0x8000_0801n)),
        (distance) => {
          const fn = compiled('f', [AUIPC_T6, JALR_RA_T6], [reloc('RiscvCallPlt', 0, 'ext')]);
          const link = () => linkModule([fn], BASE, { symbols: new Map([['%ext', BASE + distance]]) });
          if (distance + 0x800n < -0x8000_0000n || distance + 0x800n > 0x7fff_ffffn) {
            expect(link).toThrow(/%ext is -?\d+ bytes away/);
          } else {
            expect(pcRelative(link().image, 0, 4)).toBe(Number(distance));
          }
        },
      ),
    );
  });

  it('gives a Lo12 the low half of the Hi20 its label names', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.bigInt({ min: -5000n, max: 5000n }), (gap, tail, addend) => {
        const filler = (count: number): number[] => Array.from({ length: count }, () => 0x13);
        const fn = compiled(
          'f',
          [AUIPC_T6, ...filler(gap), LD_A1_A1, ...filler(tail)],
          [reloc('RiscvPCRelLo12I', (gap + 1) * 4, 0), reloc('RiscvPCRelHi20', 0, 'g', addend)],
        );
        const { image, functions } = linkModule([fn, compiled('g', [0x8067])], BASE);
        expect(pcRelative(image, 0, (gap + 1) * 4)).toBe((functions[1]?.offset ?? 0) + Number(addend));
      }),
      { numRuns: 60 },
    );
  });

  it('makes one GOT entry a symbol, which holds its address', () => {
    const words = [AUIPC_T6, LD_A1_A1, AUIPC_T6, LD_A1_A1, AUIPC_T6, LD_A1_A1];
    const relocations = ['g', 'ext', 'g'].flatMap((name, index) => [
      reloc('RiscvGotHi20', index * 8, name),
      reloc('RiscvPCRelLo12I', index * 8 + 4, index * 8),
    ]);
    const symbols = new Map([['%ext', 0xdead_beef_cafen]]);
    const { image, functions } = linkModule(
      [compiled('f', words, relocations), compiled('g', [0x8067])],
      BASE,
      { symbols },
    );
    const entry = (index: number): bigint =>
      new DataView(image.buffer).getBigUint64(pcRelative(image, index * 8, index * 8 + 4), true);
    expect(entry(0)).toBe(BASE + BigInt(functions[1]?.offset ?? 0));
    expect(entry(1)).toBe(0xdead_beef_cafen);
    expect(pcRelative(image, 16, 20)).toBe(pcRelative(image, 0, 4));
    expect(image.length % 8).toBe(0);
  });

  it('writes absolute addresses with their addend, wrapping at 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (addend) => {
        const { image } = linkModule([compiled('f', [0, 0, 0], [reloc('Abs8', 4, 'f', addend)])], BASE);
        expect(new DataView(image.buffer).getBigUint64(4, true)).toBe(BigInt.asUintN(64, BASE + addend));
      }),
    );
  });

  it.each([
    ['undefined symbol %nowhere', reloc('Abs8', 0, 'nowhere')],
    ['undefined symbol %nowhere', reloc('RiscvCallPlt', 0, 'nowhere')],
    ['undefined symbol %nowhere', reloc('RiscvGotHi20', 0, 'nowhere')],
    ['relocation RiscvTlsGdHi20 in %f+0 is not supported', reloc('RiscvTlsGdHi20', 0, 'f')],
    ['RiscvPCRelLo12I at %f+4 has no Hi20', reloc('RiscvPCRelLo12I', 4, 0)],
  ])('refuses: %s', (message, relocation) => {
    const link = () => linkModule([compiled('f', [AUIPC_T6, JALR_RA_T6], [relocation])], BASE);
    expect(link).toThrow(HarnessError);
    expect(link).toThrow(message);
  });

  it('refuses two functions of one name', () => {
    expect(() => linkModule([compiled('f', [1]), compiled('f', [2])], BASE)).toThrow(
      'two functions named %f',
    );
  });
});

describe('linkObstacle', () => {
  it('names what nobody provides and what cannot be resolved', () => {
    const call = (target: string): CompiledFunction =>
      compiled('main', [AUIPC_T6, JALR_RA_T6], [reloc('RiscvCallPlt', 0, target)]);
    expect(linkObstacle([call('main')])).toBeNull();
    expect(linkObstacle([call('leaf'), compiled('leaf', [0])])).toBeNull();
    expect(linkObstacle([call('Memcpy')])).toBe('needs %Memcpy, which nobody provides');
    const local = compiled('tls', [0], [reloc('RiscvTlsGdHi20', 0, 'tls')]);
    expect(linkObstacle([local])).toBe('needs relocation RiscvTlsGdHi20');
  });

  it('points every use of a name at its stub, but enters the function itself', () => {
    const runtime = BASE - 0x10000n;
    const relocations = [
      reloc('RiscvCallPlt', 0, 'g'),
      reloc('RiscvPCRelHi20', 8, 'g'),
      reloc('RiscvPCRelLo12I', 12, 8),
      reloc('RiscvGotHi20', 16, 'g'),
      reloc('RiscvPCRelLo12I', 20, 16),
      reloc('Abs8', 24, 'g'),
    ];
    const words = [AUIPC_T6, JALR_RA_T6, AUIPC_T6, JALR_RA_T6, AUIPC_T6, JALR_RA_T6, 0, 0];
    const functions = [compiled('f', words, relocations), compiled('g', [0x8067]), compiled('h', [0x8067])];
    const calleeNamed = (name: string): Callee => ({
      name: { kind: 'test', name },
      layout: layoutSignature({ params: [], returns: [], callConv: 'tail' }, { implicitReturnArea: false }),
      callConv: 'tail',
      kind: 'compiled',
      isExtensionChecked: () => true,
      stackWords: 0,
    });
    const callees = [calleeNamed('h'), calleeNamed('g')];
    const artifact = linkModule(functions, BASE, { veneers: { callees, runtime } });
    const { image } = artifact;
    expect(artifact.stubs.map((stub) => stub.callee)).toEqual([callees[1]]);
    const stub = artifact.stubs[0]?.offset ?? 0;
    const view = new DataView(image.buffer);
    expect(pcRelative(image, 0, 4)).toBe(stub);
    expect(pcRelative(image, 8, 12)).toBe(stub);
    expect(view.getBigUint64(pcRelative(image, 16, 20), true)).toBe(BASE + BigInt(stub));
    expect(view.getBigUint64(24, true)).toBe(BASE + BigInt(stub));
    expect(pcRelative(image, stub, stub + 4)).toBe(-0x10000);
    expect(view.getBigUint64(stub + 8, true)).toBe(BASE + BigInt(artifact.functions[1]?.offset ?? 0));
    expect(stub % 16).toBe(0);
  });
});
