import { describe, expect, it } from 'vitest';
import { layoutSignature } from '../abi/layout.ts';
import type { Configuration } from '../clif/case.ts';
import { parseClif } from '../clif/parse.ts';
import { cellSpace, cellText, GROUPS } from './cell-space.ts';
import { coverCompiled, coverModule } from './cover-module.ts';
import {
  decodeCoverage,
  emptyCells,
  encodeCoverage,
  impossibleCells,
  newCoverage,
  type CoverageSet,
} from './coverage-set.ts';
import { savesOf } from './saves.ts';

const CONFIGURATION: Configuration = { shared: { opt_level: 'speed', is_pic: 'true' }, isa: [] };

function covered(text: string, frameSizeBytes = 48): CoverageSet {
  const parsed = parseClif(text);
  if (parsed.kind !== 'ok') throw new Error('the text does not parse');
  const { module } = parsed.file;
  const set = newCoverage();
  const facts = coverModule(set, module, (signature) =>
    layoutSignature(signature, { implicitReturnArea: true }),
  );
  const functions = module.functions.map((fn) => ({
    name: fn.name,
    code: Uint8Array.of(0x23, 0x3c, 0x91, 0x00),
    alignBytes: 4,
    relocations: [],
    traps: [],
    callSites: [],
    frameSizeBytes,
  }));
  coverCompiled(set, facts, CONFIGURATION, functions);
  return set;
}

function filled(set: CoverageSet): readonly string[] {
  return cellSpace()
    .cells.filter((_, i) => set[i] === 1)
    .map(cellText);
}

const MODULE = `function %main(i64, f32) -> i64, i8x16 tail {
    fn0 = %f(i8 sext, i128) -> i64, i8x16 tail
block0(v0: i64, v1: f32):
    v2 = iconst.i8 1
    v3 = iconcat v0, v0
    v4, v5 = call fn0(v2, v3)
    v6 = fadd v1, v1
    return_call fn0(v2, v3)
}`;

describe('coverage', () => {
  it('says what a value is, where it lies and in which call', () => {
    const cells = filled(covered(MODULE));
    for (const text of [
      'value: type i8, place a1',
      'value: place a1, extension sext',
      'value: type i128, place a2+a3',
      'value: type i8x16, place return area',
      'value: role result, position 1',
      'value: type f32, place fa0',
      'call: way far call',
      'call: way far return_call, tail area keeps',
      'call: way far call, live float 1-4',
      'call: live int none, opt_level speed',
      'frame: size 1-256, ends tail call',
    ])
      expect(cells).toContain(text);
    expect(cells).not.toContain('call: way call');
    expect(cells).not.toContain('value: type i8, extension none');
  });

  it('fills no cell that it calls impossible', () => {
    expect(impossibleCells(covered(MODULE)).map(cellText)).toEqual([]);
    // Calls that Cranelift found dead leave no frame.
    expect(impossibleCells(covered(MODULE, 0)).map(cellText)).toEqual([]);
  });

  it('keeps a map through its text', () => {
    const set = covered(MODULE);
    expect(decodeCoverage(encodeCoverage(set))).toEqual(set);
    expect(decodeCoverage('AAAA')).toBeNull();
    expect(emptyCells(set).length + filled(set).length).toBe(
      cellSpace().cells.filter((cell) => cell.unreachable === null).length,
    );
  });

  it('can fill each value of each dimension', () => {
    const reachable = cellSpace().cells.filter((cell) => !cell.isPair && cell.unreachable !== null);
    expect(reachable.map(cellText)).toEqual([]);
    expect(new Set(cellSpace().cells.map(cellText)).size).toBe(cellSpace().cells.length);
    expect(GROUPS.map((group) => group.name)).toEqual(['value', 'call', 'frame']);
  });
});

/** Instructions one after the other; the two low bits of a short one are not 3 (RISC-V Unprivileged ISA, "Base Instruction-Length Encoding"). */
function codeOf(words: readonly number[]): Uint8Array {
  const bytes = words.flatMap((word) =>
    Array.from({ length: (word & 3) === 3 ? 4 : 2 }, (_, i) => (word >>> (8 * i)) & 0xff),
  );
  return Uint8Array.from(bytes);
}

describe('savesOf', () => {
  it('counts the saved registers of a prologue and no spill', () => {
    // addi sp,-16; sd ra,8(sp); sd s0,0(sp); mv s0,sp; addi sp,-32; sd s1,24(sp); c.sdsp s2,16(sp); fsd fs0,8(sp); mv s1,a0; sd s3,0(sp)
    const words = [
      0xff010113, 0x00113423, 0x00813023, 0x00010413, 0xfe010113, 0x00913c23, 0x0000e84a, 0x00813427,
      0x00050493, 0x01313023,
    ];
    expect(savesOf(codeOf(words), false)).toEqual({ x: 2, f: 1 });
  });

  it('counts those that lie too far from sp for an offset', () => {
    // lui t6,-2; add sp,sp,t6; lui t6,2; addi t6,-8; add t6,t6,sp; sd s1,0(t6); c.lui t6,2; addi t6,-16; c.add t6,sp; fsd fs2,0(t6); sd s2,2040(sp); addi a0,sp,8; sd s3,0(sp)
    const words = [
      0xffffefb7, 0x01f10133, 0x00002fb7, 0xff8f8f93, 0x002f8fb3, 0x009fb023, 0x00006f89, 0xff0f8f93,
      0x00009f8a, 0x012fb027, 0x7f213c23, 0x00810513, 0x01313023,
    ];
    expect(savesOf(codeOf(words), false)).toEqual({ x: 2, f: 1 });
  });

  it('counts no argument or spill of a function that saves nothing, but any register where all are saved', () => {
    // addi sp,-32; sd a0,24(sp); sd s1,16(sp)
    const words = [0xfe010113, 0x00a13c23, 0x00913823];
    expect(savesOf(codeOf(words), false)).toEqual({ x: 0, f: 0 });
    expect(savesOf(codeOf(words), true)).toEqual({ x: 2, f: 0 });
    // addi sp,-32; mv s1,a0; sd s1,16(sp)
    expect(savesOf(codeOf([0xfe010113, 0x00050493, 0x00913823]), true)).toEqual({ x: 0, f: 0 });
  });
});
