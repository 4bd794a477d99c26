import { describe, expect, it } from 'vitest';
import { conformanceOf, conformanceText, type FileConformance, type SideConformance } from './conformance.ts';

function side(passed: number, parts: Partial<SideConformance> = {}): SideConformance {
  return { passed, misses: [], skipped: {}, ...parts };
}

const WRONG = { directive: '%f(1) == 2', detail: 'returned 3' };

const FILES: readonly FileConformance[] = [
  {
    file: '/tests/a.clif',
    notRun: null,
    unreadable: null,
    directives: 3,
    oracle: side(2, { skipped: { 'not known': 1 } }),
    configurations: [
      { configuration: '', qemu: side(3), dependences: [] },
      { configuration: 'has_v', qemu: side(0, { skipped: { 'no has_v': 3 } }), dependences: [] },
      { configuration: 'has_zba', qemu: side(2, { misses: [WRONG] }), dependences: [] },
    ],
  },
  {
    file: '/tests/deep/b.clif',
    notRun: 'the file has no riscv64 target',
    unreadable: null,
    directives: 5,
    oracle: side(0),
    configurations: [],
  },
];

const RUN = { cranelift: '0.135.8', emulator: 'qemu', seconds: 1.25 };

describe('conformanceOf', () => {
  it('adds up both sides, a directive once for each configuration', () => {
    const whole = conformanceOf(FILES, RUN);
    expect(whole.directives).toBe(3);
    expect(whole.oracle).toEqual({ passed: 2, missed: 0, skipped: { 'not known': 1 } });
    expect(whole.qemu).toEqual({ passed: 5, missed: 1, skipped: { 'no has_v': 3 } });
    expect(whole.missed).toBe(1);
  });

  it('counts a file that cannot be read as a miss', () => {
    const [, file] = FILES;
    if (file === undefined) throw new Error('no file');
    const unreadable = { ...file, notRun: null, unreadable: 'b.clif:1:1: expected a function' };
    expect(conformanceOf([unreadable], RUN).missed).toBe(1);
    expect(conformanceText(conformanceOf([unreadable], RUN))).toContain('\nmisses:\n  b.clif:1:1: expected');
  });
});

describe('a directive that depends on more than it may', () => {
  const [file] = FILES;
  const withKnown = (known: string | null): FileConformance => {
    if (file === undefined) throw new Error('no file');
    const dependences = [{ ...WRONG, place: 'abi-violation, fs1 not restored', known }];
    return { ...file, configurations: [{ configuration: '', qemu: side(3), dependences }] };
  };

  it('is a miss unless a known issue explains it', () => {
    const explained = conformanceOf([withKnown('fs1-not-callee-saved')], RUN);
    expect([explained.missed, explained.unexplained]).toEqual([0, 0]);
    const unexplained = conformanceOf([withKnown(null)], RUN);
    expect([unexplained.missed, unexplained.unexplained]).toEqual([1, 1]);
    expect(conformanceText(unexplained)).toContain('abi-violation, fs1 not restored (MISS)\n');
  });
});

describe('conformanceText', () => {
  it('is a table, the misses, what was skipped, and a total', () => {
    const lines = conformanceText(conformanceOf(FILES, RUN))
      .split('\n')
      .map((line) => line.replaceAll(/ {2,}/g, '  '));
    expect(lines).toEqual([
      'file  directives  oracle  configuration  QEMU',
      'a.clif  3  2, 1 skipped  (defaults)  3',
      '  has_v  skipped: no has_v',
      '  has_zba  2, 1 MISS',
      'deep/b.clif  5  -  not run: the file has no riscv64 target',
      '',
      'misses:',
      '  /tests/a.clif, QEMU, has_zba: %f(1) == 2: returned 3',
      '',
      'skipped directives:',
      '  oracle 1: not known',
      '  QEMU 3: no has_v',
      '',
      'total: 2 files (1 not run), 3 directives: oracle 2 pass, 0 miss, 1 skipped; QEMU 5 pass, 1 miss, 3 skipped',
      '1 miss in 1.3 s; cranelift 0.135.8, qemu',
    ]);
  });

  it('says one detail of many directives once', () => {
    const panic = 'panic in %f';
    const misses = [
      WRONG,
      { directive: '%f(1) == 3', detail: panic },
      { directive: '%f(2) == 3', detail: panic },
    ];
    const [file] = FILES;
    if (file === undefined) throw new Error('no file');
    const text = conformanceText(
      conformanceOf([{ ...file, oracle: side(0, { misses }), configurations: [] }], RUN),
    );
    expect(text).toContain('oracle: 2 directives: panic in %f\n');
  });
});
