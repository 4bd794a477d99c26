import type { CompiledFunction } from '../backend/compile-result.ts';
import type { CallEvent, CallTrace } from '../clif/call-event.ts';
import type { Case, Configuration } from '../clif/case.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { findFunction, functionNameText, type Module } from '../clif/module.ts';
import { printModule } from '../clif/print.ts';
import type { Signature } from '../clif/signature.ts';
import { firstDifference, locateResult, type TraceComparison } from '../compare/first-difference.ts';
import { exposesArithmeticNan } from '../compare/nan.ts';
import { outcomeText } from '../compare/outcomes.ts';
import type { Finding } from '../compare/verdict.ts';
import type { CallLog } from '../emulator/call-log.ts';
import { executeCase } from '../emulator/execute.ts';
import { planLayout, readArguments, readResults } from '../emulator/marshal.ts';
import type { Observation } from '../emulator/observe.ts';
import { CODE_BASE, CODE_BYTES, STACK_BASE, STACK_BYTES } from '../emulator/protocol.ts';
import { DEFAULT_SPACE } from '../oracle/address-space.ts';
import { prepare } from '../oracle/prepare.ts';
import { traceCalls } from '../oracle/trace.ts';
import { hasImplicitReturnArea, linkCase } from './link-case.ts';
import { poisonSeeds } from '../clif/poison-seeds.ts';
import { poisonBytes } from './poison.ts';
import type { Bench } from './run-case.ts';

const LOG_BYTES = 1 << 20;
const FUEL = 1_000_000;
/** Room for the oracle's stack, either side of its base. */
const STACK_ROOM = 64n << 20n;

/** The machine's calls in the words of the oracle. */
function traceOf(log: CallLog): CallTrace {
  const events = log.entries.flatMap((entry): readonly CallEvent[] => {
    const { callee, depth } = entry;
    if (callee === null) return [];
    const plan = planLayout(callee.layout, callee.callConv);
    const name = functionNameText(callee.name);
    return entry.kind === 'call'
      ? [{ kind: 'enter', callee: name, depth, isTail: entry.isTail, values: readArguments(plan, entry.row) }]
      : [{ kind: 'leave', callee: name, depth, values: readResults(plan, entry.results) }];
  });
  return { events, isCut: log.isCut };
}

function isOracleAddress(bits: bigint, module: Module): boolean {
  const { functionBase } = DEFAULT_SPACE;
  const stackBase = BigInt(DEFAULT_SPACE.stackBase);
  const codeEnd = functionBase + 16n * BigInt(module.functions.length + 64);
  return (
    (bits >= functionBase && bits < codeEnd) ||
    (bits > stackBase - STACK_ROOM && bits < stackBase + STACK_ROOM)
  );
}

function isMachineAddress(bits: bigint): boolean {
  return (
    (bits >= CODE_BASE && bits < CODE_BASE + CODE_BYTES) ||
    (bits >= STACK_BASE && bits < STACK_BASE + STACK_BYTES)
  );
}

function comparisonOf(module: Module): TraceComparison {
  return {
    signatures: new Map(
      module.functions.map((fn): [string, Signature] => [functionNameText(fn.name), fn.signature]),
    ),
    sameAddress: (expected, observed) => isOracleAddress(expected, module) && isMachineAddress(observed),
    anyNan: exposesArithmeticNan(module),
  };
}

async function compile(
  bench: Bench,
  module: Module,
  configuration: Configuration,
): Promise<readonly CompiledFunction[] | null> {
  const [result] = await bench.driver.compile(printModule(module, { cranelift: bench.cranelift }), [
    configuration,
  ]);
  return result?.kind === 'compiled' ? result.functions : null;
}

/** Lines on one run of the machine: where its calls part from the oracle's, and what a wrong result of the entry holds. */
function linesFor(
  kase: Case,
  input: readonly bigint[],
  seen: Observation,
  signature: Signature,
): readonly string[] {
  const { module, entry } = kase;
  const { outcome, trace } = traceCalls(prepare(module), entry, input, { fuel: FUEL });
  const comparison = comparisonOf(module);
  const difference = seen.calls === null ? null : firstDifference(comparison, trace, traceOf(seen.calls));
  const isWrong = outcomeText(outcome) !== outcomeText(seen.outcome);
  if (difference !== null) return [`calls part from the oracle's: ${difference}`];
  if (!isWrong || outcome.kind !== 'returned' || seen.outcome.kind !== 'returned') return [];
  const located = locateResult(comparison, signature, input, trace, outcome.results, seen.outcome.results);
  return located === null ? [] : [`every call inside agrees; ${located}`];
}

/**
 * Runs the input of a finding once more with all calls taken down on both sides, and says where they first part: the call, the value,
 * what it was and whose bytes it holds. No line where neither shows anything.
 */
export async function locateFinding(bench: Bench, kase: Case, finding: Finding): Promise<readonly string[]> {
  const configuration = kase.configurations[finding.configuration];
  const input = finding.input === null ? undefined : kase.inputs[finding.input];
  const entry = findFunction(kase.module, kase.entry);
  if (entry === undefined) throw new HarnessError('campaign', `no function ${functionNameText(kase.entry)}`);
  if (configuration === undefined || input === undefined) return [];
  const functions = await compile(bench, kase.module, configuration);
  if (functions === null) return [];
  const implicitReturnArea = hasImplicitReturnArea(configuration);
  const guest = await bench.guests.for(configuration);
  const observations = await executeCase(
    guest,
    linkCase(guest, kase.module, configuration, functions, true, bench.cranelift),
    kase.entry,
    entry.signature,
    { implicitReturnArea, logBytes: LOG_BYTES, poisonBytes: poisonBytes(kase.module, functions) },
    [input],
    [poisonSeeds(kase.seed)],
  );
  for (const seen of observations) {
    const lines = linesFor(kase, input, seen, entry.signature);
    if (lines.length > 0) return lines;
  }
  return [];
}
