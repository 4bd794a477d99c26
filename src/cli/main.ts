import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { CaseHarnessError, HarnessError, UsageError } from '../campaign/errors.ts';
import { profilesText } from '../campaign/profile-names.ts';
import { fuzz, type FuzzOptions } from './fuzz.ts';
import { minutes, shard, wholeNumber } from './number-option.ts';
import { replay, type ReplayOptions } from './replay.ts';
import { openTerminal } from './terminal.ts';

/** `dist/src/cli/main.js` lies three folders below the project's root. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** The Cranelift under test where none is named. */
const DEFAULT_CRANELIFT = '0.135.8';

const EXIT_USAGE = 2;
const EXIT_HARNESS_FAULT = 3;

const terminal = openTerminal(process.stdout, process.stderr);

function program(done: (code: number) => void): Command {
  const callfuzz = new Command('callfuzz')
    .description("Differential fuzzer for call lowering in Cranelift's riscv64 backend.")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  const cranelift = ['--cranelift <version|path:DIR>', 'Cranelift under test', DEFAULT_CRANELIFT] as const;
  callfuzz
    .command('fuzz')
    .description('run a campaign: generate, compile, execute, compare, shrink')
    .requiredOption('--seed <seed>', 'campaign seed, any text; the same seed gives the same cases')
    .option('--cases <n>', 'stop after this many cases', wholeNumber(1))
    .option('--minutes <m>', 'stop after this much time', minutes)
    .option(...cranelift)
    .option('--profile <name>', 'region of the space of cases', 'default')
    .option('--jobs <n>', 'worker processes (default: one per processor)', wholeNumber(1))
    .option('--shard <i/n>', 'run only the cases of shard i of n', shard, { index: 0, count: 1 })
    .option('--json <file>', 'also write the summary as JSON')
    .option('--resume', 'go on where the last campaign of this seed stopped')
    .option('--reports <dir>', 'where journals and findings go', join(ROOT, 'reports'))
    .option('--shrink-attempts <n>', 'candidates tried for each finding', wholeNumber(0), 3000)
    .addHelpText('after', `\nProfiles:\n${profilesText()}\n\nExit code: 0 clean, 1 new findings, 2 usage, 3 harness fault.`)
    .action(async (options: FuzzOptions) => done(await fuzz(options, terminal, ROOT)));
  callfuzz
    .command('replay')
    .description('run .clif files or folders of them; exit code 1 if any still fails')
    .argument('<path...>', '.clif files, corpus entries, or folders')
    .option(...cranelift)
    .action(async (paths: string[], options: ReplayOptions) => done(await replay(paths, options, terminal)));
  return callfuzz;
}

function reportFault(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof UsageError) {
    terminal.note(`callfuzz: ${error.message}`);
    return EXIT_USAGE;
  }
  const stage = error instanceof HarnessError ? ` in ${error.stage}` : '';
  terminal.note(`callfuzz: harness fault${stage}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  if (error instanceof CaseHarnessError) {
    terminal.note(`case seed ${error.caseSeed}; to repeat it: npm run replay -- --case ${error.caseSeed}`);
  }
  return EXIT_HARNESS_FAULT;
}

let exitCode = 0;
try {
  await program((code) => {
    exitCode = code;
  }).parseAsync(process.argv);
} catch (error) {
  exitCode = reportFault(error);
}
process.exit(exitCode);
