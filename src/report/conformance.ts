/** A directive that was not as its file says. */
export interface Miss {
  /** `%f(1) == 2`. */
  readonly directive: string;
  readonly detail: string;
}

/** A directive that is met as an ordinary program calls, and not whatever the registers no signature speaks of hold. */
export interface Dependence extends Miss {
  /** Kind and place of the finding: `abi-violation, fs1 not restored`. */
  readonly place: string;
  /** Ids of the known issues that explain it, or null. */
  readonly known: string | null;
}

/** How one side did on the directives of a file. */
export interface SideConformance {
  readonly passed: number;
  readonly misses: readonly Miss[];
  /** Directives by the reason why they were not run. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface ConfigurationConformance {
  readonly configuration: string;
  readonly qemu: SideConformance;
  readonly dependences: readonly Dependence[];
}

export interface FileConformance {
  readonly file: string;
  /** Why the file as a whole was not run, or null. */
  readonly notRun: string | null;
  /** Why nothing can be made of its text, or null. It counts as a miss. */
  readonly unreadable: string | null;
  readonly directives: number;
  readonly oracle: SideConformance;
  readonly configurations: readonly ConfigurationConformance[];
}

interface Total {
  readonly passed: number;
  readonly missed: number;
  readonly skipped: Readonly<Record<string, number>>;
}

/** What `conformance --json` writes. */
export interface Conformance {
  readonly schema: 'callfuzz.conformance/1';
  readonly cranelift: string;
  readonly emulator: string;
  readonly seconds: number;
  /** Of the files that were run. */
  readonly directives: number;
  /** Misses of both sides, texts that could not be read, and directives met by luck only (`unexplained`). */
  readonly missed: number;
  /** Directives whose outcome depends on more than it may, in a way that no known issue explains; once for each configuration. */
  readonly unexplained: number;
  readonly oracle: Total;
  /** Over all configurations: a directive counts once for each. */
  readonly qemu: Total;
  readonly files: readonly FileConformance[];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function totalOf(sides: readonly SideConformance[]): Total {
  const skipped: Record<string, number> = {};
  for (const side of sides) {
    for (const [reason, count] of Object.entries(side.skipped))
      skipped[reason] = (skipped[reason] ?? 0) + count;
  }
  return {
    passed: sum(sides.map((side) => side.passed)),
    missed: sum(sides.map((side) => side.misses.length)),
    skipped,
  };
}

/** Adds up files. */
export function conformanceOf(
  files: readonly FileConformance[],
  run: Pick<Conformance, 'cranelift' | 'emulator' | 'seconds'>,
): Conformance {
  const oracle = totalOf(files.map((file) => file.oracle));
  const qemu = totalOf(files.flatMap((file) => file.configurations.map((c) => c.qemu)));
  const dependences = files.flatMap((file) => file.configurations.flatMap((c) => c.dependences));
  const unexplained = dependences.filter((one) => one.known === null).length;
  const unreadable = files.filter((file) => file.unreadable !== null).length;
  return {
    schema: 'callfuzz.conformance/1',
    ...run,
    directives: sum(files.map((file) => (file.notRun === null ? file.directives : 0))),
    missed: oracle.missed + qemu.missed + unreadable + unexplained,
    unexplained,
    oracle,
    qemu,
    files,
  };
}

function countsText({ passed, missed, skipped }: Total): string {
  return `${passed} pass, ${missed} miss, ${sum(Object.values(skipped))} skipped`;
}

/** `12`; `10, 2 MISS`; `8, 1 skipped`. */
function sideText(side: SideConformance): string {
  const skipped = sum(Object.values(side.skipped));
  const misses = side.misses.length === 0 ? '' : `, ${side.misses.length} MISS`;
  return `${side.passed}${misses}${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** As `sideText`, or the reason where all were skipped for one. */
function qemuText(side: SideConformance): string {
  const [reason, ...others] = Object.keys(side.skipped);
  const hasRun = side.passed + side.misses.length > 0;
  return reason === undefined || others.length > 0 || hasRun ? sideText(side) : `skipped: ${reason}`;
}

type Row = readonly [file: string, directives: string, oracle: string, configuration: string, qemu: string];

function rowsOf(file: FileConformance, name: string): readonly Row[] {
  if (file.unreadable !== null) return [[name, '-', 'MISS', '', 'unreadable']];
  if (file.notRun !== null) return [[name, `${file.directives}`, '-', '', `not run: ${file.notRun}`]];
  return file.configurations.map(({ configuration, qemu }, i) => [
    i === 0 ? name : '',
    i === 0 ? `${file.directives}` : '',
    i === 0 ? sideText(file.oracle) : '',
    configuration === '' ? '(defaults)' : configuration,
    qemuText(qemu),
  ]);
}

/** The folder that all paths begin with, ending in `/`, or nothing. */
function commonFolder(paths: readonly string[]): string {
  const [first = ''] = paths;
  let end = first.lastIndexOf('/') + 1;
  while (end > 0 && !paths.every((path) => path.startsWith(first.slice(0, end)))) {
    end = first.lastIndexOf('/', end - 2) + 1;
  }
  return first.slice(0, end);
}

function tableText(files: readonly FileConformance[]): readonly string[] {
  const folder = commonFolder(files.map((file) => file.file));
  const head: Row = ['file', 'directives', 'oracle', 'configuration', 'QEMU'];
  const rows = [head, ...files.flatMap((file) => rowsOf(file, file.file.slice(folder.length)))];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** One line a detail, however many directives share it. */
function missLines(title: string, misses: readonly Miss[]): readonly string[] {
  const details = [...new Set(misses.map((miss) => miss.detail))];
  return details.map((detail) => {
    const same = misses.filter((miss) => miss.detail === detail);
    const [first] = same;
    const which = same.length === 1 && first !== undefined ? first.directive : `${same.length} directives`;
    return `  ${title}: ${which}: ${detail}`;
  });
}

/** Every miss of a file, one line each. */
function fileMissLines(file: FileConformance): readonly string[] {
  if (file.unreadable !== null) return [`  ${file.unreadable}`];
  return [
    ...missLines(`${file.file}, oracle`, file.oracle.misses),
    ...file.configurations.flatMap(({ configuration, qemu }) =>
      missLines(`${file.file}, QEMU, ${configuration || '(defaults)'}`, qemu.misses),
    ),
  ];
}

/** One line for each place where a configuration of a file depends on more than it may. */
function dependenceLines(file: FileConformance): readonly string[] {
  return file.configurations.flatMap(({ configuration, dependences }) => {
    const places = [...new Set(dependences.map((one) => `${one.known ?? ''} ${one.place}`))];
    return places.flatMap((place) => {
      const same = dependences.filter((one) => `${one.known ?? ''} ${one.place}` === place);
      const [first] = same;
      if (first === undefined) return [];
      const known = first.known === null ? ' (MISS)' : ` (known issue ${first.known})`;
      const others = same.length === 1 ? '' : ` and ${same.length - 1} more`;
      return [
        `  ${file.file}, ${configuration || '(defaults)'}: ${first.place}${known}`,
        `    ${first.directive}${others}`,
        `    ${first.detail}`,
      ];
    });
  });
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function skippedLines(side: string, { skipped }: Total): readonly string[] {
  return Object.entries(skipped)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `  ${side} ${count}: ${reason}`);
}

/** `8 directives: oracle 6 pass, 0 miss, 2 skipped; QEMU …`. */
function countsLine({ directives, oracle, qemu }: Conformance): string {
  return `${directives} directives: oracle ${countsText(oracle)}; QEMU ${countsText(qemu)}`;
}

function allSkipped({ oracle, qemu }: Conformance): readonly string[] {
  return section('skipped directives:', [...skippedLines('oracle', oracle), ...skippedLines('QEMU', qemu)]);
}

/** Misses, what was skipped by reason, and the totals, without the table. */
export function conformanceLines(conformance: Conformance): readonly string[] {
  return [
    ...section('misses:', conformance.files.flatMap(fileMissLines)),
    ...allSkipped(conformance),
    '',
    countsLine(conformance),
  ];
}

/** The table for a terminal, then misses, what was skipped by reason, and the totals. */
export function conformanceText(conformance: Conformance): string {
  const { files, seconds } = conformance;
  const notRun = files.filter((file) => file.notRun !== null).length;
  return [
    ...tableText(files),
    ...section('misses:', files.flatMap(fileMissLines)),
    ...section(
      'met as an ordinary program calls, but not by the psABI alone (a miss where no known issue explains it; see replay):',
      files.flatMap(dependenceLines),
    ),
    ...allSkipped(conformance),
    '',
    `total: ${files.length} files${notRun === 0 ? '' : ` (${notRun} not run)`}, ${countsLine(conformance)}`,
    `${conformance.missed} miss${conformance.missed === 1 ? '' : 'es'} in ${seconds.toFixed(1)} s; cranelift ${conformance.cranelift}, ${conformance.emulator}`,
  ].join('\n');
}
