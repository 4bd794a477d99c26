import { isModelled } from '../abi/convention.ts';
import { layoutSignature, needsReturnArea } from '../abi/layout.ts';
import { declinedReason } from '../backend/declined.ts';
import type { CompiledFunction, CompileResult } from '../backend/compile-result.ts';
import type { CompileOptions, Driver } from '../backend/driver.ts';
import type { Case, Configuration } from '../clif/case.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { findFunction, functionNameText, type Function, type Module } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { poisonSeeds } from '../clif/poison-seeds.ts';
import { printModuleBytes } from '../clif/print.ts';
import { isRunLonger } from '../clif/vlen.ts';
import { compileFinding } from '../compare/compile-finding.ts';
import { exposesArithmeticNan } from '../compare/nan.ts';
import { compareInput, outcomeText, OVERWRITTEN, UNDEFINED_READ } from '../compare/outcomes.ts';
import type { Finding, Verdict } from '../compare/verdict.ts';
import { executeCase } from '../emulator/execute.ts';
import type { Guest } from '../emulator/guest.ts';
import { interpret } from '../oracle/interpret.ts';
import { DEFAULT_SPACE, OPPOSITE_SPACE, OTHER_SPACE, type AddressSpace } from '../oracle/address-space.ts';
import { prepare } from '../oracle/prepare.ts';
import { aimOfSeed } from './aim.ts';
import { codeFindings } from './code-faults.ts';
import type { GuestSet } from './guest-set.ts';
import { runGuards } from './guard-runs.ts';
import { runLimits } from './limit-runs.ts';
import { hasImplicitReturnArea, linkCase } from './link-case.ts';
import { BusyClock, type Phases } from './phases.ts';
import { sameCalls, traceCase } from './oracle-calls.ts';
import { poisonBytes } from './poison.ts';
import type { StackEnd } from './stack-end.ts';
import { runParties, withParties } from './run-parties.ts';
import { isUnwindable } from './unwind-fault.ts';

/** Instructions the oracle executes for one input before it gives up. */
const FUEL = 1_000_000;

/** What runs a case: one driver, one guest, and the clocks that tell where the time goes. */
export interface Bench {
  readonly driver: Driver;
  readonly guests: GuestSet;
  /** The driver's Cranelift, whose dialect of CLIF the text must be in. */
  readonly cranelift: string;
  /** Whether calls inside a module are watched. */
  readonly hasVeneers: boolean;
  readonly now: () => number;
  readonly compileClock: BusyClock;
  readonly executeClock: BusyClock;
  readonly phases: Phases;
  /** Whether guards and limits are tried once plain runs are right; absent means yes. */
  readonly looksAtStackEnd?: boolean;
  /** Whether known issues explain a finding by their mere match. The rest of the case is looked at all the same. */
  readonly isPassedOver: (kase: Case, finding: Finding) => boolean;
}

/** Sees what a configuration compiled to. */
export type OnCompiled = (configuration: Configuration, functions: readonly CompiledFunction[]) => void;

/** Everything one case showed; `modules` counts the configurations that compiled. */
export interface CaseRun {
  readonly verdict: Verdict;
  /** Of each other configuration the first finding that is not passed over; not yet held against `verdictOfFinding`. */
  readonly others: readonly Finding[];
  readonly modules: number;
  /** One per input. */
  readonly expected: readonly Outcome[];
}

function entryOf(kase: Case): Function {
  const entry = findFunction(kase.module, kase.entry);
  if (entry === undefined) throw new HarnessError('campaign', `no function ${functionNameText(kase.entry)}`);
  return entry;
}

/** What the oracle says to each input of the case. */
export function expectedOutcomes(kase: Case, space: AddressSpace = DEFAULT_SPACE): readonly Outcome[] {
  const program = prepare(kase.module, space);
  return kase.inputs.map((input) =>
    interpret(program, kase.entry, input, { fuel: FUEL, strictUninit: true }),
  );
}

function sameCode(a: readonly CompiledFunction[], b: readonly CompiledFunction[]): boolean {
  return (
    a.length === b.length &&
    a.every((fn, i) => Buffer.compare(fn.code, b[i]?.code ?? new Uint8Array(0)) === 0)
  );
}

function judgeCompile(kase: Case, result: CompileResult, configuration: number): Verdict | null {
  if (result.kind === 'compiled') return null;
  if (result.kind === 'bad-flag') throw new HarnessError('campaign', result.message);
  const own = kase.configurations[configuration];
  const declined = declinedReason(result, {
    module: kase.module,
    implicitReturnArea: own !== undefined && hasImplicitReturnArea(own),
  });
  if (declined !== null) return { kind: 'declined', reason: declined.reason };
  const draft = compileFinding(result);
  return {
    kind: 'finding',
    finding: { ...draft, configuration, input: null, expected: null, observed: null },
  };
}

/** Why what Cranelift compiled cannot be judged, the ABI model having no place for its values; null where it can. */
function whyUnmodelled(
  { functions }: Module,
  configuration: Configuration,
  isEntryModelled: boolean,
): string | null {
  if (!isEntryModelled) return 'this release has a tail convention of its own: not called from outside';
  if (hasImplicitReturnArea(configuration)) return null;
  return functions.some((fn) => needsReturnArea(fn.signature))
    ? 'compiled with results past a0, a1, fa0 and fa1 and no return area, for which the model has no place'
    : null;
}

/** True for the share of cases that are compiled twice to see whether the compiler is deterministic. */
function isCompiledTwice(seed: bigint): boolean {
  return (seed & 31n) === 0n;
}

/** True for the share of cases that run on processors with the extensions of their configurations and no others: QEMU starts once for each. */
function isRunExactly(seed: bigint): boolean {
  return (seed & 127n) === 1n;
}

/** True for the share of generated cases whose callers are unwound at each call by what Cranelift says of their frames, and for all that come from files. */
function isUnwound(seed: string): boolean {
  return aimOfSeed(seed) === undefined || (poisonSeeds(seed)[0] & 15n) === 3n;
}

/** What a case wants to be told of its functions, of all configurations or none. */
export function compileOptions({ seed, configurations }: Case): CompileOptions {
  return isUnwound(seed) && configurations.some(isUnwindable) ? { wantUnwind: true } : {};
}

/** The guest that a case with this poison runs on, if it is not run exactly. */
export function guestFor({ guests }: Bench, configuration: Configuration, poison: bigint): Promise<Guest> {
  return isRunLonger(poison) ? guests.forLonger(configuration) : guests.for(configuration);
}

/** Runs `execute` on the guest for this configuration, or on one of its own. */
async function withGuest<T>(
  bench: Bench,
  configuration: Configuration,
  poison: bigint,
  execute: (guest: Guest) => Promise<T>,
): Promise<T> {
  if (!isRunExactly(poison)) return execute(await guestFor(bench, configuration, poison));
  const guest = await bench.guests.exact(configuration);
  try {
    return await execute(guest);
  } finally {
    await guest.close();
  }
}

async function executeConfiguration(
  bench: Bench,
  kase: Case,
  entry: Function,
  configuration: Configuration,
  index: number,
  functions: readonly CompiledFunction[],
  expected: readonly Outcome[],
  seeds: readonly [bigint, bigint],
): Promise<readonly Finding[]> {
  // What the oracle has no answer to may write anywhere, into the code itself for one, and spoil the runs after it.
  const told = expected.flatMap((outcome, input) =>
    outcome.kind === 'exhausted' ? [] : [{ outcome, input }],
  );
  if (told.length === 0) return [];
  return withGuest(bench, configuration, seeds[0], (guest) =>
    executeOn(guest, bench, kase, entry, configuration, index, functions, told, seeds),
  );
}

async function executeOn(
  guest: Guest,
  bench: Bench,
  kase: Case,
  entry: Function,
  configuration: Configuration,
  index: number,
  functions: readonly CompiledFunction[],
  told: StackEnd['told'],
  seeds: readonly [bigint, bigint],
): Promise<readonly Finding[]> {
  const started = bench.now();
  const artifact = linkCase(guest, kase.module, configuration, functions, bench.hasVeneers, bench.cranelift);
  const linked = bench.now();
  bench.phases.link += linked - started;
  const implicitReturnArea = hasImplicitReturnArea(configuration);
  const observations = await executeCase(
    guest,
    artifact,
    kase.entry,
    entry.signature,
    { implicitReturnArea, poisonBytes: poisonBytes(kase.module, functions) },
    told.map(({ input }) => kase.inputs[input] ?? []),
    told.map(() => seeds),
  );
  const compareStarted = bench.now();
  bench.phases.execute += bench.executeClock.answered(linked);
  const layout = layoutSignature(entry.signature, { implicitReturnArea });
  const anyNan = (): boolean => exposesArithmeticNan(kase.module);
  const findings = told.flatMap(({ outcome, input }, nth) => {
    const seen = observations.slice(nth * seeds.length, (nth + 1) * seeds.length);
    return compareInput(
      { signature: entry.signature, layout, configuration: index, input, anyNan },
      outcome,
      seen,
    );
  });
  bench.phases.compare += bench.now() - compareStarted;
  if (findings.length === 0 && bench.looksAtStackEnd !== false) {
    const { cranelift } = bench;
    const [seed] = seeds;
    const stack = { guest, artifact, kase, entry, configuration, index, functions, told, seed, cranelift };
    const stackStarted = bench.now();
    findings.push(...(await runLimits(stack)), ...(await runGuards(stack)));
    bench.phases.execute += bench.executeClock.answered(stackStarted);
  }
  const isMeeting = findings.every(({ kind, place }) => kind === 'abi-violation' && place !== UNDEFINED_READ);
  if (!isMeeting || kase.parties === undefined || implicitReturnArea) return findings;
  const traces = traceCase(kase, FUEL);
  const meetingStarted = bench.now();
  const met = await runParties({
    guest,
    kase,
    entry,
    configuration: index,
    functions,
    artifact,
    traces,
    seeds,
  });
  bench.phases.execute += bench.executeClock.answered(meetingStarted);
  const [first = null, ...rest] = findings;
  const merged = withParties(first, met);
  return merged === null ? rest : [merged, ...rest];
}

const NONDETERMINISM: Finding = {
  kind: 'nondeterminism',
  place: 'code differs',
  detail: 'two compiles of one module under one configuration gave different code',
  configuration: 0,
  input: null,
  expected: null,
  observed: null,
};

/** The first finding of each configuration that is not passed over; where all are, the first of all. */
function chosenFindings(bench: Bench, kase: Case, findings: readonly Finding[]): readonly Finding[] {
  const chosen = new Map<number, Finding>();
  for (const finding of findings) {
    if (!chosen.has(finding.configuration) && !bench.isPassedOver(kase, finding)) {
      chosen.set(finding.configuration, finding);
    }
  }
  return chosen.size > 0 ? [...chosen.values()] : findings.slice(0, 1);
}

/**
 * Runs a valid case: oracle, compile, link, execute, compare. The first finding that is not passed over (`chosenFindings`) is the
 * verdict; without one, a configuration that was declined makes the case declined. Throws HarnessError only.
 * `onCompiled` is called once for each configuration that compiled.
 */
export async function runCase(bench: Bench, kase: Case, onCompiled?: OnCompiled): Promise<CaseRun> {
  const entry = entryOf(kase);
  const isEntryModelled = isModelled(entry.signature.callConv, bench.cranelift);
  const seeds = poisonSeeds(kase.seed);
  const started = bench.now();
  const text = printModuleBytes(kase.module, { cranelift: bench.cranelift });
  const again = isCompiledTwice(seeds[0]) ? kase.configurations.slice(0, 1) : [];
  const asked = bench.now();
  const options = compileOptions(kase);
  const compiling = bench.driver.compile(text, [...kase.configurations, ...again], options);
  // The oracle works while the driver does; where it throws, nobody waits for the compile any more.
  compiling.catch(() => undefined);
  const expected = expectedOutcomes(kase);
  const interpreted = bench.now();
  bench.phases.generate += asked - started;
  bench.phases.oracle += interpreted - asked;
  const results = await compiling;
  bench.phases.compile += bench.compileClock.answered(asked);
  const first = results[0];
  const repeated = results[kase.configurations.length];
  const runs: Promise<readonly Finding[]>[] = [];
  const inCode: (readonly Finding[])[] = [];
  const wasUnwindAsked = options.wantUnwind === true;
  const verdicts: (Verdict | null)[] = kase.configurations.map((configuration, i) => {
    const result = results[i];
    if (result === undefined) throw new HarnessError('campaign', 'a configuration got no compile result');
    const unmodelled =
      result.kind === 'compiled' ? whyUnmodelled(kase.module, configuration, isEntryModelled) : null;
    if (unmodelled !== null) return { kind: 'declined', reason: unmodelled };
    if (result.kind === 'compiled') {
      onCompiled?.(configuration, result.functions);
      inCode[i] = codeFindings(kase.module, configuration, result.functions, i, wasUnwindAsked);
      const executing = executeConfiguration(
        bench,
        kase,
        entry,
        configuration,
        i,
        result.functions,
        expected,
        seeds,
      );
      // Where the first of two fails, nobody waits for the second.
      executing.catch(() => undefined);
      runs[i] = executing;
    }
    return judgeCompile(kase, result, i);
  });
  const findings: Finding[] = [];
  let verdict: Verdict = { kind: 'agree' };
  let modules = 0;
  for (let i = 0; i < verdicts.length; i += 1) {
    const own = verdicts[i] ?? null;
    if (own?.kind === 'finding') findings.push(own.finding);
    else if (own !== null && verdict.kind === 'agree') verdict = own;
    const run = runs[i];
    if (run === undefined) continue;
    modules += 1;
    findings.push(...(inCode[i] ?? []), ...(await run));
  }
  if (first?.kind === 'compiled' && repeated !== undefined) {
    if (repeated.kind !== 'compiled' || !sameCode(first.functions, repeated.functions))
      findings.push(NONDETERMINISM);
  }
  const [finding, ...others] = chosenFindings(bench, kase, findings);
  if (finding !== undefined) verdict = verdictOfFinding(kase, finding, expected);
  return { verdict, others, modules, expected };
}

/** A module that lets an address show proves nothing: oracle and machine put their memory in different places. */
export function verdictOfFinding(kase: Case, finding: Finding, expected: readonly Outcome[]): Verdict {
  const verdict: Verdict = { kind: 'finding', finding };
  const { input, kind, place } = finding;
  if (input === null) return verdict;
  // Outcomes agree where a rule was broken, and only what was read or overwritten depends on an address. Foreign parties are given the
  // oracle's values.
  const isRule = kind === 'abi-violation' && place !== UNDEFINED_READ && !place.includes(OVERWRITTEN);
  if (kase.parties === undefined && isRule) return verdict;
  const failing = { ...kase, inputs: kase.inputs.slice(input, input + 1) };
  const first = expected[input];
  const isSame = [OTHER_SPACE, OPPOSITE_SPACE].every((space) => {
    const [elsewhere] = expectedOutcomes(failing, space);
    return elsewhere !== undefined && first !== undefined && outcomeText(elsewhere) === outcomeText(first);
  });
  if (isSame && (kase.parties === undefined || callsAlike(failing))) return verdict;
  return { kind: 'invalid', explanation: 'the outcome depends on the address of a stack slot or a function' };
}

function callsAlike(kase: Case): boolean {
  const [here] = traceCase(kase, FUEL);
  const [elsewhere] = traceCase(kase, FUEL, OTHER_SPACE);
  return sameCalls(here, elsewhere);
}
