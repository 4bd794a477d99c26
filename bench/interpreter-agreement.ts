import { Command } from 'commander';
import { ensureOpinions } from '../src/backend/opinions-build.ts';
import type { Opinion } from '../src/backend/opinions-reply.ts';
import { Opinions } from '../src/backend/opinions.ts';
import { wholeNumber } from '../src/cli/number-option.ts';
import type { Outcome } from '../src/clif/outcome.ts';
import { hex, outcomeText } from '../src/compare/outcomes.ts';
import { type Agreement, compareInterpreters, type Example } from './interpreter/agreement.ts';
import { note, runScript } from './run-script.ts';

const EXIT_DIFFERENCE = 1;

/** Numbers of cases shown for each class. */
const SHOWN_CASES = 60;

interface Options {
  readonly seed: string;
  readonly count: number;
  readonly only?: readonly number[];
  readonly jobs: number;
}

function sideText(side: Outcome | Opinion): string {
  if (side.kind === 'silent') return side.reason;
  return side.kind === 'crashed' ? side.how : outcomeText(side);
}

function exampleText(name: string, { count, cases, text, input, ours, theirs }: Example): string {
  const shown = cases.slice(0, SHOWN_CASES).join(',');
  return (
    `  ${count} times: ${name}\n    --only ${shown}${cases.length > SHOWN_CASES ? ` and ${cases.length - SHOWN_CASES} more` : ''}\n    input: (${input.map(hex).join(', ')})\n    ours: ${sideText(ours)}\n` +
    `    theirs: ${sideText(theirs)}\n${text.trimEnd().replaceAll(/^/gm, '    | ')}\n`
  );
}

function classesText(title: string, classes: readonly (readonly [string, Example])[]): string {
  if (classes.length === 0) return `${title}: none\n`;
  return `${title}:\n${classes.map(([name, example]) => exampleText(name, example)).join('')}`;
}

function reportText(result: Agreement): string {
  const all = [...result.differences].toSorted(([, a], [, b]) => b.count - a.count);
  const skipped = [...result.skipped].toSorted(([, a], [, b]) => b - a);
  return (
    `${result.modules} modules, ${result.compared} of them compared on ${result.inputs} inputs: ` +
    `${result.agreeing} agree, ${result.inputs - result.agreeing} differ\n` +
    `inputs that one side could not run:\n${skipped.map(([why, count]) => `  ${count}: ${why}\n`).join('')}` +
    classesText(
      'known differences',
      all.filter(([, { isKnown }]) => isKnown),
    ) +
    classesText(
      'unexplained differences',
      all.filter(([, { isKnown }]) => !isKnown),
    )
  );
}

function caseNumbers(text: string): readonly number[] {
  return text.split(',').map(wholeNumber(0));
}

async function run({ seed, count, only, jobs }: Options): Promise<number> {
  const path = await ensureOpinions({ onProgress: note });
  const processes = Array.from({ length: jobs }, () => new Opinions(path, 'interpret'));
  try {
    const result = await compareInterpreters(processes, seed, only ?? Array(count).keys(), (done) =>
      note(`${done} modules`),
    );
    process.stdout.write(reportText(result));
    return [...result.differences.values()].every(({ isKnown }) => isKnown) ? 0 : EXIT_DIFFERENCE;
  } finally {
    await Promise.all(processes.map((one) => one.close()));
  }
}

const program = new Command('interpreter-agreement')
  .description("Holds this project's oracle against Cranelift's interpreter on generated modules.")
  .option('--seed <seed>', 'names the modules', '1')
  .option('--count <n>', 'modules', wholeNumber(1), 50_000)
  .option('--only <numbers>', 'the cases of these numbers, as 12,99, instead of all', caseNumbers)
  .option('--jobs <n>', 'interpreter processes', wholeNumber(1), 2)
  .addHelpText(
    'after',
    '\nExit code: 0 only known differences, 1 an unexplained one, 2 usage, 3 harness fault.',
  );

await runScript(program, () => run(program.opts<Options>()));
