import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { openEnvironment, readKnownIssues } from '../campaign/environment.ts';
import { measureGuest, measureThroughput, type MeasureOptions } from '../campaign/measure.ts';
import type { Terminal } from './terminal.ts';

export interface BenchOptions {
  readonly cranelift: string;
  readonly profile: string;
  readonly cases: number;
  readonly rounds: number;
  readonly jobs?: number;
}

/** Modules executed for the comparison of guests; a twentieth of them through an emulator of their own. */
const GUEST_CASES = 200;

function times(a: number, b: number): string {
  return `${(a / b).toFixed(1)} times as fast`;
}

function rate(perSecond: number): string {
  return perSecond.toFixed(perSecond < 100 ? 1 : 0);
}

function perRound(figures: readonly number[]): string {
  return figures.map((figure) => figure.toFixed(2)).join(' ');
}

/** Measures a campaign against the compiler alone on the same cases in alternating rounds, and prints the rates. */
export async function bench(options: BenchOptions, terminal: Terminal, root: string): Promise<number> {
  const environment = await openEnvironment({ cranelift: options.cranelift, onProgress: terminal.buildNote });
  const measure: MeasureOptions = {
    environment,
    knownIssues: readKnownIssues(join(root, 'known-issues')),
    seed: 'bench',
    profile: options.profile,
    cases: options.cases,
    jobs: options.jobs ?? availableParallelism(),
    rounds: options.rounds,
    now: () => performance.now(),
  };
  const throughput = await measureThroughput(measure);
  const guest = await measureGuest(measure, GUEST_CASES);
  const total = Object.values(throughput.phases).reduce((a, b) => a + b, 0);
  terminal.print(
    `cranelift ${environment.cranelift}, ${environment.emulator}, ${measure.jobs} jobs, ${options.cases} cases, ${options.rounds} rounds`,
  );
  terminal.print(`cases/s                        ${rate(throughput.casesPerSecond)}`);
  terminal.print(`modules/s, whole pipeline      ${rate(throughput.modulesPerSecond)}`);
  terminal.print(`modules/s, no veneers          ${rate(throughput.noVeneersModulesPerSecond)}`);
  terminal.print(`  with to without, by rounds   ${perRound(throughput.veneerRatios)}`);
  terminal.print(`modules/s, compile only        ${rate(throughput.compileOnlyModulesPerSecond)}`);
  terminal.print(`ratio, round by round          ${perRound(throughput.ratios)}`);
  const { processorMs, compileOnlyProcessorMs } = throughput;
  if (processorMs.some((ms) => ms > 0)) {
    terminal.print(`processor ms a module          ${perRound(processorMs)}`);
    terminal.print(`  compile only                 ${perRound(compileOnlyProcessorMs)}`);
    const shares = compileOnlyProcessorMs.map((ms, i) => ms / (processorMs[i] ?? ms));
    terminal.print(`  ratio, round by round        ${perRound(shares)}`);
  }
  for (const [name, ms] of Object.entries(throughput.phases)) {
    terminal.print(`  ${name.padEnd(10)} ${((100 * ms) / total).toFixed(1)} %`);
  }
  terminal.print(`modules/s, persistent guest    ${rate(guest.persistentModulesPerSecond)}`);
  terminal.print(
    `modules/s, QEMU per module     ${rate(guest.freshModulesPerSecond)}, persistent is ${times(guest.persistentModulesPerSecond, guest.freshModulesPerSecond)}`,
  );
  terminal.print(`calls/s, persistent guest      ${rate(guest.persistentCallsPerSecond)}`);
  terminal.print(
    `calls/s, QEMU per call         ${rate(guest.freshCallsPerSecond)}, persistent is ${times(guest.persistentCallsPerSecond, guest.freshCallsPerSecond)}`,
  );
  terminal.print(`peak memory of the workers     ${(throughput.peakWorkerKilobytes / 1024).toFixed(0)} MiB`);
  return 0;
}
