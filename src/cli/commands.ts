import { join } from 'node:path';
import { Command, Option } from 'commander';
import { profilesText } from '../campaign/profile-names.ts';
import { bench, type BenchOptions } from './bench.ts';
import { bisect, type BisectOptions } from './bisect.ts';
import { conformance, type ConformanceOptions } from './conformance.ts';
import { doctor, type DoctorOptions } from './doctor.ts';
import { explain, type ExplainOptions } from './explain.ts';
import { fuzz, type FuzzOptions } from './fuzz.ts';
import { minutes, shard, wholeNumber } from './number-option.ts';
import { promote, type PromoteOptions } from './promote.ts';
import { replay, type ReplayOptions } from './replay.ts';
import { report, type ReportOptions } from './report.ts';
import { shrink, type ShrinkOptions } from './shrink.ts';
import { commaList, fileName } from './text-option.ts';
import type { Terminal } from './terminal.ts';
import { triage, type TriageOptions } from './triage.ts';

/** The Cranelift under test where none is named. */
const DEFAULT_CRANELIFT = '0.135.8';

const CRANELIFT = ['--cranelift <version|path:DIR>', 'Cranelift under test', DEFAULT_CRANELIFT] as const;

const NO_VENEERS = ['--no-veneers', 'leave calls inside a module as they are: faster, sees less'] as const;

const DEBUG_ASSERTIONS = [
  '--debug-assertions',
  'build Cranelift with its debug assertions and overflow checks: slower, finds what they refuse',
] as const;

/** What commands are given beside their arguments. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** The project's folder. */
  readonly root: string;
  /** Gets the exit code of the command that ran. */
  readonly done: (code: number) => void;
}

function addCampaignCommands(callfuzz: Command, { terminal, root, done }: Surroundings): void {
  const reports = ['--reports <dir>', 'where journals and findings go', join(root, 'reports')] as const;
  callfuzz
    .command('fuzz')
    .description('run a campaign: generate, compile, execute, compare, shrink')
    .requiredOption('--seed <seed>', 'campaign seed, any text; the same seed gives the same cases')
    .option('--cases <n>', 'stop after this many cases', wholeNumber(1))
    .option('--minutes <m>', 'stop after this much time', minutes)
    .option(...CRANELIFT)
    .option('--profile <name>', 'region of the space of cases', 'default')
    .option('--jobs <n>', 'worker processes (default: one per processor)', wholeNumber(1))
    .addOption(
      new Option('--shard <i/n>', 'run only the cases of shard i of n')
        .argParser(shard)
        .default({ index: 0, count: 1 }, '0/1'),
    )
    .option('--json <file>', 'also write the summary as JSON')
    .option(
      '--coverage <file>',
      'aim at what this map of earlier campaigns lacks, and add what this one fills; made where it is not there',
    )
    .option(...NO_VENEERS)
    .option(...DEBUG_ASSERTIONS)
    .option('--resume', 'go on where the last campaign of this seed stopped')
    .option(...reports)
    .option('--shrink-attempts <n>', 'candidates tried for each finding', wholeNumber(0), 3000)
    .addHelpText(
      'after',
      `\nProfiles:\n${profilesText()}\n\nExit code: 0 clean, 1 new findings, 2 usage, 3 harness fault.`,
    )
    .action(async (options: FuzzOptions) => done(await fuzz(options, terminal, root)));
  callfuzz
    .command('report')
    .description('print the summary of a campaign, or of several as one')
    .argument(
      '[path...]',
      'folders of campaigns, journals or summaries, such as those of shards (default: the newest)',
    )
    .option('--markdown', 'as Markdown')
    .option('--json <file>', 'also write the summary as JSON')
    .option(...reports)
    .addHelpText('after', '\nExit code: 0, or 2 for what is no summary.')
    .action((paths: string[], options: ReportOptions) => done(report(paths, options, terminal)));
}

function addCaseCommands(callfuzz: Command, { terminal, root, done }: Surroundings): void {
  callfuzz
    .command('replay')
    .description('run .clif files or folders of them, or a generated case by its seed')
    .argument('[path...]', '.clif files, corpus entries, or folders')
    .option('--case <seed>', 'the case that a campaign made from this case seed')
    .option('--profile <name>', 'the profile of that campaign', 'default')
    .option(...NO_VENEERS)
    .option(...DEBUG_ASSERTIONS)
    .option('--print', 'print text, inputs, expected and observed outcomes under each configuration')
    .option(...CRANELIFT)
    .addHelpText(
      'after',
      '\nExit code: 0 all agree, 1 some fail, 2 usage or nothing that can be run, 3 harness fault.',
    )
    .action(async (paths: string[], options: ReplayOptions) =>
      done(await replay(paths, options, terminal, root)),
    );
  callfuzz
    .command('conformance')
    .description('hold the run and print lines of filetests against what oracle and QEMU make of them')
    .argument('<path...>', '.clif files or folders of them')
    .option('--json <file>', 'also write the table as JSON')
    .option(...CRANELIFT)
    .addHelpText('after', '\nExit code: 0 all as the files say, 1 some are not, 2 usage, 3 harness fault.')
    .action(async (paths: string[], options: ConformanceOptions) =>
      done(await conformance(paths, options, terminal, root)),
    );
  callfuzz
    .command('triage')
    .description(
      "ask oracle, Cranelift's interpreter, the x86_64 host and QEMU about a .clif; say who stands alone",
    )
    .argument('<file>', '.clif file or corpus entry')
    .option(...CRANELIFT)
    .addHelpText('after', '\nExit code: 0 nobody disagrees, 1 somebody does, 2 usage, 3 harness fault.')
    .action(async (file: string, options: TriageOptions) =>
      done(await triage(file, options, terminal, root)),
    );
  callfuzz
    .command('shrink')
    .description('make a failing .clif small and save it as a corpus entry beside it')
    .argument('<file>', '.clif file or corpus entry')
    .option('--out <dir>', 'save below this folder; nothing is overwritten')
    .option(...NO_VENEERS)
    .option(...DEBUG_ASSERTIONS)
    .option('--attempts <n>', 'candidates tried', wholeNumber(1), 10_000)
    .option('--minutes <m>', 'stop after this much time', minutes, 2)
    .option(...CRANELIFT)
    .addHelpText(
      'after',
      '\nExit code: 0, also for a file that does not fail, which is said; 2 usage, 3 harness fault.',
    )
    .action(async (file: string, options: ShrinkOptions) =>
      done(await shrink(file, options, terminal, root)),
    );
  callfuzz
    .command('promote')
    .description('run minimised findings again and copy those that fail into the corpus')
    .argument('<file...>', '.clif files that a campaign or shrink has saved')
    .option('--name <name>', 'name of the entry (default: that of the file)', fileName)
    .option('--note <text>', 'what is known of it (default: what was observed)')
    .option('--upstream <url>', 'upstream issue or pull request')
    .option(
      '--also <versions>',
      'note also which of these Cranelift versions fail and pass, such as 0.121,0.128',
      commaList,
    )
    .option('--cranelift <version|path:DIR>', 'Cranelift it must fail on (default: the one that it names)')
    .option('--corpus <dir>', 'where the corpus is', join(root, 'corpus'))
    .addHelpText('after', '\nExit code: 0; 2 for a finding that no longer fails, which is not copied.')
    .action(async (files: string[], options: PromoteOptions) =>
      done(await promote(files, options, terminal)),
    );
  callfuzz
    .command('bisect')
    .description('find the first Cranelift version that fails a case; builds a driver for each version tried')
    .argument('<file>', '.clif file or corpus entry')
    .option('--good <version>', 'oldest version to try (default: the first of the list)')
    .option('--bad <version>', 'newest version to try (default: the last of the list)')
    .option(
      '--versions <list>',
      'versions to search, oldest first (default: one a release from 0.105)',
      commaList,
    )
    .option(...DEBUG_ASSERTIONS)
    .addHelpText('after', '\nExit code: 0 a change was found, 1 none was found, 2 usage, 3 harness fault.')
    .action(async (file: string, options: BisectOptions) => done(await bisect(file, options, terminal)));
  callfuzz
    .command('explain')
    .description(
      'show a case call by call: places, what is live, code, invariants, and what variations of it do',
    )
    .argument('[file]', '.clif file or corpus entry')
    .option('--case <seed>', 'the case that a campaign made from this case seed')
    .option('--profile <name>', 'the profile of that campaign', 'default')
    .option('--html <file>', 'also write it as an HTML fragment')
    .option(...CRANELIFT)
    .addHelpText('after', '\nExit code: 0, 2 usage, 3 harness fault.')
    .action(async (file: string | undefined, options: ExplainOptions) =>
      done(await explain(file, options, terminal, root)),
    );
}

/** `callfuzz <command>` with all its commands and options; commander throws where arguments are wrong. */
export function makeProgram(surroundings: Surroundings): Command {
  const { terminal, root, done } = surroundings;
  const callfuzz = new Command('callfuzz')
    .description("Differential fuzzer for call lowering in Cranelift's riscv64 backend.")
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`callfuzz: ${text.replace(/^error: /, '').replace('\n(', ' (')}`),
    });
  addCampaignCommands(callfuzz, surroundings);
  addCaseCommands(callfuzz, surroundings);
  callfuzz
    .command('doctor')
    .description('print what was found of toolchain, driver, guest and emulator, and what is missing')
    .option('--build', 'build the driver if it is not there')
    .option(...CRANELIFT)
    .addHelpText('after', '\nExit code: 0 all is there, 2 something needed is missing.')
    .action(async (options: DoctorOptions) => done(await doctor(options, terminal, root)));
  callfuzz
    .command('bench')
    .description(
      'measure a campaign against the compiler alone, and the persistent guest against one emulator a case',
    )
    .option('--cases <n>', 'cases in each round', wholeNumber(1), 1000)
    .option('--rounds <n>', 'rounds that count', wholeNumber(1), 5)
    .option('--jobs <n>', 'worker processes (default: one per processor)', wholeNumber(1))
    .option('--profile <name>', 'region of the space of cases', 'default')
    .option(...CRANELIFT)
    .action(async (options: BenchOptions) => done(await bench(options, terminal, root)));
  return callfuzz;
}
