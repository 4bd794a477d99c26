import pLimit from 'p-limit';
import { declinedReason } from '../backend/declined.ts';
import type { CompileResult } from '../backend/compile-result.ts';
import { configurationText } from '../clif/case.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { printModule } from '../clif/print.ts';
import { compileFinding } from '../compare/compile-finding.ts';
import type { Filetest } from '../corpus/filetest.ts';
import { findPlainSeed } from '../emulator/plain-seed.ts';
import {
  conformanceOf,
  type Conformance,
  type ConfigurationConformance,
  type FileConformance,
} from '../report/conformance.ts';
import { sideOf, type CheckResult } from './check-result.ts';
import { fitCase } from './emulator-defects.ts';
import { judgeOracle, oracleAnswers } from './oracle-answers.ts';
import { NO_TARGET } from './replay.ts';
import { groupChecks, runGroup, seen, type ConformanceRig, type Seen } from './run-checks.ts';

/** Files under way at once: one is compiled while another runs. */
const FILES_AT_ONCE = 3;

/** Adds to a station what filetests need. */
export async function openRig(parts: Omit<ConformanceRig, 'plainSeed'>): Promise<ConformanceRig> {
  return { ...parts, plainSeed: await findPlainSeed(parts.station.bench.guests.plain) };
}

/** Why nothing of this compile can be run, or null. */
function compileProblem(result: CompileResult): CheckResult | null {
  if (result.kind === 'compiled') return null;
  if (result.kind === 'bad-flag') return { kind: 'skipped', reason: result.message };
  const declined = declinedReason(result, null);
  if (declined !== null) return { kind: 'skipped', reason: `declined: ${declined.reason}` };
  return { kind: 'miss', detail: compileFinding(result).detail };
}

/** One file's directives on the oracle and under each of its riscv64 targets. Throws HarnessError only. */
async function checkFiletest(rig: ConformanceRig, test: Filetest): Promise<FileConformance> {
  const { file, module, checks } = test;
  const nothing = sideOf([], []);
  const whole = {
    file,
    unreadable: null,
    notRun: null,
    directives: checks.length,
    oracle: nothing,
    configurations: [],
  };
  if (test.configurations.length === 0) return { ...whole, notRun: NO_TARGET };
  if (checks.length === 0) return { ...whole, notRun: 'the file has no run or print line' };
  const { bench } = rig.station;
  const { abilities } = rig.environment;
  const groups = groupChecks(test);
  const plans = test.configurations.map((configuration) => ({
    configuration,
    fits: groups.map((group) => fitCase({ module, entry: group.entry.name }, configuration, abilities)),
  }));
  const wanted = plans.flatMap(({ fits }) => fits.find((fit) => fit.kind === 'fits')?.configuration ?? []);
  const compiling = bench.driver.compile(printModule(module, { cranelift: bench.cranelift }), wanted);
  // The oracle works while the driver does; where it throws, nobody waits for the compile any more.
  compiling.catch(() => undefined);
  const answers = oracleAnswers(test);
  const results = (await compiling).values();
  const compiles = plans.map(({ fits }) =>
    fits.some((fit) => fit.kind === 'fits') ? results.next().value : undefined,
  );
  const configurations: Promise<ConfigurationConformance>[] = plans.map(
    async ({ configuration, fits }, c) => {
      const compiled = compiles[c];
      const problem = compiled === undefined ? null : compileProblem(compiled);
      const all: Seen[] = checks.map(() => seen({ kind: 'skipped', reason: 'never run' }));
      await Promise.all(
        groups.map(async (group, g) => {
          const fit = fits[g];
          let own: readonly Seen[] = [];
          if (fit?.kind === 'misfit')
            own = group.indices.map(() => seen({ kind: 'skipped', reason: fit.reason }));
          else if (problem !== null) own = group.indices.map(() => seen(problem));
          else if (fit !== undefined && compiled?.kind === 'compiled')
            own = await runGroup(rig, test, group, fit.configuration, compiled.functions, answers);
          for (const [i, one] of own.entries()) all[group.indices[i] ?? -1] = one;
        }),
      );
      return {
        configuration: configurationText(configuration),
        qemu: sideOf(
          checks,
          all.map((one) => one.result),
        ),
        dependences: all.flatMap((one) => one.dependence ?? []),
      };
    },
  );
  return {
    ...whole,
    oracle: sideOf(
      checks,
      checks.map((check, i) => judgeOracle(check, answers[i])),
    ),
    configurations: await Promise.all(configurations),
  };
}

/** A file that this program can make nothing of. */
export function unreadableFile(file: string, reason: string): FileConformance {
  const nothing = sideOf([], []);
  return { file, unreadable: reason, notRun: null, directives: 0, oracle: nothing, configurations: [] };
}

/** Stages that fail over a module they cannot make sense of, which is no reason to leave the other files alone. */
const MODULE_STAGES: ReadonlySet<string> = new Set(['oracle', 'abi']);

async function checkOne(rig: ConformanceRig, test: Filetest): Promise<FileConformance> {
  try {
    return await checkFiletest(rig, test);
  } catch (error) {
    if (!(error instanceof HarnessError) || !MODULE_STAGES.has(error.stage)) throw error;
    return unreadableFile(test.file, `${test.file}: ${error.stage}: ${error.message}`);
  }
}

/** Holds all files against what oracle and QEMU make of them, a few at once. Throws HarnessError only. */
export async function runConformance(
  rig: ConformanceRig,
  tests: readonly (Filetest | FileConformance)[],
): Promise<Conformance> {
  const { now } = rig.station.bench;
  const started = now();
  const limit = pLimit(FILES_AT_ONCE);
  const files = await Promise.all(
    tests.map((test) => limit(async () => ('checks' in test ? checkOne(rig, test) : test))),
  );
  const { cranelift, emulator } = rig.environment;
  return conformanceOf(files, { cranelift, emulator, seconds: (now() - started) / 1000 });
}
