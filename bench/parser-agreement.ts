import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import seedrandom from 'seedrandom';
import { DEFAULT_CRANELIFT, ensureDriver } from '../src/backend/driver-build.ts';
import { Driver } from '../src/backend/driver.ts';
import { UsageError } from '../src/campaign/errors.ts';
import { wholeNumber } from '../src/cli/number-option.ts';
import { type Agreement, compareReaders, type Example } from './parser/agreement.ts';
import { generateSources, makePool, nextMutant, readFolder, type Source } from './parser/mutant-sources.ts';
import type { Answer } from './parser/sides.ts';
import { note, runScript } from './run-script.ts';

/** `dist/bench/parser-agreement.js` lies two folders below the project's root. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

const EXIT_DIFFERENCE = 1;

interface Options {
  readonly seed: string;
  readonly count: number;
  readonly generated: number;
  readonly limitMs: number;
}

function answerText(answer: Answer): string {
  switch (answer.kind) {
    case 'accepts':
      return 'accepts';
    case 'refuses':
      return `line ${answer.line}: ${answer.message}`;
    case 'breaks':
      return `breaks at ${answer.where}: ${answer.message.slice(0, 300)}`;
  }
}

function classesText(title: string, classes: readonly (readonly [string, Example])[]): string {
  if (classes.length === 0) return `${title}: none\n`;
  const sorted = classes.toSorted(([, a], [, b]) => b.count - a.count);
  const parts = sorted.map(
    ([name, { count, source, text, ours, theirs }]) =>
      `  ${count} times: ${name}\n    ours: ${answerText(ours)}\n    theirs: ${answerText(theirs)}\n    from ${source}:\n` +
      `${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').split('\\n').join('\n').replaceAll(/^/gm, '      | ')}\n`,
  );
  return `${title}:\n${parts.join('')}`;
}

function reportText(result: Agreement): string {
  const all = [...result.differences];
  const agree = result.bothAccept + result.bothRefuse;
  return (
    `${result.mutants} texts: ${result.parsed} parse, ${result.refused} are refused with a line, ${result.faults.length} faults\n` +
    `slowest parse ${result.slowestMs.toFixed(1)} ms, of ${result.slowest.length} characters\n` +
    `with Cranelift's reader on the functions alone: ${agree} agree (${result.bothAccept} accepted, ${result.bothRefuse} refused), ` +
    `${result.mutants - agree} differ\n` +
    result.faults.map(({ what, text }) => `fault: ${what}\n${JSON.stringify(text)}\n`).join('') +
    classesText(
      'known differences',
      all.filter(([, { isKnown }]) => isKnown),
    ) +
    classesText(
      'unexplained differences',
      all.filter(([, { isKnown }]) => !isKnown),
    ) +
    classesText("panics and ends of Cranelift's reader", [...result.readerBreaks])
  );
}

function readSources(folder: string): readonly Source[] {
  try {
    const files = readFolder(folder);
    if (files.length === 0) throw new UsageError(`${folder} holds no .clif file`);
    return files;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${folder}: give a folder of .clif files`, { cause: error });
  }
}

async function run(folder: string, options: Options): Promise<number> {
  const files = readSources(folder);
  const generated = generateSources(options.seed, options.generated);
  const { path, version } = await ensureDriver(DEFAULT_CRANELIFT, { onProgress: note });
  const driver = await Driver.start(path);
  try {
    const numbers = seedrandom(options.seed);
    const pool = makePool([...files, ...generated]);
    const random = (below: number): number => Math.floor(numbers() * below);
    note(`cranelift ${version}, ${files.length} files, ${generated.length} generated modules`);
    const result = await compareReaders(
      driver,
      () => nextMutant(random, pool),
      options.count,
      options.limitMs,
    );
    process.stdout.write(reportText(result));
    const isClean =
      result.faults.length === 0 && [...result.differences.values()].every(({ isKnown }) => isKnown);
    return isClean ? 0 : EXIT_DIFFERENCE;
  } finally {
    await driver.close();
  }
}

const program = new Command('parser-agreement')
  .description("Damages CLIF texts and holds this project's parser against Cranelift's reader.")
  .argument('[folder]', 'a folder of .clif files', join(ROOT, '../shared/clif/runtests'))
  .option('--seed <seed>', 'names the texts', '1')
  .option('--count <n>', 'texts', wholeNumber(1), 20_000)
  .option('--generated <n>', 'generated modules to damage', wholeNumber(0), 150)
  .option('--limit-ms <n>', 'what a parse may take', wholeNumber(1), 1000)
  .addHelpText(
    'after',
    '\nExit code: 0 only known differences, 1 a fault or an unexplained one, 2 usage, 3 harness fault.',
  );

await runScript(program, () =>
  run(program.args[0] ?? join(ROOT, '../shared/clif/runtests'), program.opts<Options>()),
);
